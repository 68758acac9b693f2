# frozen_string_literal: true

require_relative "support"
require "set"

# Nothing is wrapped, cut or guessed: what does not fit is refused before anything crosses.
class NumbersTest < BridgeTest
  INTEGER_CALLS = {
    "record" => ->(h, n) { h.record(n) },
    "<<" => ->(h, n) { h << n },
    "record_n's value" => ->(h, n) { h.record_n(n, 1) },
    "record_n's count" => ->(h, n) { h.record_n(1, n) },
    "record_all" => ->(h, n) { h.record_all([1, n]) },
    "watch" => ->(h, n) { h.watch(n) { nil } },
    "render's ticks" => ->(h, n) { h.render(ticks: n) },
    "read" => ->(h, n) { h.buckets.read(n) },
    "lowest" => ->(_, n) { TB::Histogram.new(lowest: n) },
    "highest" => ->(_, n) { TB::Histogram.new(highest: n) },
    "significant_digits" => ->(_, n) { TB::Histogram.new(significant_digits: n) },
    "a linear scan" => ->(h, n) { h.buckets(TB::Scan.linear(step: n)) },
    "a logarithmic scan" => ->(h, n) { h.buckets(TB::Scan.logarithmic(first: n, base: 2.0)) },
    "a scan by quantiles" => ->(h, n) { h.buckets(TB::Scan.quantiles(ticks: n)) }
  }.freeze

  INTEGER_CALLS.each do |name, call|
    test "#{name} takes integers of 64 bits alone" do
      h = histogram
      NOT_IN_RANGE.each { |number| refused(RangeError) { call.call(h, number) } }
      [*NO_INTEGERS, Tempting.new].each { |number| refused(TypeError) { call.call(h, number) } }
      assert_predicate h, :empty?
    end
  end

  REAL_CALLS = {
    "value_at_quantile" => ->(h, x) { h.value_at_quantile(x) },
    "values_at_quantiles" => ->(h, x) { h.values_at_quantiles([0.5, x]) },
    "render's unit" => ->(h, x) { h.render(unit: x) },
    "a scan's base" => ->(h, x) { h.buckets(TB::Scan.logarithmic(first: 1, base: x)) }
  }.freeze

  REAL_CALLS.each do |name, call|
    test "#{name} takes numbers alone" do
      h = histogram
      [*NO_NUMBERS, Tempting.new].each { |number| refused(TypeError) { call.call(h, number) } }
    end
  end

  test "integers, rationals and floats are numbers" do
    h = histogram.record_all(1..1000)
    assert_equal h.values_at_quantiles([1.0, 0.5, 0.25]), h.values_at_quantiles([1, 0.5, 1/4r])
    error = refused(TB::InvalidQuantileError) { h.value_at_quantile(2**70) }
    assert_equal 2.0**70, error.quantile
  end

  test "numbers of 32 and 8 bits are not cut" do
    refused(RangeError) { TB::Histogram.new(significant_digits: 256 + 3) }
    refused(RangeError) { histogram.render(ticks: (2**32) + 5) }
  end

  test "64 bits come and go" do
    [(2**62) - 1, 2**62, 2**63, (2**64) - 1].each do |number|
      assert_equal number, refused(TB::OutOfRangeError) { histogram.record(number) }.value
      assert_equal number, refused(TB::OutOfRangeError) { histogram.record_all([number].pack("Q")) }.value
    end
    assert_equal (2**63) - 1, TB::Histogram.new(highest: (2**63) - 1).highest
  end

  test "doubles are kept to the bit" do
    [-Float::INFINITY, Float::INFINITY, -Float::MIN / 2, Float::MAX, -0.1].each do |number|
      [[number], [number].pack("D*")].each do |quantiles|
        error = refused(TB::InvalidQuantileError) { histogram.values_at_quantiles(quantiles) }
        assert_equal [number].pack("D"), [error.quantile].pack("D")
      end
    end
  end

  test "every value of an iterable is recorded, or none" do
    h = histogram
    h.record_all([1, 2]).record_all(3..5).record_all(Set[6]).record_all([7].lazy).record_all([])
    assert_equal 7, h.count
    [[8, 1.5], [8, -1], [8, 10**9]].each do |values|
      assert_raises(TypeError, RangeError, TB::OutOfRangeError) { h.record_all(values) }
    end
    assert_equal 7, h.count
    [5, nil, :a, Object.new].each { |values| refused(TypeError) { h.record_all(values) } }
  end

  # Checks nothing, whatever it is asked.
  class Careless < Array
    def all?(*) = true
    def min = 0
    def max = 0
    def dup = self
  end

  test "what an Array says of itself is not believed" do
    refused(RangeError) { histogram.record_all(Careless[1, -1]) }
    assert_equal 1, histogram.record_all(Careless[1]).count
    no_list = Object.new
    def no_list.each = yield(1)
    def no_list.to_a = 5
    refused(TypeError) { histogram.record_all(no_list) }
  end

  test "what an iterable raises comes out as it is" do
    mine = MyError.new
    raised = assert_raises(MyError) { histogram.record_all(Enumerator.new { |y| (y << 1) && raise(mine) }) }
    assert_same mine, raised
  end
