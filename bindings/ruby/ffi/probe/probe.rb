# frozen_string_literal: true

module TollbridgeFFI
  # Functions that do as little as possible, so that calling one costs the crossing alone.
  #
  # All but the last two keep the GVL, and so may borrow their arguments.
  module Probe
    Point = TollbridgeShared::Point
    Shape = TollbridgeShared::Shape

    module_function

    # Nothing.
    def nop = Native.tb_probe_nop

    # `a + b` modulo 2**64.
    def add(a, b) = Native.tb_probe_add(Arguments.u64(a), Arguments.u64(b))

    # Half of an even number; nil for an odd one and for nil.
    def half(number)
      found = FFI::MemoryPointer.new(:bool)
      value = FFI::MemoryPointer.new(:uint64)
      some = number.nil? ? 0 : 1
      Native.check(Native.tb_probe_half(some, Arguments.u64(number || 0), found, value))
      value.read_uint64 if found.read(:bool)
    end

    # Length in bytes of UTF-8.
    def str_len(text)
      text = Arguments.utf8(text)
      number(:uint64) { |result| Native.tb_probe_str_len(text, text.bytesize, result) }
    end

    # Number of characters.
    def str_chars(text)
      text = Arguments.utf8(text)
      number(:uint64) { |result| Native.tb_probe_str_chars(text, text.bytesize, result) }
    end

    # The text itself, copied.
    def echo(text)
      text = Arguments.utf8(text)
      Given.string { |result| Native.tb_probe_echo(text, text.bytesize, result) }
    end

    # `n` characters: `abc…` repeated, or `é` repeated when `wide`.
    def make_str(n, wide)
      n = Arguments.u64(n)
      wide = Arguments.flag(wide)
      Given.string { |result| Native.tb_probe_make_str(n, wide, result) }
    end

    # Length + first + last byte; 0 when empty.
    def bytes_ends(data)
      data = Arguments.bytes(data)
      number(:uint64) { |result| Native.tb_probe_bytes_ends(data, data.bytesize, result) }
    end

    # Sum of all bytes.
    def bytes_sum(data)
      data = Arguments.bytes(data)
      number(:uint64) { |result| Native.tb_probe_bytes_sum(data, data.bytesize, result) }
    end

    # `n` bytes: 0, 1, … 255, 0, …
    def make_bytes(n)
      n = Arguments.u64(n)
      Given.bytes(:tb_bytes_free) { |result| Native.tb_probe_make_bytes(n, result) }
    end

    # Length + first + last, of numbers or a packed String ("D*"), which is not copied; 0.0 when empty.
    def f64_ends(values)
      packed = Arguments.packed_doubles(values)
      number(:double) { |result| Native.tb_probe_f64_ends(packed, packed.bytesize / 8, result) }
    end

    # Sum in order, from 0.0, likewise.
    def f64_sum(values)
      packed = Arguments.packed_doubles(values)
      number(:double) { |result| Native.tb_probe_f64_sum(packed, packed.bytesize / 8, result) }
    end

    # 0.0, 1.0, … n - 1.
    def make_f64(n) = make_f64_packed(n).unpack("D*")

    # The same, packed.
    def make_f64_packed(n)
      n = Arguments.u64(n)
      Given.bytes(:tb_f64s_free, 8) { |result| Native.tb_probe_make_f64(n, result) }
    end

    # Multiplies each double of a packed String where it stands.
    def scale_in_place(values, factor)
      factor = Arguments.real(factor) # first: a `to_f` may do anything with the String
      values = Arguments.writable_doubles(values)
      Native.check(Native.tb_probe_scale_in_place(values, values.bytesize / 8, factor))
    end

    # `id + x + y + flags`.
    def point_in(point)
      packed = packed_point(point)
      number(:double) { |result| Native.tb_probe_point_in(packed, result) }
    end

    # The point `n, n / 2, -1, n & 7`.
    def make_point(n)
      n = Arguments.u64(n)
      point = FFI::MemoryPointer.new(Native::POINT_SIZE)
      Native.check(Native.tb_probe_make_point(n, point))
      Point.new(*point.read_bytes(Native::POINT_SIZE).unpack(Native::POINT))
    end

    # Length + `point_in` of the first + of the last; 0.0 when empty.
    def points_ends(points)
      packed = Arguments.items(points).map { |point| packed_point(point) }
      number(:double) { |result| Native.tb_probe_points_ends(packed.join, packed.size, result) }
    end

    # Sum of `point_in`.
    def points_sum(points)
      packed = Arguments.items(points).map { |point| packed_point(point) }
      number(:double) { |result| Native.tb_probe_points_sum(packed.join, packed.size, result) }
    end

    # `make_point` of 0 to n - 1.
    def make_points(n)
      n = Arguments.u64(n)
      packed = Given.bytes(:tb_points_free, Native::POINT_SIZE) { |result| Native.tb_probe_make_points(n, result) }
      rows(packed, Native::POINT, Native::POINT_SIZE).map { |fields| Point.new(*fields) }
    end

    # 0 for a dot, 3·r·r for a circle, the number of characters of a label.
    def shape_in(shape)
      fields =
        case shape
        in Shape::Dot then { kind: Native::SHAPE_DOT }
        in Shape::Circle(radius) then { kind: Native::SHAPE_CIRCLE, radius: }
        in Shape::Label(text) then { kind: Native::SHAPE_LABEL, text: memory_of(text), text_length: text.bytesize }
        else raise TypeError, "a Shape is needed, not #{shape.class}"
        end
      native = Native::Shape.of(**fields) # which keeps the memory until C has returned
      number(:double) { |result| Native.tb_probe_shape_in(native, result) }
    end

    # By `n % 3`: a dot, a circle of radius n, a label with n in decimal.
    def make_shape(n)
      native = Native::Shape.new
      Native.check(Native.tb_probe_make_shape(Arguments.u64(n), native))
      case native[:kind]
      when Native::SHAPE_DOT then Shape::Dot.new
      when Native::SHAPE_CIRCLE then Shape::Circle.new(native[:radius])
      when Native::SHAPE_LABEL then Shape::Label.new(Given.text(native[:text], native[:text_length]))
      end
    ensure
      Native.tb_shape_free(native)
    end

    # Sum of the values (modulo 2**64) and of the keys' lengths in bytes.
    def map_sum(entries)
      Arguments.instance(entries, Hash)
      keys = entries.keys.map { |key| Arguments.utf8(key).b }
      # One piece of memory for all keys, kept until C has returned: entries have their addresses.
      memory = memory_of(keys.join)
      address = memory.address
      packed = keys.zip(entries.values).map do |key, value|
        row = [address, key.bytesize, Arguments.u64(value)].pack(Native::ENTRY)
        address += key.bytesize
        row
      end
      number(:uint64) { |result| Native.tb_probe_map_sum(packed.join, packed.size, result) }
    end

    # `n` entries: `k000000` to 0, `k000001` to 1, …
    def make_map(n)
      given = Native::Given.new
      Native.check(Native.tb_probe_make_map(Arguments.u64(n), given))
      return {} if given[:length].zero?

      packed = given[:data].read_bytes(given[:length] * Native::ENTRY_SIZE)
      rows(packed, Native::ENTRY, Native::ENTRY_SIZE).to_h do |key, length, value|
        [Given.text(FFI::Pointer.new(key), length), value]
      end
    ensure
      Native.tb_map_free(given)
    end

    # Always raises ProbeError, with `number` n, `ratio` NaN and `text` café.
    def fail(n) = Native.check(Native.tb_probe_fail(Arguments.u64(n)))

    # Yields 0 to n - 1 and sums what the block answers (modulo 2**64); nil when it answers :stop.
    #
    # C is called in a fiber of its own, and each of its calls back goes from there to here: the block runs where it was
    # written, and break, throw and exceptions leave it as any other.
    def call_back(n)
      n = Arguments.u64(n)
      stopped = FFI::MemoryPointer.new(:int32)
      sum = FFI::MemoryPointer.new(:uint64)
      fiber = Fiber.new do
        error = Native.tb_probe_call_back(n, YIELD, 0, stopped, sum)
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
      sum.read_uint64 if stopped.read_int32.zero?
    end

    # `call_back` from a thread that Rust starts for it. ruby-ffi gives each call to a Ruby thread, where the block
    # runs: what it raises comes out here; break, throw and Thread#kill come out as an exception.
    def call_back_from_new_thread(n, &block)
      n = Arguments.u64(n)
      stopped = FFI::MemoryPointer.new(:int32)
      sum = FFI::MemoryPointer.new(:uint64)
      RUNNING[key = Callbacks.next_key] = call = Call.new(block)
      begin
        Callbacks.wait_for_foreign_thread do
          Native.check(Native.tb_probe_call_back_from_new_thread(n, ANSWER, key, stopped, sum))
        end
      ensure
        RUNNING.delete(key)
      end
      Callbacks.go_on_with(call.raised) if call.raised

      sum.read_uint64 if stopped.read_int32.zero?
    end

    # Records a value from a thread that Rust starts for it, and waits for its end. Raises as Histogram#record does.
    def record_from_new_thread(histogram, value)
      Arguments.instance(histogram, Histogram)
      value = Arguments.u64(value)
      Callbacks.wait_for_foreign_thread do
        Native.check(histogram.use { |handle| Native.tb_probe_record_from_new_thread(handle, value) })
      end
    end

    # A number that C writes.
    def number(type)
      result = FFI::MemoryPointer.new(type)
      Native.check(yield(result))
      result.read(type)
    end

    # A copy of a String where its address can be told.
    def memory_of(string) = FFI::MemoryPointer.new(:char, string.bytesize + 1).put_bytes(0, string)

    # The fields of each record in packed memory.
    def rows(packed, format, size)
      Array.new(packed.bytesize / size) { |i| packed.unpack(format, offset: i * size) }
    end

    def packed_point(point) = Arguments.instance(point, Point).to_a.pack(Native::POINT)

    private_class_method :number, :memory_of, :rows, :packed_point

    # A call that is called back on another thread: its block, and what that has raised.
    Call = Struct.new(:block, :raised)

    # Such calls by the keys that C has in place of them.
    RUNNING = {} # rubocop:disable Style/MutableConstant

    # Where a fiber keeps what has left its callback.
    LEFT = :tollbridge_left
    KEEP = ->(left) { Thread.current[LEFT] = left }

    # A trampoline lives as long as the process. This one gives the number to who resumed its fiber: `call_back`. When
    # that resumes it, an interrupt may come here.
    YIELD = FFI::Function.new(:int32, %i[uintptr_t uint64 pointer]) do |_key, number, answer|
      Callbacks.guard(Native::STOP, KEEP) do
        value = Fiber.yield(number)
        answer.write_uint64(value) if value
        value ? Native::GO_ON : Native::STOP
      end
    end

    # This one runs on a thread that has nothing else to do.
    ANSWER = FFI::Function.new(:int32, %i[uintptr_t uint64 pointer]) do |key, number, answer|
      call = RUNNING[key]
      Callbacks.guard(Native::STOP, call.method(:raised=)) do
        value = Callbacks.ending? ? :stop : Callbacks.answer { call.block.call(number) }
        answer.write_uint64(Arguments.u64(value)) unless value == :stop
        value == :stop ? Native::STOP : Native::GO_ON
      end
    end
    private_constant :Call, :RUNNING, :LEFT, :KEEP, :YIELD, :ANSWER
  end
end
