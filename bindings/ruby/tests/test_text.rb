# frozen_string_literal: true

require_relative "support"

# Text is characters, whatever its encoding; what is none is named by its place.
class TextTest < BridgeTest
  # What is no duration comes back in the error.
  def back(text)
    refused(TB::InvalidDurationError) { histogram.record_durations(text) }.token
  end

  test "text comes back as it went" do
    TEXTS.reject(&:empty?).each do |text|
      again = back(text)
      assert_equal [text, Encoding::UTF_8], [again, again.encoding]
      assert_predicate again, :valid_encoding?
      assert_equal text, back(text.dup.freeze)
      assert_equal text, histogram(tag: text).tag unless text.include?("\0")
    end
  end

  test "other encodings are the same characters" do
    TEXTS.reject(&:empty?).product(ENCODINGS) { |text, encoding| assert_equal text, back(text.encode(encoding)) }
    assert_equal "café", back("café".encode(Encoding::ISO_8859_1))
    assert_equal "漢字", back("漢字".encode(Encoding::Shift_JIS))
    assert_equal "abc", back("abc".encode(Encoding::US_ASCII))
  end

  test "what is sent stays as it was" do
    text = "café".encode(Encoding::UTF_16LE)
    before = text.dup
    histogram.tag = text
    assert_equal [before, Encoding::UTF_16LE], [text, text.encoding]
  end

  test "what Ruby is told of text is what it finds out itself" do
    ["abc" * 50, "café" * 50, "漢字🎉", "caf\xe9", "\xed\xa0\x80", "\xf4\x90\x80\x80"].each do |text|
      own, told, frozen = Array.new(3) { text.b.force_encoding(Encoding::UTF_8) }
      [told, frozen.freeze].each do |sent|
        assert_raises(TB::InvalidDurationError, TB::InvalidTextError) { histogram.record_durations(sent) }
        assert_equal [own.valid_encoding?, own.ascii_only?], [sent.valid_encoding?, sent.ascii_only?], own.inspect
        assert_equal own.scrub.length, sent.scrub.length
      end
    end
    assert_equal "abc\xff".b, "abc".b.force_encoding(Encoding::UTF_8).tap { |text| histogram(tag: text) } + "\xff".b
  end

  takes_text(
    "tag=" => ->(h, text) { h.tag = text },
    "tag:" => ->(_, text) { TB::Histogram.new(tag: text) },
    "record_durations" => ->(h, text) { h.record_durations(text) }
  )

  test "bytes are text as long as they are ASCII" do
    assert_equal "abc", back("abc".b)
    assert_equal Encoding::UTF_8, back("abc".b).encoding
    assert_equal 2, refused(TB::InvalidTextError) { histogram(tag: "abé".b) }.offset
    assert_equal 1, refused(TB::InvalidTextError) { histogram(tag: "a\xe9".dup.force_encoding("US-ASCII")) }.offset
  end

  test "a lone surrogate of UTF-16 is named" do
    text = [0x61, 0x62, 0xd800, 0x63].pack("v*").force_encoding(Encoding::UTF_16LE)
    assert_equal 2, refused(TB::InvalidTextError) { histogram(tag: text) }.offset
  end

  test "what has no character in Unicode is named" do
    text = "ab\x81".dup.force_encoding(Encoding::Windows_1252)
    assert_equal 2, refused(TB::InvalidTextError) { histogram(tag: text) }.offset
  end

  test "a string's subclass is text" do
    assert_equal "abc", back(Class.new(String).new("abc"))
    assert_instance_of String, histogram(tag: Class.new(String).new("abc")).tag
  end

  test "what a subclass says of itself is not believed" do
    assert_equal "abc", back(Boasting.new("abc"))
    h = histogram(tag: Boasting.new("abc"))
    assert_equal "abc", h.tag
    assert_equal 1, h.record_durations(Boasting.new("1ns"))
    assert_equal 2, h.record_all(Boasting.new([5].pack("Q"))).count
    assert_equal [5], h.values_at_quantiles(Boasting.new([1.0].pack("D")))
    assert_equal 2, TB::Histogram.decode(Boasting.new(h.encode)).count
    refused(TB::IoError) { TB.replay_log(Boasting.new("/missing/log.hlog")) }
  end

  test "a tag is frozen text, and kept whole" do
    h = histogram(tag: "größe")
    assert_equal ["größe", Encoding::UTF_8], [h.tag, h.tag.encoding]
    assert_predicate h.tag, :frozen?
    h.tag = "größe".encode(Encoding::UTF_16LE)
    assert_equal "größe", h.tag
    h.tag = ""
    assert_equal "", h.tag
    { "é\n" => ["\n", 1], "\0" => ["\0", 0], "a,é" => [",", 1] }.each do |tag, expected|
      error = refused(TB::InvalidTagError) { h.tag = tag }
      assert_equal expected, [error.character, error.offset]
    end
    assert_equal "", h.tag
    h.tag = longest = " \u3000\t#{"a" * 4091}"
    error = refused(TB::TooManyError) { h.tag = "#{longest}a" }
    assert_equal ["tag_limit", 4096, 4097], [error.what, error.limit, error.count]
    assert_equal longest, h.tag
  end

  test "durations are told by line and column" do
    h = histogram
    assert_equal 3, h.record_durations("250ns 1us\n3µs")
    assert_equal 3, h.record_durations("250ns 1us\n3µs".encode(Encoding::UTF_16LE))
    assert_equal 0, h.record_durations("")
    error = refused(TB::InvalidDurationError) { h.record_durations("1ns\n3µs étwas") }
    assert_equal [2, 5, "étwas"], [error.line, error.column, error.token]
    assert_equal 6, h.count
    assert_equal 10_000, h.record_durations("1ns " * 10_000)
  end

  test "a rendering is text" do
    text = histogram.record_all(1..100).render(ticks: 2, unit: 10)
    assert_equal Encoding::UTF_8, text.encoding
    assert_includes text, "Percentile"
    [0.0, Float::NAN, -1].each { |unit| refused(TB::InvalidArgumentError) { histogram.render(unit:) } }
  end
end
