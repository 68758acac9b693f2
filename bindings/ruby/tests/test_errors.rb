# frozen_string_literal: true

require "json"
require_relative "support"

# Every code of core has a class, and every error its fields.
class ErrorsTest < BridgeTest
  # How each code is provoked; what is not here cannot be through this language.
  PROVOKED = {
    invalid_argument: ->(_) { TB::Histogram.new(lowest: 0) },
    out_of_range: ->(h) { h.record_all([1, 2, 10**15]) },
    count_overflow: ->(h) { h.record_n(1, 2**63) },
    invalid_quantile: ->(h) { h.values_at_quantiles([0.5, 1.5]) },
    invalid_duration: ->(h) { h.record_durations("1s\n2s 3x") },
    invalid_tag: ->(h) { h.tag = "a,b" },
    too_many: ->(h) { h.record(999_999).buckets(TB::Scan.linear(step: 1)).to_a && raise_too_many },
    malformed_histogram: ->(_) { TB::Histogram.decode("nonsense") },
    closed: ->(h) { h.close || h.count },
    invalid_text: ->(h) { h.tag = "é\xff" },
    malformed_log: ->(_) { in_log("nonsense\n") { |path| TB.replay_log(path) } },
    io: ->(_) { TB.replay_log("/missing/log.hlog") },
    cancelled: ->(_) { in_log("") { |path| TB.replay_log(path) { :stop } } }
  }.freeze

  FIELDS = {
    invalid_argument: { argument: "lowest", value: "0" },
    out_of_range: { value: 10**15, highest: 1_000_000, index: 2 },
    count_overflow: { count: 2**63, len: 0 },
    invalid_quantile: { quantile: 1.5, index: 1 },
    invalid_duration: { line: 2, column: 4, token: "3x" },
    invalid_tag: { character: ",", offset: 1 },
    invalid_text: { offset: 1 },
    malformed_log: { line: 2 },
    io: { path: "/missing/log.hlog", os_code: 2 }
  }.freeze

  PROVOKED.each do |name, deed|
    test "#{name} has its class, its fields and a message" do
      whole(name, FIELDS.fetch(name, {})) { instance_exec(histogram, &deed) }
    end
  end

  test "the classes are those of core's table" do
    toll = %w[cargo run --quiet --release --package tollbridge-harness --]
    told, status = Open3.capture2(*toll, "errors", "--json", chdir: "#{__dir__}/../../..")
    assert_predicate status, :success?
    table = JSON.parse(told, symbolize_names: true)
    scaffolding, given = table.partition { |row| row[:scaffolding] }
    assert_empty given.map { |row| row[:code] } - TB::ERRORS.keys
    assert_empty TB::ERRORS.keys - table.map { |row| row[:code] }
    (given + scaffolding).each do |row|
      kind = TB::ERRORS[row[:code]]
      next if kind.nil? && row[:scaffolding]

      assert_equal [row[:code], row[:name]], [kind.code, kind.error_name]
      assert_equal row[:fields].map { |field| field[:name].to_sym }, kind.field_names
    end
  end

  test "names follow from core's" do
    TB::ERRORS.each_value do |kind|
      camel = kind.error_name.split("_").map(&:capitalize).join
      assert_equal "#{TB}::#{camel.delete_suffix("Error")}Error", "#{TB}::#{kind.name.split("::").last}"
      assert_same kind, TB.const_get(kind.name.split("::").last)
      assert_equal TB::Error, kind.superclass
    end
    assert_equal StandardError, TB::Error.superclass
  end

  test "an error can be copied to another process" do
    error = assert_raises(TB::OutOfRangeError) { histogram.record(10**9) }
    again = Marshal.load(Marshal.dump(error))
    assert_instance_of TB::OutOfRangeError, again
    assert_equal [error.message, error.fields, error.code], [again.message, again.fields, again.code]
    assert_equal error.backtrace, again.backtrace
  end

  test "an error's backtrace begins where the call is" do
    line = nil
    error = assert_raises(TB::OutOfRangeError) do
      line = __LINE__ + 1
      histogram.record(10**9)
    end
    assert error.backtrace.any?("#{__FILE__}:#{line}:in `block (2 levels) in <class:ErrorsTest>'"), error.backtrace
  end

  test "errors are rescued by their kind" do
    assert_equal(10**9, begin
      histogram.record(10**9)
    rescue TB::ClosedError, TB::OutOfRangeError => e
      e.value
    end)
  end

  test "a frozen error can be read" do
    error = refused(TB::OutOfRangeError) { histogram.record(10**9) }.freeze
    assert_equal [10**9, 1_000_000, 0], error.fields.values
    assert_equal [10**9, 2], [error.value, error.code]
    assert_includes error.message, "1000000000"
  end

  test "a finalizer may read an error at the end of the program" do
    said, status = program(<<~RUBY)
      objects = Array.new(50) { Object.new }
      errors = []
      objects.each_with_index do |object, i|
        ObjectSpace.define_finalizer(object, proc { errors[i].value == 2**63 || puts(:wrong) rescue print($!.class) })
      end
      errors.concat(Array.new(50) { TB::Histogram.new.record(2**63) rescue $! })
    RUBY
    assert_empty said.gsub(TB::ClosedError.name, "")
    assert_predicate status, :success?
  end

  test "a NaN among the fields is one" do
    error = assert_raises(TB::InvalidQuantileError) { histogram.value_at_quantile(Float::NAN) }
    assert_predicate error.quantile, :nan?
  end

  private

  def in_log(lines)
    in_folder do |path|
      File.write(path, "#[Histogram log format version 1.3]\n#{lines}")
      yield path
    end
  end

  # A million steps are the most, so that it takes a larger histogram.
  def raise_too_many
    TB::Histogram.new.record(10**12).buckets(TB::Scan.linear(step: 1))
  end
end
