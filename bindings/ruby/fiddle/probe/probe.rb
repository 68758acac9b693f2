# frozen_string_literal: true

module TollbridgeFiddle
  # Functions that do as little as possible, so that calling one costs the crossing alone.
  #
  # All keep the GVL, and so may borrow their arguments. Those that call back on a thread of Rust's own are not here.
  module Probe
    Point = TollbridgeShared::Point
    Shape = TollbridgeShared::Shape

    module_function

    # Nothing.
    def nop = Native::TB_PROBE_NOP.call

    # `a + b` modulo 2**64.
    def add(a, b) = Native::TB_PROBE_ADD.call(Arguments.u64(a), Arguments.u64(b))

    # Half of an even number; nil for an odd one and for nil.
    def half(number)
      found = Native.memory(1)
      value = Native.memory(8)
      some = number.nil? ? 0 : 1
      Native.check(Native::TB_PROBE_HALF.call(some, Arguments.u64(number || 0), found, value))
      value.unpack1("Q") if found.unpack1("C") == 1
    end

    # Length in bytes of UTF-8.
    def str_len(text)
      text = Arguments.utf8(text)
      number("Q") { |result| Native::TB_PROBE_STR_LEN.call(text, text.bytesize, result) }
    end

    # Number of characters.
    def str_chars(text)
      text = Arguments.utf8(text)
      number("Q") { |result| Native::TB_PROBE_STR_CHARS.call(text, text.bytesize, result) }
    end

    # The text itself, copied.
    def echo(text)
      text = Arguments.utf8(text)
      Given.string { |result| Native::TB_PROBE_ECHO.call(text, text.bytesize, result) }
    end

    # `n` characters: `abc…` repeated, or `é` repeated when `wide`.
    def make_str(n, wide)
      n = Arguments.u64(n)
      wide = Arguments.flag(wide)
      Given.string { |result| Native::TB_PROBE_MAKE_STR.call(n, wide, result) }
    end

    # Length + first + last byte; 0 when empty.
    def bytes_ends(data)
      data = Arguments.bytes(data)
      number("Q") { |result| Native::TB_PROBE_BYTES_ENDS.call(data, data.bytesize, result) }
    end

    # Sum of all bytes.
    def bytes_sum(data)
      data = Arguments.bytes(data)
      number("Q") { |result| Native::TB_PROBE_BYTES_SUM.call(data, data.bytesize, result) }
    end

    # `n` bytes: 0, 1, … 255, 0, …
    def make_bytes(n)
      n = Arguments.u64(n)
      Given.bytes(Native::TB_BYTES_FREE) { |result| Native::TB_PROBE_MAKE_BYTES.call(n, result) }
    end

    # Length + first + last, of numbers or a packed String ("D*"), which is not copied; 0.0 when empty.
    def f64_ends(values)
      packed = Arguments.packed_doubles(values)
      number("d") { |result| Native::TB_PROBE_F64_ENDS.call(packed, packed.bytesize / 8, result) }
    end

    # Sum in order, from 0.0, likewise.
    def f64_sum(values)
      packed = Arguments.packed_doubles(values)
      number("d") { |result| Native::TB_PROBE_F64_SUM.call(packed, packed.bytesize / 8, result) }
    end

    # 0.0, 1.0, … n - 1.
    def make_f64(n) = make_f64_packed(n).unpack("D*")

    # The same, packed.
    def make_f64_packed(n)
      n = Arguments.u64(n)
      Given.bytes(Native::TB_F64S_FREE, 8) { |result| Native::TB_PROBE_MAKE_F64.call(n, result) }
    end

    # Multiplies each double of a packed String where it stands.
    def scale_in_place(values, factor)
      factor = Arguments.real(factor) # first: a `to_f` may do anything with the String
      values = Arguments.writable_doubles(values)
      Native.check(Native::TB_PROBE_SCALE_IN_PLACE.call(values, values.bytesize / 8, factor))
    end

    # `id + x + y + flags`.
    def point_in(point)
      packed = packed_point(point)
      number("d") { |result| Native::TB_PROBE_POINT_IN.call(packed, result) }
    end

    # The point `n, n / 2, -1, n & 7`.
    def make_point(n)
      n = Arguments.u64(n)
      point = Native.memory(Native::POINT_SIZE)
      Native.check(Native::TB_PROBE_MAKE_POINT.call(n, point))
      Point.new(*point.unpack(Native::POINT))
    end

    # Length + `point_in` of the first + of the last; 0.0 when empty.
    def points_ends(points)
      packed = Arguments.items(points).map { |point| packed_point(point) }
      number("d") { |result| Native::TB_PROBE_POINTS_ENDS.call(packed.join, packed.size, result) }
    end

    # Sum of `point_in`.
    def points_sum(points)
      packed = Arguments.items(points).map { |point| packed_point(point) }
      number("d") { |result| Native::TB_PROBE_POINTS_SUM.call(packed.join, packed.size, result) }
    end

    # `make_point` of 0 to n - 1.
    def make_points(n)
      n = Arguments.u64(n)
      packed = Given.bytes(Native::TB_POINTS_FREE, Native::POINT_SIZE) do |result|
        Native::TB_PROBE_MAKE_POINTS.call(n, result)
      end
      rows(packed, Native::POINT, Native::POINT_SIZE).map { |fields| Point.new(*fields) }
    end

    # 0 for a dot, 3·r·r for a circle, the number of characters of a label.
    def shape_in(shape)
      text = shape.is_a?(Shape::Label) ? shape.text : ""
      fields =
        case shape
        in Shape::Dot then [Native::SHAPE_DOT, 0.0]
        in Shape::Circle(radius) then [Native::SHAPE_CIRCLE, radius]
        in Shape::Label then [Native::SHAPE_LABEL, 0.0]
        else raise TypeError, "a Shape is needed, not #{shape.class}"
        end
      memory = Fiddle::Pointer[text] # which keeps the text until C has returned
      native = [*fields, memory.to_i, text.bytesize].pack(Native::SHAPE)
      number("d") { |result| Native::TB_PROBE_SHAPE_IN.call(native, result) }
    end

    # By `n % 3`: a dot, a circle of radius n, a label with n in decimal.
    def make_shape(n)
      native = Native.memory(Native::SHAPE_SIZE)
      Native.check(Native::TB_PROBE_MAKE_SHAPE.call(Arguments.u64(n), native))
      kind, radius, text, length = native.unpack(Native::SHAPE)
      case kind
      when Native::SHAPE_DOT then Shape::Dot.new
      when Native::SHAPE_CIRCLE then Shape::Circle.new(radius)
      when Native::SHAPE_LABEL then Shape::Label.new(Native.text(text, length))
      end
    ensure
      Native::TB_SHAPE_FREE.call(native)
    end

    # Sum of the values (modulo 2**64) and of the keys' lengths in bytes.
    def map_sum(entries)
      Arguments.instance(entries, Hash)
      keys = entries.keys.map { |key| Arguments.utf8(key).b }
      # One piece of memory for all keys, kept until C has returned: entries have their addresses.
      memory = Fiddle::Pointer[keys.join]
      address = memory.to_i
      packed = keys.zip(entries.values).map do |key, value|
        row = [address, key.bytesize, Arguments.u64(value)].pack(Native::ENTRY)
        address += key.bytesize
        row
      end
      number("Q") { |result| Native::TB_PROBE_MAP_SUM.call(packed.join, packed.size, result) }
    end

    # `n` entries: `k000000` to 0, `k000001` to 1, …
    def make_map(n)
      given = Native.memory(Native::GIVEN_SIZE)
      Native.check(Native::TB_PROBE_MAKE_MAP.call(Arguments.u64(n), given))
      data, count = given.unpack(Native::GIVEN)
      packed = Native.read(data, count * Native::ENTRY_SIZE)
      rows(packed, Native::ENTRY, Native::ENTRY_SIZE).to_h { |key, length, value| [Native.text(key, length), value] }
    ensure
      Native::TB_MAP_FREE.call(given)
    end

    # Always raises ProbeError, with `number` n, `ratio` NaN and `text` café.
    def fail(n) = Native.check(Native::TB_PROBE_FAIL.call(Arguments.u64(n)))

    # Yields 0 to n - 1 and sums what the block answers (modulo 2**64); nil when it answers :stop.
    #
    # C is called in a fiber of its own, and each of its calls back goes from there to here: the block runs where it was
    # written, and break, throw and exceptions leave it as any other.
    def call_back(n)
      n = Arguments.u64(n)
      stopped = Native.memory(4)
      sum = Native.memory(8)
      fiber = Fiber.new do
        error = Native::TB_PROBE_CALL_BACK.call(n, YIELD.to_i, 0, stopped, sum)
        left = Thread.current[LEFT] # which is the fiber's own
        Callbacks.go_on_with(left) if left
        Native.check(error)
      end
      begin
        number = fiber.resume
        while number
          answer = yield number
          number = fiber.resume(answer == :stop ? nil : Arguments.u64(answer))
        end
      ensure
        fiber.resume if fiber.alive? # the block was left: C is told to stop
      end
      sum.unpack1("Q") if stopped.unpack1("l").zero?
    end

    # A number that C writes, of 8 bytes.
    def number(format)
      result = Native.memory(8)
      Native.check(yield(result))
      result.unpack1(format)
    end

    # The fields of each record in packed memory.
    def rows(packed, format, size)
      Array.new(packed.bytesize / size) { |i| packed.unpack(format, offset: i * size) }
    end

    def packed_point(point) = Arguments.instance(point, Point).to_a.pack(Native::POINT)

    private_class_method :number, :rows, :packed_point

    # Where a fiber keeps what has left its callback.
    LEFT = :tollbridge_left
    KEEP = ->(left) { Thread.current[LEFT] = left }

    # Gives the number to who resumed its fiber: `call_back`. When that resumes it, an interrupt may come here.
    YIELD = Native.trampoline(Native::I32, [Native::ADDRESS, Native::U64, Native::ADDRESS]) do |_key, number, answer|
      Callbacks.guard(Native::STOP, KEEP) do
        value = Fiber.yield(number)
        Fiddle::Pointer.new(answer, 8)[0, 8] = [value].pack("Q") if value
        value ? Native::GO_ON : Native::STOP
      end
    end
    private_constant :LEFT, :KEEP, :YIELD
  end
end
