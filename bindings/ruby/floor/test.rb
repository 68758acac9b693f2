# frozen_string_literal: true

# What the vectors do not say of the floor: what it refuses, how a block leaves it, and that the collector
# may come at any time.

require "minitest/autorun"
require "timeout"
require "tollbridge_floor"

class FloorTest < Minitest::Test
  PROBE = TollbridgeFloor::Probe

  # A number that empties the Array that it is in when it is asked for its value.
  class Emptying < Numeric
    def initialize(array)
      super()
      @array = array
    end

    def to_f
      @array.clear
      1.0
    end
  end

  def with_stress
    GC.stress = true
    yield
  ensure
    GC.stress = false
  end

  def test_integers_are_never_cut
    [-1, -(2**64), 2**64].each { |number| assert_raises(RangeError) { PROBE.add(number, 0) } }
    [1.5, "1", nil, true].each { |other| assert_raises(TypeError) { PROBE.add(other, 0) } }
    assert_equal 2**63, PROBE.add(2**62, 2**62)
    assert_equal 1, PROBE.add((2**64) - 1, 2)
    assert_raises(RangeError) { PROBE.make_f64(-1) }
    assert_raises(RangeError) { PROBE::Point.new(1, 0.5, -0.5, 2**32) }
  end

  def test_text_in_other_encodings
    assert_equal 2, PROBE.str_len("é".encode("UTF-16LE"))
    assert_equal 3, PROBE.str_len("abc".b)
    assert_raises(Encoding::UndefinedConversionError) { PROBE.str_len("\xff".b) }
    assert_raises(ArgumentError) { PROBE.str_len("a\xff") }
    assert_raises(TypeError) { PROBE.str_len(:a) }
    assert_equal Encoding::UTF_8, PROBE.make_str(3, true).encoding
    assert_equal Encoding::BINARY, PROBE.make_bytes(3).encoding
  end

  def test_packed_doubles
    values = [1.0, 2.0].pack("D*")
    copy = values.dup
    PROBE.scale_in_place(values, 2.0)
    assert_equal [2.0, 4.0], values.unpack("D*")
    assert_equal [1.0, 2.0], copy.unpack("D*")
    assert_raises(FrozenError) { PROBE.scale_in_place(values.freeze, 2.0) }
    assert_raises(ArgumentError) { PROBE.f64_sum("1234567".b) }
    misaligned = "-".b.concat([1.0, 2.0, 3.0].pack("D*")).byteslice(1, 24)
    assert_in_delta 6.0, PROBE.f64_sum(misaligned), 0.0
  end

  def test_an_array_that_shrinks_meanwhile
    values = [1.0] * 200
    values[3] = Emptying.new(values)
    assert_in_delta 4.0, PROBE.f64_sum(values), 0.0
  end

  def test_nothing_is_half_made
    assert_raises(TypeError) { PROBE::Point.allocate }
    assert_raises(TypeError) { PROBE.point_in(PROBE::Shape::Circle.new(1.0)) }
    assert_raises(TypeError) { PROBE.shape_in(PROBE.make_point(1)) }
  end

  def test_a_block_leaves_as_in_ruby
    %i[call_back call_back_from_new_thread].each do |name|
      assert_equal(:out, PROBE.public_send(name, 3) { break :out })
      assert_equal(5, catch(:out) { PROBE.public_send(name, 3) { throw :out, 5 } })
      assert_raises(IOError) { PROBE.public_send(name, 3) { raise IOError } }
      assert_raises(TypeError) { PROBE.public_send(name, 3) { "3" } }
      assert_nil(PROBE.public_send(name, 3) { :stop })
      assert_raises(LocalJumpError) { PROBE.public_send(name, 3) }
    end
  end

  def test_waiting_for_a_thread_is_interrupted
    endless = (2**64) - 1
    assert_raises(Timeout::Error) do
      Timeout.timeout(0.05) { PROBE.call_back_from_new_thread(endless) { 1 } }
    end
    thread = Thread.new { PROBE.call_back_from_new_thread(endless) { sleep 0.001 } }
    Thread.pass until thread.stop?
    thread.kill
    assert thread.join(5)
  end

  def test_the_collector_may_come_at_any_time
    with_stress do
      assert_equal 200, PROBE.make_points(200).size
      assert_in_delta 199.0, PROBE.make_f64(200).last, 0.0
      assert_equal 49, PROBE.make_map(50)["k000049"]
      assert_equal "2", PROBE.make_shape(2).text
      assert_in_delta 300.0, PROBE.f64_sum([1.0] * 300), 0.0
      assert_equal(9, PROBE.call_back_from_new_thread(3) { |number| number * 3 })
      assert_equal "probe failed: 7 NaN café", assert_raises(TollbridgeFloor::ProbeError) { PROBE.fail(7) }.message
    end
  end

  def test_from_another_ractor
    warned = Warning[:experimental]
    Warning[:experimental] = false
    assert_equal 42, Ractor.new { TollbridgeFloor::Probe.add(7, 35) }.take
  ensure
    Warning[:experimental] = warned
  end
end