end

# Numbers in binary Strings.
class PackedTest < BridgeTest
  test "a packed String is recorded" do
    h = histogram.record_all([1, 2, 3].pack("Q*"))
    assert_equal [3, 1, 3], [h.count, h.min, h.max]
    assert_equal 3, h.record_all("".b).count
    assert_equal 4, h.record_all([4].pack("Q*").freeze).count
  end

  test "only a binary String of whole numbers is packed" do
    h = histogram
    packed = [1].pack("Q*")
    [Encoding::UTF_8, Encoding::US_ASCII, Encoding::UTF_16LE].each do |encoding|
      refused(ArgumentError) { h.record_all(packed.dup.force_encoding(encoding)) }
      refused(ArgumentError) { h.values_at_quantiles(packed.dup.force_encoding(encoding)) }
    end
    refused(ArgumentError) { h.record_all(packed.byteslice(0, 7)) }
    refused(ArgumentError) { h.values_at_quantiles("-".b * 9) }
    assert_predicate h, :empty?
  end

  test "a packed value that is too high has its index" do
    error = refused(TB::OutOfRangeError) { histogram.record_all([1, 10**9].pack("Q*")) }
    assert_equal [1, 10**9], [error.index, error.value]
  end

  test "a slice of a String may lie at any address" do
    whole = "-".b + [1, 2, 3].pack("Q*") + [0.5, 0.25].pack("D*")
    assert_equal 3, histogram.record_all(whole.byteslice(1, 24)).count
    h = histogram.record_all(1..1000)
    assert_equal h.values_at_quantiles([0.5, 0.25]), h.values_at_quantiles(whole.byteslice(25, 16))
  end

  test "quantiles are packed both ways" do
    h = histogram.record_all(1..1000)
    expected = h.values_at_quantiles([0, 0.5, 1])
    assert_equal expected, h.values_at_quantiles([0.0, 0.5, 1.0].pack("D*"))
    packed = h.values_at_quantiles([0.0, 0.5, 1.0], packed: true)
    assert_equal [expected, Encoding::BINARY], [packed.unpack("Q*"), packed.encoding]
    assert_equal [], h.values_at_quantiles([])
    assert_equal "", h.values_at_quantiles([], packed: true)
    assert_nil histogram.values_at_quantiles([0.5], packed: true)
  end

  test "bucket data is what the buckets are" do
    h = histogram.record_all([1, 1, 500])
    [TB::Scan.recorded, TB::Scan.linear(step: 100), TB::Scan.quantiles(ticks: 2)].each do |scan|
      data = h.bucket_data(scan)
      assert_equal Encoding::BINARY, data.encoding
      assert_equal h.buckets(scan).map(&:to_a), data.unpack("Q*").each_slice(3).to_a
    end
    assert_equal "", histogram.bucket_data
  end
end
