# frozen_string_literal: true

require "minitest/autorun"
require "tollbridge_shared"

# What is not visible from outside of the bridges.
class SharedTest < Minitest::Test
  include TollbridgeShared

  def test_an_error_is_read_once_and_lets_go_of_c
    native = Struct.new(:reads) do
      def details = ["out_of_range", "message", { value: self.reads += 1 }.freeze]
    end.new(0)
    error = Error.of(2, native)
    assert_instance_of OutOfRangeError, error
    assert_equal [2, 0], [error.code, native.reads]
    assert_equal ["message", 1, 1], [error.message, error.value, native.reads]
    assert_nil error.instance_variable_get(:@native)
  end

  def test_an_error_of_a_later_library_is_an_error
    error = Error.of(99, Struct.new(:details).new(["later", "what", {}.freeze]))
    assert_instance_of Error, error
    assert_equal [99, "later", "what"], [error.code, error.error_name, error.message]
  end

  def test_a_weight_is_lifted_once_by_its_last_holder
    told = []
    weight = Weight.new(told.method(:push)).hold.hold
    weight.bytes = Weight.of(1, 1_000_000, 3)
    weight.lift
    assert_equal [weight.bytes], told
    weight.lift
    assert_equal [told[0], -told[0]], told
    assert_operator told[0], :>, 8 * 10_000
    assert_equal 0, weight.bytes
  end

  def test_what_other_threads_could_change_is_another_string
    text = +"text that is long enough not to lie in the object"
    steady = Arguments.steady(text)
    text.replace("other")
    assert_equal "text that is long enough not to lie in the object", steady
    assert_predicate steady, :frozen?
    assert_same steady, Arguments.steady(steady)
  end

  def test_what_is_written_in_place_is_shared_with_nobody
    values = [1.0] * 100
    packed = values.pack("D*")
    copy = packed.dup
    assert_same packed, Arguments.writable_doubles(packed)
    # Where the bytes are: a String whose memory is shared keeps it.
    refute_equal(*[packed, copy].map { |string| [string].pack("p").unpack1("J") })
  end

  def test_text_that_cannot_be_converted_says_where
    { "aé\xD8\x00".b => 1, "ab\xE9".dup.force_encoding("US-ASCII") => 2,
      "\xD8\x00\x00b".dup.force_encoding("UTF-16BE") => 0,
      "\x00a\xD8\x00".dup.force_encoding("UTF-16BE") => 1 }.each do |text, offset|
      error = assert_raises(InvalidTextError) { Arguments.utf8(text) }
      assert_equal offset, error.offset
    end
    assert_equal "é", Arguments.utf8("\xE9".dup.force_encoding("ISO-8859-1"))
  end
end
