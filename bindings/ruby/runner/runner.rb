# frozen_string_literal: true

# The runner of every Ruby bridge: answers one request a line, as conformance/README.md says.
#
#     runner.rb <bridge id> <what to require> <module>
#
# The strategies have one API, so none needs an adapter.

require_relative "hazards"
require_relative "hazards_ending"
require_relative "hazards_memory"
require_relative "loops"

BRIDGE, LIBRARY, MODULE = ARGV
require LIBRARY
TB = Object.const_get(MODULE)
PROBE = TB::Probe
BASE_ERROR = TB.const_defined?(:Error, false) ? TB::Error : TB::ProbeError
LOOPS = Loops.entries(TB)
# What a strategy cannot do, by operation: the reason that its bridge.toml explains.
UNSUPPORTED = TB.const_defined?(:UNSUPPORTED, false) ? TB::UNSUPPORTED : {}
# Only a bridge that has an error for it is sent text that is not valid.
INVALID_TEXT = TB.const_defined?(:InvalidTextError, false)

# ---- the wire

# Text that this module has no error for.
class NotExpressibleError < StandardError; end

# A request that the protocol does not know.
class MalformedError < StandardError; end

# The tokens of one request, read from the left.
class Request
  attr_reader :tokens

  def initialize(tokens)
    @tokens = tokens.dup
  end

  def word = tokens.shift || raise(MalformedError, "the request ends early")

  # Reads this word, if it is the next one.
  def skip?(word) = tokens.first == word && !tokens.shift.nil?

  def integer = Integer(word, 10)

  def bytes = [word.delete_prefix("x")].pack("H*")

  def real = [word.delete_prefix("d")].pack("H*").unpack1("G")

  def text
    text = bytes.force_encoding(Encoding::UTF_8)
    raise NotExpressibleError unless text.valid_encoding? || INVALID_TEXT

    text
  end

  def flag = word == "true"

  def list(&) = Array.new(integer, &)

  def option = word == "some" ? yield : nil

  # The requests between the braces that follow, each as its tokens.
  def block
    requests = [[]]
    depth = 0
    while (token = tokens.shift)
      depth += 1 if token == "{"
      depth -= 1 if token == "}"
      break if depth.zero?

      case [depth, token]
      when [1, ";"] then requests << []
      when [1, "{"] then next
      else requests.last << token
      end
    end
    requests
  end
end

# Tokens that stand in a reply as they are, and a whole reply, where an operation does not just answer a value.
class Tokens < String; end
class Reply < String; end

# A value as tokens: an Array is counted, the fields of a record just follow each other, a Symbol is a word.
def wire(value)
  case value
  when Tokens then value
  when Symbol, Integer, true, false then value.to_s
  when Float then "d#{[value].pack("G").unpack1("H*")}"
  when String then "x#{value.unpack1("H*")}"
  when Array then [value.size.to_s, *value.map { |item| wire(item) }].join(" ")
  when Hash then wire(value.map { |pair| parts(*pair) })
  else parts(*value.to_a)
  end
end

# Values that follow each other.
def parts(*values) = Tokens.new(values.map { |value| wire(value) }.join(" "))

def option(value) = value.nil? ? :none : parts(:some, value)

# The reply to one request. Nothing that a bridge raises ends the runner.
def reply(tokens)
  answer(Request.new(tokens))
rescue MalformedError => e
  "malformed #{wire(e.message)}"
rescue NotExpressibleError
  "unsupported not_expressible"
rescue BASE_ERROR => e
  fields = { **e.fields, message: e.message }.map { |name, value| "#{name}=#{wire(value)}" }
  "err #{e.code} #{e.error_name} #{fields.join(" ")}"
rescue Exception => e # rubocop:disable Lint/RescueException -- No vector expects this: it shows as a wrong answer.
  "err 0 #{e.class} message=#{wire(e.message)}"
end

def answer(request)
  word = request.word
  return "unsupported #{UNSUPPORTED[word]}" if UNSUPPORTED.key?(word)

  operation = OPERATIONS[word]
  return "unsupported op" unless operation

  value = operation.call(request)
  case value
  when Reply then value
  when nil then "ok"
  else "ok #{wire(value)}"
  end
end

# Answers requests in turn; the reply to the last, or to the first that failed.
def run(requests)
  last = nil
  requests.each do |tokens|
    last = reply(tokens)
    break unless last.start_with?("ok")
  end
  last
end

