# frozen_string_literal: true

require_relative "../support"

# Nothing is wrapped, cut or guessed: what does not fit is refused before anything crosses.
class ProbeNumbersTest < BridgeTest
  INTEGER_CALLS = {
    "add" => ->(_, n) { TB::Probe.add(1, n) },
    "half" => ->(_, n) { TB::Probe.half(n || 1.5) },
    "make_bytes" => ->(_, n) { TB::Probe.make_bytes(n) },
    "a point's id" => ->(_, n) { TB::Probe::Point.new(n, 1.0, 1.0, 1) },
    "a point's flags" => ->(_, n) { TB::Probe::Point.new(1, 1.0, 1.0, n) },
    "map_sum" => ->(_, n) { TB::Probe.map_sum({ "a" => n }) },
    "record_from_new_thread" => ->(h, n) { TB::Probe.record_from_new_thread(h, n) }
  }.freeze

  INTEGER_CALLS.each do |name, call|
    test "#{name} takes integers of 64 bits alone" do
      needs("record_from_new_thread") if name == "record_from_new_thread"
      h = histogram
      NOT_IN_RANGE.each { |number| refused(RangeError) { call.call(h, number) } }
      [*NO_INTEGERS, Tempting.new].each { |number| refused(TypeError) { call.call(h, number) } }
      assert_predicate h, :empty?
    end
  end

  REAL_CALLS = {
    "f64_sum" => ->(_, x) { TB::Probe.f64_sum([x]) },
    "scale_in_place" => ->(_, x) { TB::Probe.scale_in_place([1.0].pack("D*"), x) },
    "a circle" => ->(_, x) { TB::Probe::Shape::Circle.new(x) },
    "a point" => ->(_, x) { TB::Probe::Point.new(1, x, 1.0, 1) }
  }.freeze

  REAL_CALLS.each do |name, call|
    test "#{name} takes numbers alone" do
      h = histogram
      [*NO_NUMBERS, Tempting.new].each { |number| refused(TypeError) { call.call(h, number) } }
    end
  end

  test "integers, rationals and floats are numbers" do
    assert_equal 3.75, TB::Probe.f64_sum([1, 0.5, 9/4r])
    assert_equal 2.0**70, TB::Probe.f64_sum([2**70])
  end

  test "numbers of 32 bits are not cut" do
    refused(RangeError) { TB::Probe::Point.new(1, 1.0, 1.0, 2**32) }
    assert_equal 3.0 + (2**32) - 1, TB::Probe.point_in(TB::Probe::Point.new(1, 1.0, 1.0, (2**32) - 1))
  end

  test "64 bits come and go" do
    [0, 1, (2**62) - 1, 2**62, 2**63, (2**64) - 1].each do |number|
      assert_equal number, TB::Probe.add(number, 0)
    end
    assert_equal 0, TB::Probe.add((2**64) - 1, 1)
  end

  test "doubles are kept to the bit" do
    [-0.0, Float::INFINITY, Float::MIN / 2, Float::MAX, 0.1].each do |number|
      assert_equal [number].pack("D"), [TB::Probe.f64_sum([number])].pack("D") unless number.zero? # 0.0 is added to it
      packed = [number].pack("D*")
      TB::Probe.scale_in_place(packed, 1.0)
      assert_equal [number].pack("D"), packed
    end
    assert_predicate TB::Probe.f64_sum([Float::NAN]), :nan?
  end

  test "what is nothing is half of nothing" do
    assert_nil TB::Probe.half(nil)
    assert_nil TB::Probe.half(3)
    assert_equal 2**63 - 1, TB::Probe.half((2**64) - 2)
  end
end

# Numbers in binary Strings.
class ProbePackedTest < BridgeTest
  test "only a binary String is packed" do
    [Encoding::UTF_8, Encoding::US_ASCII, Encoding::UTF_16LE].each do |encoding|
      refused(ArgumentError) { TB::Probe.f64_sum([1].pack("Q*").force_encoding(encoding)) }
    end
  end

  test "a slice of a String may lie at any address" do
    whole = "-".b + [0.5, 0.25].pack("D*")
    assert_equal 0.75, TB::Probe.f64_sum(whole.byteslice(1, 16))
    slice = whole.byteslice(1, 16)
    TB::Probe.scale_in_place(slice, 2.0)
    assert_equal [1.0, 0.5], slice.unpack("D*")
    assert_equal [0.5, 0.25].pack("D*"), whole.byteslice(1, 16)
  end

  test "a packed String is scaled in place, and no other" do
    values = [1.0, 2.5].pack("D*")
    copy = values.dup
    assert_nil TB::Probe.scale_in_place(values, 2)
    assert_equal [2.0, 5.0], values.unpack("D*")
    assert_equal [1.0, 2.5], copy.unpack("D*")
    refused(FrozenError) { TB::Probe.scale_in_place([1.0].pack("D*").freeze, 2.0) }
    refused(TypeError) { TB::Probe.scale_in_place([1.0], 2.0) }
    refused(ArgumentError) { TB::Probe.scale_in_place("1234567".b, 2.0) }
    empty = "".b
    TB::Probe.scale_in_place(empty, 2.0)
    assert_empty empty
  end

  test "a factor that shares the String meanwhile changes no other" do
    values = [1.0, 2.5].pack("D*") * 10
    copy = nil
    factor = Class.new(Numeric) { define_method(:to_f) { (copy = values.dup) && 2.0 } }.new
    TB::Probe.scale_in_place(values, factor)
    assert_equal [1.0, 2.0], [copy.unpack1("D"), values.unpack1("D")]
  end

  test "what is scaled in place knows that its bytes are others" do
    values = ("\0" * 8).b
    assert_predicate values, :ascii_only?
    TB::Probe.scale_in_place(values, -1.0) # -0.0 has a high bit
    refute_predicate values, :ascii_only?
  end

  test "packed doubles come out" do
    packed = TB::Probe.make_f64_packed(3)
    assert_equal [[0.0, 1.0, 2.0], Encoding::BINARY], [packed.unpack("D*"), packed.encoding]
    assert_equal packed.unpack("D*"), TB::Probe.make_f64(3)
  end
end
