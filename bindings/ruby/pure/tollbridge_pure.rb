# frozen_string_literal: true

# The probes as ordinary Ruby methods: what a call costs when nothing is crossed.
module TollbridgePure
  # What `fail` raises.
  class ProbeError < StandardError
    attr_reader :number, :ratio, :text

    def initialize(number)
      super()
      @number = number
      @ratio = Float::NAN
      @text = "café"
    end

    def code = 16

    def error_name = "probe"

    def message = "probe failed: #{number} NaN #{text}"

    def fields = { number:, ratio:, text: }
  end

  # They check nothing that Ruby does not check by itself.
  module Probe
    MASK = (2**64) - 1
    ALPHABET = [*"a".."z"].join
    BYTES = [*0..255].pack("C*")

    # A flat record.
    Point = Struct.new(:id, :x, :y, :flags)

    # A tagged enum: one of its nested classes.
    module Shape
      # Without payload.
      class Dot; end

      # With a float.
      Circle = Struct.new(:radius)

      # With text.
      Label = Struct.new(:text)
    end

    module_function

    # Nothing.
    def nop; end

    # `a + b` modulo 2**64.
    def add(a, b) = (a + b) & MASK

    # Half of an even number; nil for an odd one and for nil.
    def half(number)
      number / 2 if number&.even?
    end

    # Length in bytes of UTF-8.
    def str_len(text) = text.bytesize

    # Number of characters.
    def str_chars(text) = text.length

    # The text itself.
    def echo(text) = text

    # `n` characters: `abc…` repeated, or `é` repeated.
    def make_str(n, wide)
      return "é" * n if wide

      whole, rest = n.divmod(ALPHABET.size)
      (ALPHABET * whole) << ALPHABET[0, rest]
    end

    # Length + first + last byte; 0 when empty.
    def bytes_ends(data) = data.empty? ? 0 : data.bytesize + data.getbyte(0) + data.getbyte(-1)

    # Sum of all bytes.
    def bytes_sum(data) = data.sum(0)

    # `n` bytes: 0, 1, … 255, 0, …
    def make_bytes(n)
      whole, rest = n.divmod(BYTES.size)
      (BYTES * whole) << BYTES[0, rest]
    end

    # Length + first + last, of an Array or a packed String; 0.0 when empty.
    def f64_ends(values)
      values = doubles(values)
      values.empty? ? 0.0 : (values.size + values.first + values.last).to_f
    end

    # Sum in order, from 0.0, of an Array or a packed String.
    def f64_sum(values) = doubles(values).inject(0.0, :+)

    # 0.0, 1.0, … n - 1.
    def make_f64(n) = Array.new(n, &:to_f)

    # The same, packed.
    def make_f64_packed(n) = make_f64(n).pack("D*")

    # Multiplies each double of a packed String where it stands.
    def scale_in_place(values, factor)
      values.replace(doubles(values).map { |value| value * factor }.pack("D*"))
      nil
    end

    # `id + x + y + flags`.
    def point_in(point) = point.id + point.x + point.y + point.flags

    # The point `n, n / 2, -1, n & 7`.
    def make_point(n) = Point.new(n, n * 0.5, -1.0, n & 7)

    # Length + `point_in` of the first + of the last; 0.0 when empty.
    def points_ends(points)
      points.empty? ? 0.0 : points.size + point_in(points.first) + point_in(points.last)
    end

    # Sum of `point_in`.
    def points_sum(points) = points.inject(0.0) { |sum, point| sum + point_in(point) }

    # `make_point` of 0 to n - 1.
    def make_points(n) = Array.new(n) { |i| make_point(i) }

    # 0 for a dot, 3·r·r for a circle, the number of characters of a label.
    def shape_in(shape)
      case shape
      when Shape::Dot then 0.0
      when Shape::Circle then 3.0 * shape.radius * shape.radius
      when Shape::Label then shape.text.length.to_f
      end
    end

    # By `n % 3`: a dot, a circle of radius n, a label with n in decimal.
    def make_shape(n)
      case n % 3
      when 0 then Shape::Dot.new
      when 1 then Shape::Circle.new(n.to_f)
      else Shape::Label.new(n.to_s)
      end
    end

    # Sum of the values (modulo 2**64) and of the keys' lengths in bytes.
    def map_sum(entries) = entries.sum { |key, value| key.bytesize + value } & MASK

    # `n` entries: `k000000` to 0, `k000001` to 1, …
    def make_map(n) = n.times.to_h { |i| [format("k%06d", i), i] }

    # Always raises ProbeError.
    def fail(n) = raise(ProbeError, n)

    # Yields 0 to n - 1 and sums what the block answers; nil when it answers :stop.
    def call_back(n)
      total = 0
      n.times do |number|
        answer = yield number
        return nil if answer == :stop

        total += answer
      end
      total & MASK
    end

    # `call_back` from a thread that is started for it.
    def call_back_from_new_thread(n, &block)
      thread = Thread.new { call_back(n, &block) }
      thread.report_on_exception = false # it is raised here
      thread.value
    end

    # Doubles of an Array as they are, of a packed String as an Array.
    def doubles(values) = values.is_a?(String) ? values.unpack("D*") : values

    private_class_method :doubles
  end
end
