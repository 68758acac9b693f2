# frozen_string_literal: true

require_relative "../support"

# Text is characters, whatever its encoding; what is none is named by its place.
class ProbeTextTest < BridgeTest
  test "text comes back as it went" do
    TEXTS.each do |text|
      again = TB::Probe.echo(text)
      assert_equal [text, Encoding::UTF_8], [again, again.encoding]
      assert_predicate again, :valid_encoding?
      assert_equal [text.bytesize, text.length], [TB::Probe.str_len(text), TB::Probe.str_chars(text)]
      assert_equal text, TB::Probe.echo(text.dup.freeze)
    end
  end

  test "other encodings are the same characters" do
    TEXTS.product(ENCODINGS) do |text, encoding|
      assert_equal text, TB::Probe.echo(text.encode(encoding))
      assert_equal text.length, TB::Probe.str_chars(text.encode(encoding))
    end
    assert_equal "café", TB::Probe.echo("café".encode(Encoding::ISO_8859_1))
    assert_equal "漢字", TB::Probe.echo("漢字".encode(Encoding::Shift_JIS))
    assert_equal "abc", TB::Probe.echo("abc".encode(Encoding::US_ASCII))
    assert_equal 5, TB::Probe.str_len("café".encode(Encoding::ISO_8859_1))
  end

  test "what is sent stays as it was" do
    text = "café".encode(Encoding::UTF_16LE)
    before = text.dup
    TB::Probe.echo(text)
    assert_equal [before, Encoding::UTF_16LE], [text, text.encoding]
  end

  takes_text(
    "str_len" => ->(_, text) { TB::Probe.str_len(text) },
    "echo" => ->(_, text) { TB::Probe.echo(text) },
    "a label" => ->(_, text) { TB::Probe.shape_in(TB::Probe::Shape::Label.new(text)) },
    "map_sum" => ->(_, text) { TB::Probe.map_sum({ text => 1 }) }
  )

  test "bytes are text as long as they are ASCII" do
    assert_equal "abc", TB::Probe.echo("abc".b)
    assert_equal Encoding::UTF_8, TB::Probe.echo("abc".b).encoding
    assert_equal 2, refused(TB::InvalidTextError) { TB::Probe.echo("abé".b) }.offset
    assert_equal 1, refused(TB::InvalidTextError) { TB::Probe.echo("a\xe9".dup.force_encoding("US-ASCII")) }.offset
  end

  test "a lone surrogate of UTF-16 is named" do
    text = [0x61, 0x62, 0xd800, 0x63].pack("v*").force_encoding(Encoding::UTF_16LE)
    assert_equal 2, refused(TB::InvalidTextError) { TB::Probe.echo(text) }.offset
  end

  test "what has no character in Unicode is named" do
    text = "ab\x81".dup.force_encoding(Encoding::Windows_1252)
    assert_equal 2, refused(TB::InvalidTextError) { TB::Probe.echo(text) }.offset
  end

  test "a string's subclass is text" do
    assert_equal "abc", TB::Probe.echo(Class.new(String).new("abc"))
    assert_instance_of String, TB::Probe.echo(Class.new(String).new("abc"))
  end

  test "what a subclass says of itself is not believed" do
    text = Boasting.new("abc")
    assert_equal [3, 3, "abc"], [TB::Probe.str_len(text), TB::Probe.str_chars(text), TB::Probe.echo(text)]
    assert_equal 300, TB::Probe.bytes_sum(Boasting.new("ddd"))
    assert_equal 1.5, TB::Probe.f64_sum(Boasting.new([1.5].pack("D")))
    assert_equal 3.0, TB::Probe.shape_in(TB::Probe::Shape::Label.new(Boasting.new("abc")))
    assert_equal 4, TB::Probe.map_sum({ Boasting.new("abc") => 1 })
  end

  test "a label's text is its own" do
    text = +"abc"
    label = TB::Probe::Shape::Label.new(text)
    text << "def"
    assert_equal ["abc", 3.0], [label.text, TB::Probe.shape_in(label)]
  end

  test "text is made" do
    assert_equal "abcdefghijklmnopqrstuvwxyzab", TB::Probe.make_str(28, false)
    assert_equal "ééé", TB::Probe.make_str(3, true)
    assert_equal Encoding::UTF_8, TB::Probe.make_str(0, false).encoding
  end

  test "bytes have no encoding" do
    assert_equal 3 + 0xff + 1, TB::Probe.bytes_ends("\xff\x02\x01".b)
    assert_equal 0xc3 + 0xa9, TB::Probe.bytes_sum("é")
    bytes = TB::Probe.make_bytes(300)
    assert_equal [Encoding::BINARY, (0..299).map { |i| i % 256 }], [bytes.encoding, bytes.bytes]
  end
end
