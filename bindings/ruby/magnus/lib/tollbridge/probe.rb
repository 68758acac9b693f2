# frozen_string_literal: true

module Tollbridge
  # Functions that do as little as possible, so that calling one costs only the crossing.
  #
  # @!method self.nop
  #   Nothing.
  #   @return [nil]
  # @!method self.add(a, b)
  #   @return [Integer] the sum modulo 2**64
  # @!method self.half(number)
  #   @param number [Integer, nil]
  #   @return [Integer, nil] half of an even number
  # @!method self.str_len(text)
  #   @return [Integer] length in UTF-8 bytes
  # @!method self.str_chars(text)
  #   @return [Integer] number of characters, which looks at every byte
  # @!method self.echo(text)
  #   @return [String] the same text
  # @!method self.make_str(n, wide)
  #   @return [String] n characters: the alphabet again and again, or é when `wide`
  # @!method self.bytes_ends(data)
  #   @return [Integer] length + first + last byte; 0 when empty
  # @!method self.bytes_sum(data)
  #   @return [Integer] sum of the bytes
  # @!method self.make_bytes(n)
  #   @return [String] binary: 00 01 … ff 00 …
  # @!method self.f64_ends(values)
  #   @param values [Array<Numeric>, String] a String holds native doubles and is borrowed
  #   @return [Float] length + first + last; 0.0 when empty
  # @!method self.f64_sum(values)
  #   @return [Float] sum in order
  # @!method self.make_f64(n)
  #   @return [Array<Float>] 0.0, 1.0, …
  # @!method self.make_f64_packed(n)
  #   @return [String] the same as native doubles, for `unpack("D*")`
  # @!method self.scale_in_place(values, factor)
  #   Multiplies each double where it stands.
  #   @param values [String] native doubles, not frozen
  #   @raise [FrozenError]
  #   @return [nil]
  # @!method self.point_in(point)
  #   @return [Float] id + x + y + flags
  # @!method self.make_point(n)
  #   @return [Point] n, n / 2, -1.0, n & 7
  # @!method self.points_ends(points)
  #   @return [Float] length + {point_in} of the first + of the last
  # @!method self.points_sum(points)
  #   @return [Float] sum of {point_in}
  # @!method self.make_points(n)
  #   @return [Array<Point>] {make_point} of 0 to n - 1
  # @!method self.shape_in(shape)
  #   @return [Float] 0 for a dot, 3·r·r for a circle, the number of characters of a label
  # @!method self.make_shape(n)
  #   @return [Shape] by n % 3: a dot, a circle of radius n, a label with n in decimal
  # @!method self.map_sum(entries)
  #   @param entries [Hash{String => Integer}]
  #   @return [Integer] sum of the values and of the keys' lengths in bytes, modulo 2**64
  # @!method self.make_map(n)
  #   @return [Hash{String => Integer}] `k000000` → 0, `k000001` → 1, …
  # @!method self.fail(n)
  #   @raise [ProbeError] always, with `number` n, `ratio` NaN and `text` café
  # @!method self.call_back(n)
  #   Yields 0 to n - 1 and sums what the block answers, modulo 2**64.
  #   @return [Integer, nil] nil when the block answered `:stop`
  # @!method self.call_back_from_new_thread(n)
  #   {call_back} from a thread that Rust starts. The block runs on a thread of the library's own.
  #   @return [Integer, nil]
  # @!method self.record_from_new_thread(histogram, value)
  #   Records from a thread that Rust starts, and waits for its end.
  #   @return [nil]
  module Probe
    # A flat record; frozen, compares by value.
    #
    # @!method self.new(id, x, y, flags)
    #   A point of these.
    # @!attribute [r] id
    #   @return [Integer] 64 bits
    # @!attribute [r] x
    #   @return [Float]
    # @!attribute [r] y
    #   @return [Float]
    # @!attribute [r] flags
    #   @return [Integer] 32 bits
    class Point
      # @return [Array] the fields in order
      def to_a = [id, x, y, flags]
      alias deconstruct to_a

      # @return [Hash{Symbol => Object}]
      def to_h = { id:, x:, y:, flags: }

      # For pattern matching.
      # @private
      def deconstruct_keys(_) = to_h

      # @return [Boolean]
      def ==(other) = other.is_a?(Point) && to_a == other.to_a
      alias eql? ==

      # @return [Integer]
      def hash = to_a.hash
    end

    # A tagged enum: one of {Dot}, {Circle} and {Label}. Frozen; compares by value.
    class Shape
      # @return [Array] the payload
      def deconstruct = []

      # @return [Boolean]
      def ==(other) = other.instance_of?(self.class) && deconstruct == other.deconstruct
      alias eql? ==

      # @return [Integer]
      def hash = [self.class, *deconstruct].hash

      # Without payload.
      class Dot
        # For pattern matching.
        # @private
        def deconstruct_keys(_) = {}
      end

      # With a number.
      #
      # @!method self.new(radius)
      #   A circle.
      # @!attribute [r] radius
      #   @return [Float]
      class Circle
        # For pattern matching.
        # @private
        def deconstruct = [radius]
        # For pattern matching.
        # @private
        def deconstruct_keys(_) = { radius: }
      end

      # With text.
      #
      # @!method self.new(text)
      #   A label.
      # @!attribute [r] text
      #   @return [String]
      class Label
        # For pattern matching.
        # @private
        def deconstruct = [text]
        # For pattern matching.
        # @private
        def deconstruct_keys(_) = { text: }
      end
    end
  end
end
