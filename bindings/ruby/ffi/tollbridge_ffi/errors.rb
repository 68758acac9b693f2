# frozen_string_literal: true

module TollbridgeFFI
  # An owned tb_error: the collector frees it with this object.
  class NativeError
    def initialize(error)
      @owned = Owned.new(:tb_error_free) do |slot|
        slot.write_pointer(error)
        FFI::Pointer::NULL
      end
    end

    # Its name, message and fields, copied out.
    def details = @owned.use { |error| NativeError.read(error) }

    def self.read(error)
      read = Native::ErrorDetails.new
      Native.tb_error_info(error, read)
      fields = Array.new(read[:field_count]) do |i|
        field = Native::ErrorField.new(read[:fields] + (i * Native::ErrorField.size))
        [field[:name].read_string.to_sym, value(field)]
      end
      [read[:name].read_string, Given.text(read[:message], read[:message_length]), fields.to_h.freeze]
    end

    def self.value(field)
      case field[:kind]
      when Native::FIELD_U64 then field[:number]
      when Native::FIELD_F64 then field[:real]
      when Native::FIELD_TEXT then Given.text(field[:text], field[:text_length])
      end
    end
  end
  private_constant :NativeError

  # Raises what a function of C has answered, unless it is NULL; the exception takes it over.
  def Native.check(error)
    return if error.null?

    raise Error.of(tb_error_code(error), NativeError.new(error))
  end
end
