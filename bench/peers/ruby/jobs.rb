# frozen_string_literal: true

# The jobs in Ruby, on the core: jobs.rb LINE REQUIRE MODULE
# README.md of the folder above says what is asked and answered.

LINE, REQUIRE, MODULE = ARGV
require REQUIRE

# The jobs on one bridge: the modules of all of them have the same names.
class Jobs
  NAMES = %w[record record_all p99 encode decode merge replay replay_tags].freeze
  # What is timed, what it must have come to, and the histograms it makes.
  Job = Struct.new(:work, :check, :answer)

  def initialize(mod)
    @module = mod
    @histogram = mod::Histogram
    @data = ENV.fetch("TOLL_PEERS")
  end

  def record(count)
    histogram = create
    values = numbers(count)
    work = -> { values.each { |value| histogram.record(value) } }
    Job.new(work, -> { histogram.count }, -> { one(histogram) })
  end

  def record_all(count)
    histogram = create
    values = numbers(count).pack("Q*")
    Job.new(-> { histogram.record_all(values) }, -> { histogram.count }, -> { one(histogram) })
  end

  def p99(count)
    histogram = filled(count)
    work = -> { histogram.value_at_quantile(0.99) }
    first = work.call
    Job.new(work, -> { work.call == first ? 1 : 0 }, work)
  end

  def encode(count)
    histogram = filled(count)
    check = -> { @histogram.decode(histogram.encode).count }
    Job.new(-> { histogram.encode }, check, -> { one(histogram) })
  end

  def decode(count)
    bytes = filled(count).encode
    Job.new(-> { @histogram.decode(bytes).close }, -> { @histogram.decode(bytes).count },
            -> { one(@histogram.decode(bytes)) })
  end

  def merge(count)
    into = filled(count)
    other = filled(count)
    Job.new(-> { into.merge(other) }, -> { into.count }, -> { one(into) })
  end

  def replay(_count, name = "plain.hlog")
    path = File.join(@data, name)
    work = -> { @module.replay_log(path) }
    Job.new(work, -> { work.call.sum { |_, histogram| histogram.count } }, work)
  end

  def replay_tags(count)
    replay(count, "tagged.hlog")
  end

  private

  def create
    @histogram.new(lowest: 1, highest: 3_600_000_000_000, significant_digits: 3)
  end

  def filled(count)
    create.record_all(numbers(count))
  end

  def one(histogram)
    { "" => histogram }
  end

  def numbers(count)
    File.foreach(File.join(@data, "values")).first(count).map { |line| Integer(line, 10) }
  end
end

JOBS = Jobs.new(Object.const_get(MODULE))

def hexed(bytes)
  "x#{bytes.unpack1("H*")}"
end

# The bridge's library as the kernel knows it.
def library
  paths = File.foreach("/proc/self/maps").map { |line| line.split.last }
  paths.find { |path| path.include?("tollbridge") && path.include?(".so") }.to_s
end

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
end

def timed(name, count, iterations, batches)
  job = JOBS.public_send(name, count)
  work = job.work
  times = Array.new(batches) do
    start = now
    i = 0
    while i < iterations
      work.call
      i += 1
    end
    now - start
  end
  [times.size, *times, job.check.call]
end

def answer(name, count)
  job = JOBS.public_send(name, count)
  job.work.call if %w[record record_all merge].include?(name)
  found = job.answer.call
  return [found] unless found.is_a?(Hash)

  [found.size, *found.flat_map { |tag, histogram| [hexed(tag), hexed(histogram.encode)] }]
end

def reply(request, name = nil, *numbers)
  case request
  when "hello" then [LINE, library, RUBY_DESCRIPTION].map { |text| hexed(text) }
  when "shapes" then [Jobs::NAMES.size, *Jobs::NAMES.flat_map { |job| [job, "x"] }]
  when "time" then timed(name, *numbers.map(&:to_i))
  when "answer" then answer(name, *numbers.map(&:to_i))
  when "stats" then [0]
  else raise ArgumentError, "unknown request #{request}"
  end
end

$stdout.sync = true
$stdin.each_line(chomp: true) do |line|
  puts ["ok", *reply(*line.split)].join(" ")
rescue StandardError => e
  puts "err #{e.class}: #{e.message.tr("\n", " ")}"
end
