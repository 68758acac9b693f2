# frozen_string_literal: true

module TollbridgeFiddle
  # An owned tb_error: the collector frees it with the pointer.
  class NativeError
    def initialize(error)
      # Called while garbage is collected, where no Ruby may run: tb_error_free is a leaf.
      @pointer = Fiddle::Pointer.new(error, 0, TB_ERROR_FREE)
    end

    # Its address: Fiddle looks for another object's by `to_int`, and loses an interrupt that comes there.
    TB_ERROR_FREE = Native::TB_ERROR_FREE.to_i
    private_constant :TB_ERROR_FREE

    # Its name, message and fields, copied out.
    def details
      read = Native.memory(Native::ERROR_DETAILS_SIZE)
      Native::TB_ERROR_INFO.call(@pointer.to_i, read)
      _code, name, message, length, first, count = read.unpack(Native::ERROR_DETAILS)
      packed = Native.read(first, count * Native::ERROR_FIELD_SIZE)
      fields = Array.new(count) { |i| field(packed, i * Native::ERROR_FIELD_SIZE) }
      [Native.name(name), Native.text(message, length), fields.to_h.freeze]
    end

    private

    # The name and the value of one field.
    def field(packed, offset)
      name, kind, number, real, text, length = packed.unpack(Native::ERROR_FIELD, offset:)
      value =
        case kind
        when Native::FIELD_U64 then number
        when Native::FIELD_F64 then real
        when Native::FIELD_TEXT then Native.text(text, length)
        end
      [Native.name(name).to_sym, value]
    end
  end
  private_constant :NativeError

  # Raises what a function of C has answered, unless it is NULL; the exception takes it over.
  def Native.check(error)
    return if error.zero?

    raise Error.of(Native::TB_ERROR_CODE.call(error), NativeError.new(error))
  end
end
