# frozen_string_literal: true

require "bigdecimal"
require "minitest"
require "open3"
require "rbconfig"
require "timeout"
require "tmpdir"

# What the tests of all bridges have in common. TB is the bridge's module.
class BridgeTest < Minitest::Test
  # Seconds after which something that should end hangs.
  PATIENCE = 60

  # What a strategy cannot do, by operation; its bridge.toml explains.
  UNSUPPORTED = TB.const_defined?(:UNSUPPORTED, false) ? TB::UNSUPPORTED : {}

  # What callbacks raise here.
  class MyError < StandardError; end

  # What is none, and what fits into no 64 bits.
  NO_INTEGERS = [1.5, 1.0, "1", nil, true, :a, 1r, [1], BigDecimal("1"), Object.new].freeze
  NOT_IN_RANGE = [-1, 2**64, -(2**64), 10**30].freeze
  NO_NUMBERS = ["0.5", nil, true, :a, [0.5], Object.new].freeze

  # Something with a conversion that must not be called.
  class Tempting
    def to_int = 1
    def to_i = 1
    def to_f = 1.0
    def coerce(_) = [1, 1]
  end

  # What is text in any encoding, and what is none, with the place of what is wrong.
  TEXTS = ["", "a", "checkout", "é", "漢字", "🚀", "a\0b", "é" * 1000].freeze
  ENCODINGS = [Encoding::UTF_16LE, Encoding::UTF_16BE, Encoding::UTF_32LE, Encoding::UTF_16].freeze
  INVALID = {
    "\xff" => 0, "abc\xff" => 3, "é\xff" => 1, "🚀é\xc3" => 2, "a\xed\xa0\x80" => 1, "\xc0\x80" => 0,
    "ab\xf8" => 2
  }.freeze

  # C believes what it is told.
  class Boasting < String
    def bytesize = 100_000_000
    def encoding = Encoding::BINARY
    def ascii_only? = true
    def dup = self
  end

  # A test, and after how many seconds it hangs.
  def self.test(name, patience: PATIENCE, &body)
    define_method("test_#{name.tr(" ", "_")}") { Timeout.timeout(patience) { instance_exec(&body) } }
  end

  # Two tests of each call: what text it takes.
  def self.takes_text(calls)
    calls.each do |name, call|
      test "#{name} says where text ends to be text" do
        h = histogram
        INVALID.each do |text, offset|
          assert_equal offset, refused(TB::InvalidTextError) { call.call(h, text) }.offset, text.inspect
          assert_equal offset, refused(TB::InvalidTextError) { call.call(h, text.dup) }.offset, "again"
        end
      end

      test "#{name} takes text alone" do
        h = histogram
        [nil, 5, :symbol, ["a"], Object.new].each { |no_text| refused(TypeError) { call.call(h, no_text) } }
      end
    end
  end

  def histogram(**config) = TB::Histogram.new(highest: 1_000_000, **config)

  # Skips where the bridge declares that it cannot.
  def needs(operation)
    skip "unsupported: #{UNSUPPORTED[operation]}" if UNSUPPORTED.key?(operation)
  end

  # What is raised, which is of this very class.
  def refused(error, &block)
    raised = assert_raises(error, &block)
    assert_instance_of error, raised
    raised
  end

  # What the block raises has the class of this name, whole fields, some of them these, and a message.
  def whole(name, fields, &block)
    error = nil
    reported { error = assert_raises(TB::Error, &block) }
    kind = TB::ERRORS.fetch(error.code)
    assert_instance_of kind, error
    assert_equal name.to_s, error.error_name
    assert_equal [kind.code, kind.error_name], [error.code, error.error_name]
    assert_equal kind.field_names, error.fields.keys
    assert_predicate error.fields, :frozen?
    error.fields.each do |field, value|
      said = error.public_send(field)
      assert said == value || (said.nan? && value.nan?), field
    end
    fields.each { |field, value| assert_equal value, error.fields[field] }
    refute_empty error.message
    assert_predicate error.message, :valid_encoding?
    assert_equal Encoding::UTF_8, error.message.encoding
  end

  # What the block makes, which has these fields, cannot be changed and is compared by what it holds.
  def frozen_value(make, fields)
    record = make.call
    assert_predicate record, :frozen?
    fields.each { |field, value| assert_equal value, record.public_send(field) }
    assert_equal [fields.values, fields], [record.to_a, record.to_h]
    assert_equal [record, record.hash], [make.call, make.call.hash]
    assert record.eql?(make.call)
    assert_equal 1, { record => 1 }[make.call]
    refute_equal record, fields.values
    refute_respond_to record, "#{fields.keys.first}=" unless record.is_a?(Struct)
    assert_raises(FrozenError, NoMethodError) { record.public_send("#{fields.keys.first}=", 5) }
    assert_equal fields.values, record.deconstruct
    assert_equal fields, record.deconstruct_keys(nil)
  end

  # What is printed to stderr meanwhile, by Ruby or Rust.
  def reported(&block) = capture_subprocess_io(&block).last

  # What the block answers on each of so many threads, all started together.
  def on_threads(count)
    gate = Thread::Queue.new
    threads = Array.new(count) do |i|
      Thread.new do
        gate.pop
        yield i
      end
    end
    gate.close
    threads.map(&:value)
  end

  # How many of the objects that the block makes, one a call, are left after a collection.
  #
  # The collector looks for references on stacks too, so they are made on one that is gone by then, and a
  # few may be left all the same.
  def survivors(count)
    alive = count
    gone = proc { alive -= 1 }
    Thread.new do
      count.times { |i| ObjectSpace.define_finalizer(yield(i), gone) }
      nil
    end.join
    3.times { GC.start }
    alive
  end

  # What the block answers with a collection at every allocation.
  def under_stress
    GC.stress = true
    yield
  ensure
    GC.stress = false
  end

  # Moves every object that may move.
  def compact
    skip "this Ruby cannot compact" unless GC.respond_to?(:compact)
    needs("compaction")
    GC.verify_compaction_references(toward: :empty, double_heap: true)
  rescue NotImplementedError
    skip "this system cannot compact"
  end

  # How another interpreter ends that has loaded the bridge, and what it prints. One that hangs is killed.
  def program(source)
    Open3.popen2e(RbConfig.ruby, "-r", LIBRARY, "-e", "TB = #{TB}\n#{source}") do |stdin, output, ended|
      stdin.close
      killer = Thread.new { Process.kill(:KILL, ended.pid) unless ended.join(PATIENCE / 2) }
      said = output.read
      killer.join
      [said, ended.value]
    end
  end

  # A path in a folder that is gone afterwards.
  def in_folder
    Dir.mktmpdir { |folder| yield File.join(folder, "log.hlog") }
  end
end