# ---- what a vector has made

# Objects by the names that a vector gave them.
class Names < Hash
  def get(name) = fetch(name) { raise MalformedError, "nothing is named #{name}" }
end

HISTOGRAMS = Names.new
CURSORS = Names.new
WATCHERS = Names.new
REPLAYS = Names.new
WRITERS = Names.new

# The histogram that the request names next.
def h(q) = HISTOGRAMS.get(q.word)

# For an operation that makes something by its last arguments under the name that comes first.
def named(names, q)
  name = q.word
  names[name] = yield
  nil
end

# ---- about the runner

def library
  return TB.library_path.to_s if TB.respond_to?(:library_path)

  $LOADED_FEATURES.find { |path| path.match?(%r{/#{LIBRARY}[^/]*\.so\z}) }.to_s
end

def hello(_)
  jit = defined?(RubyVM::YJIT) && RubyVM::YJIT.enabled? ? "YJIT" : "no JIT"
  parts(BRIDGE, library, "#{RUBY_DESCRIPTION}, #{jit}")
end

def reset(_)
  [HISTOGRAMS, CURSORS, WATCHERS, REPLAYS, WRITERS].each(&:clear)
  nil
end

def shapes(_) = LOOPS.map { |shape, entry| parts(shape, entry.expression) }

def time(q)
  entry = LOOPS[q.word.to_sym]
  return Reply.new("unsupported shape") unless entry

  times, check = Loops.time(TB, entry, n: q.integer, iterations: q.integer, batches: q.integer)
  # Under `toll count`: what then still lives has leaked. What a finalizer holds goes with the second collection.
  2.times { GC.start } if ENV.key?("TOLL_COUNTS")
  parts(times, check)
end

def stats(_)
  counts = GC.stat
  [
    parts(:collections, counts[:count]),
    parts(:major_collections, counts[:major_gc_count]),
    parts(:collecting_ms, counts[:time])
  ]
end

# Each op on a thread of its own, all at once.
def par(q)
  times = q.integer
  gate = Thread::Queue.new
  threads = q.block.map do |tokens|
    Thread.new do
      gate.pop
      Array.new(times) { reply(tokens) }.find { |last| !last.start_with?("ok") }
    end
  end
  Thread.pass until gate.num_waiting == threads.size
  gate.close
  Reply.new(threads.map(&:value).compact.first || "ok")
end

# ---- operations

def scan(q)
  case q.word
  when "recorded" then TB::Scan.recorded
  when "linear" then TB::Scan.linear(step: q.integer)
  when "logarithmic" then TB::Scan.logarithmic(first: q.integer, base: q.real)
  when "quantiles" then TB::Scan.quantiles(ticks: q.integer)
  end
end

def new_histogram(q)
  named(HISTOGRAMS, q) do
    TB::Histogram.new(lowest: q.integer, highest: q.integer, significant_digits: q.integer)
  end
end

def share(q)
  original = h(q)
  named(HISTOGRAMS, q) { original.share }
end

def recode(q)
  original = h(q)
  named(HISTOGRAMS, q) { TB::Histogram.decode(original.encode) }
end

def config(q)
  histogram = h(q)
  parts(histogram.lowest, histogram.highest, histogram.significant_digits)
end

# What a visitor or callback of a vector raises.
class VisitorError < StandardError; end

# What a callback does at its k-th call: `all`, `stop`, `raise` or `do`.
class Deed
  attr_reader :mode, :mine, :nested

  def initialize(q)
    @mode = q.tokens.empty? ? "all" : q.word
    @at = @mode == "all" ? nil : q.integer
    @block = @mode == "do" ? q.block : []
    @mine = VisitorError.new
    @nested = []
  end

  # Whether the k-th call is the one at which the callback must stop.
  def stop?(k)
    return false if k != @at

    raise @mine if @mode == "raise"

    @nested = [:":", Tokens.new(run(@block))] if @mode == "do"
    @mode == "stop"
  end

  # How a call that has this deed within it ends.
  def ending
    yield ? :finished : :stopped
  rescue VisitorError => e
    e.equal?(@mine) ? :raised : :another_raised
  end
end

def visit(q)
  histogram = h(q)
  which = scan(q)
  deed = Deed.new(q)
  seen = []
  ending = deed.ending do
    histogram.each_bucket(which) do |bucket|
      seen << bucket
      break if deed.stop?(seen.size)
    end
  end
  parts(ending, seen, *deed.nested)
end

# What a vector knows of a watcher.
class Watcher
  attr_reader :values
  attr_accessor :watch, :dropped

  def initialize
    @values = []
    @watch = nil # until it is given
    @dropped = 0
  end

  # The callable, of which nothing is kept here: it counts when it goes.
  def callback(mode, block)
    callback = proc do |value|
      @values << value
      raise VisitorError if mode == "raise"

      run(block) if mode == "do"
      :stop if mode == "stop"
    end
    ObjectSpace.define_finalizer(callback, Watcher.count(self))
    callback
  end

  # Made where the callback is no local variable that would be kept.
  def self.count(watcher) = proc { watcher.dropped += 1 }
end

def watch(q)
  name = q.word
  histogram = h(q)
  limit = q.integer
  mode = q.tokens.empty? ? "all" : q.word
  watcher = WATCHERS[name] = Watcher.new
  watcher.watch = histogram.watch(limit, &watcher.callback(mode, mode == "do" ? q.block : []))
  nil
end

def unwatch(q)
  WATCHERS[q.word]&.watch&.unwatch
  nil
end

def dropped(q)
  GC.start
  WATCHERS.get(q.word).dropped
end

def replay(q)
  name = q.word
  path = q.text
  options = q.skip?("memory_limit") ? { memory_limit: q.integer } : {}
  deed = Deed.new(q)
  calls = 0
  found = nil
  ending = deed.ending { found = TB.replay_log(path, **options) { :stop if deed.stop?(calls += 1) } }
  return ending unless found

  REPLAYS[name] = found
  parts(ending, found.transform_values(&:count), *deed.nested)
end

def replayed(q)
  found = REPLAYS.get(q.word)
  tag = q.text
  named(HISTOGRAMS, q) { found.fetch(tag).share }
end

def log_write(q)
  writer = WRITERS.get(q.word)
  writer.write(h(q), start: q.real, seconds: q.real)
  nil
end

def call_back(function, q)
  n = q.integer
  deed = Deed.new(q)
  total = nil
  ending = deed.ending { total = PROBE.public_send(function, n) { |i| deed.stop?(i + 1) ? :stop : i * 3 } }
  ending == :finished ? parts(:finished, total) : ending
end

def scale_in_place(q)
  values = q.list { q.real }.pack("D*")
  PROBE.scale_in_place(values, q.real)
  values.unpack("D*")
end

def point(q) = PROBE::Point.new(q.integer, q.real, q.real, q.integer)

def shape_in(q)
  shape =
    case q.word
    when "dot" then PROBE::Shape::Dot.new
    when "circle" then PROBE::Shape::Circle.new(q.real)
    when "label" then PROBE::Shape::Label.new(q.text)
    end
  PROBE.shape_in(shape)
end

def make_shape(q)
  case shape = PROBE.make_shape(q.integer)
  when PROBE::Shape::Dot then :dot
  when PROBE::Shape::Circle then parts(:circle, shape.radius)
  when PROBE::Shape::Label then parts(:label, shape.text)
  end
end

# For what answers an object that is no reply.
def nothing(_) = nil

RUNNER = %w[hello reset shapes time stats par].to_h { |name| [name, method(name)] }

HISTOGRAM = {
  "new" => method(:new_histogram),
  "config" => method(:config),
  "clone" => method(:share),
  "close" => ->(q) { nothing(h(q).close) },
  "record" => ->(q) { nothing(h(q).record(q.integer)) },
  "record_n" => ->(q) { nothing(h(q).record_n(q.integer, q.integer)) },
  "record_all" => ->(q) { nothing(h(q).record_all(q.list { q.integer })) },
  "record_durations" => ->(q) { h(q).record_durations(q.text) },
  "len" => ->(q) { h(q).count },
  "is_empty" => ->(q) { h(q).empty? },
  "min" => ->(q) { option(h(q).min) },
  "max" => ->(q) { option(h(q).max) },
  "mean" => ->(q) { option(h(q).mean) },
  "stdev" => ->(q) { option(h(q).stdev) },
  "value_at_quantile" => ->(q) { option(h(q).value_at_quantile(q.real)) },
  "values_at_quantiles" => ->(q) { option(h(q).values_at_quantiles(q.list { q.real })) },
  "summary" => ->(q) { option(h(q).summary) },
  "buckets" => ->(q) { h(q).buckets(scan(q)).to_a },
  "open" => lambda { |q|
    name = q.word
    CURSORS[name] = h(q).buckets(scan(q))
    nil
  },
  "next" => ->(q) { CURSORS.get(q.word).read(q.integer) },
  "close_cursor" => ->(q) { nothing(CURSORS.get(q.word).close) },
  "visit" => method(:visit),
  "watch" => method(:watch),
  "unwatch" => method(:unwatch),
  "fired" => ->(q) { WATCHERS.get(q.word).values.sort },
  "dropped" => method(:dropped),
  "record_from_new_thread" => ->(q) { nothing(PROBE.record_from_new_thread(h(q), q.integer)) },
  "render" => ->(q) { h(q).render(ticks: q.integer, unit: q.real) },
  "replay" => method(:replay),
  "replayed" => method(:replayed),
  "log_create" => ->(q) { named(WRITERS, q) { TB::LogWriter.new(q.text, start: q.real) } },
  "log_write" => method(:log_write),
  "log_close" => ->(q) { nothing(WRITERS.get(q.word).close) },
  "tag" => ->(q) { h(q).tag },
  "set_tag" => ->(q) { nothing(h(q).tag = q.text) },
  "merge" => ->(q) { nothing(h(q).merge(h(q))) },
  "encode" => ->(q) { h(q).encode },
  "decode" => ->(q) { named(HISTOGRAMS, q) { TB::Histogram.decode(q.bytes) } },
  "recode" => method(:recode)
}.freeze

PROBES = {
  "nop" => ->(_) { PROBE.nop },
  "add" => ->(q) { PROBE.add(q.integer, q.integer) },
  "str_len" => ->(q) { PROBE.str_len(q.text) },
  "str_chars" => ->(q) { PROBE.str_chars(q.text) },
  "echo" => ->(q) { PROBE.echo(q.text) },
  "make_str" => ->(q) { PROBE.make_str(q.integer, q.flag) },
  "bytes_ends" => ->(q) { PROBE.bytes_ends(q.bytes) },
  "bytes_sum" => ->(q) { PROBE.bytes_sum(q.bytes) },
  "make_bytes" => ->(q) { PROBE.make_bytes(q.integer) },
  "f64_ends" => ->(q) { PROBE.f64_ends(q.list { q.real }) },
  "f64_sum" => ->(q) { PROBE.f64_sum(q.list { q.real }.pack("D*")) },
  "make_f64" => ->(q) { PROBE.make_f64(q.integer) },
  "scale_in_place" => method(:scale_in_place),
  "point_in" => ->(q) { PROBE.point_in(point(q)) },
  "make_point" => ->(q) { PROBE.make_point(q.integer) },
  "points_ends" => ->(q) { PROBE.points_ends(q.list { point(q) }) },
  "points_sum" => ->(q) { PROBE.points_sum(q.list { point(q) }) },
  "make_points" => ->(q) { PROBE.make_points(q.integer) },
  "shape_in" => method(:shape_in),
  "make_shape" => method(:make_shape),
  "half" => ->(q) { option(PROBE.half(q.option { q.integer })) },
  "map_sum" => ->(q) { PROBE.map_sum(q.list { [q.text, q.integer] }.to_h) },
  "make_map" => ->(q) { PROBE.make_map(q.integer).sort.to_h },
  "fail" => ->(q) { PROBE.fail(q.integer) },
  "call_back" => ->(q) { call_back(:call_back, q) },
  "call_back_from_new_thread" => ->(q) { call_back(:call_back_from_new_thread, q) }
}.freeze

def hazard(q)
  outcome = Hazards.run(TB, LIBRARY, q.word, h(q))
  outcome ? Tokens.new(outcome) : Reply.new("unsupported op")
end

FAULTS = {
  "hazard" => method(:hazard),
  "panic" => ->(q) { TB::Fault.panic(q.text) },
  "panic_while_locked" => ->(q) { TB::Fault.panic_while_locked(h(q)) }
}.freeze

OPERATIONS = {
  **RUNNER,
  **PROBES.select { |name, _| PROBE.respond_to?(name) },
  **(TB.const_defined?(:Histogram, false) ? { **HISTOGRAM, **FAULTS } : {})
}.freeze

# What a library prints must not spoil the replies: they go to a descriptor of their own.
replies = $stdout.dup
$stdout.reopen($stderr)
$stdin.each_line do |line|
  replies.write(reply(line.split), "\n")
  replies.flush
end
