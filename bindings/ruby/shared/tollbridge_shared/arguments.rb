# frozen_string_literal: true

module TollbridgeShared
  # Ruby values as C takes them. ruby-ffi and Fiddle wrap and cut numbers silently, so they are checked here.
  #
  # RangeError for an integer that does not fit, TypeError for what is of another kind.
  module Arguments
    U8_MAX = (2**8) - 1
    U32_MAX = (2**32) - 1
    U64_MAX = (2**64) - 1
    SMALL = (2**62) - 1
    private_constant :SMALL

    module_function

    # An integer from 0 to `highest`.
    def integer(value, highest)
      raise wrong(value, Integer) unless value.is_a?(Integer)
      raise RangeError, "#{value} is not from 0 to #{highest}" unless value >= 0 && value <= highest

      value
    end

    # An integer of 64 bits. Most are small ones, which are compared without making an object.
    def u64(value)
      value.is_a?(Integer) && value >= 0 && value <= SMALL ? value : integer(value, U64_MAX)
    end

    # A real number as Float.
    def real(value)
      return value if value.is_a?(Float)
      raise wrong(value, Float) unless value.is_a?(Numeric) && value.real?

      value.to_f
    end

    # true or false, as the C ABI takes it.
    def flag(value)
      case value
      when true then 1
      when false then 0
      else raise TypeError, "true or false is needed, not #{value.class}"
      end
    end

    # Text in UTF-8. What claims to be UTF-8 is not looked at: C checks it, and names the first bad character.
    def utf8(text)
      text = bytes(text) unless text.instance_of?(String)

      case text.encoding
      when Encoding::UTF_8 then text
      when Encoding::US_ASCII, Encoding::BINARY then text.ascii_only? ? text : raise(InvalidTextError.at(good(text)))
      else transcoded(text)
      end
    end

    # The same in memory that stays as it is while other threads run: dup copies nothing until one of both is changed.
    def steady(string) = string.frozen? ? string : string.dup.freeze

    # A String as it is, if it is a plain one: a subclass may answer its size, which C believes, as it likes.
    def bytes(data)
      return data if data.instance_of?(String)
      raise wrong(data, String) unless data.is_a?(String)

      String.new(data)
    end

    # Numbers of 64 bits in a binary String: a packed one as it is, every other collection packed.
    def packed_u64s(values)
      return packed(values) if values.is_a?(String)

      values = items(values)
      in_range = values.all?(Integer) && (values.empty? || (values.min >= 0 && values.max <= U64_MAX))
      values.each { |value| u64(value) } unless in_range # says which is not
      pack(values, "Q*")
    end

    # Doubles in a binary String, likewise.
    def packed_doubles(values) = values.is_a?(String) ? packed(values) : pack(items(values), "D*")

    # A packed String, no subclass's, that may be written through: no other shares its memory any more.
    def writable_doubles(values)
      raise wrong(values, String) unless values.instance_of?(String)
      raise FrozenError.new("can't modify frozen String", receiver: values) if values.frozen?

      packed(values)
      values.setbyte(0, values.getbyte(0)) unless values.empty?
      values
    end

    # An Array of our own, and a plain one, which nobody changes between the check and the call.
    def items(values)
      return [].replace(values) if values.is_a?(Array)
      raise wrong(values, Array) unless values.respond_to?(:each)

      [].replace(values.respond_to?(:to_a) ? values.to_a : values.enum_for.to_a)
    end

    # What is called back.
    def callable(object)
      raise TypeError, "a block or a callable is needed, not #{object.class}" unless object.respond_to?(:call)

      object
    end

    # An object of this class.
    def instance(object, kind)
      raise wrong(object, kind) unless object.is_a?(kind)

      object
    end

    # The values in memory of the right size: pack alone would double it again and again.
    def pack(values, format) = values.pack(format, buffer: String.new(capacity: 8 * values.size))

    def wrong(value, wanted) = TypeError.new("no implicit conversion of #{value.class} into #{wanted}")

    def packed(string)
      string = bytes(string) unless string.instance_of?(String)

      unless string.encoding == Encoding::BINARY
        raise ArgumentError, "packed numbers are a String in ASCII-8BIT, not in #{string.encoding}"
      end
      raise ArgumentError, "#{string.bytesize} bytes are no numbers of 8" unless (string.bytesize % 8).zero?

      string
    end

    def transcoded(text)
      text.encode(Encoding::UTF_8)
    rescue EncodingError
      raise InvalidTextError.at(good(text))
    end

    # How many characters can be converted before one cannot.
    def good(text)
      text.each_char.take_while do |character|
        character.encode(Encoding::UTF_8)
      rescue EncodingError
        false
      end.size
    end

    private_class_method :pack, :wrong, :packed, :transcoded, :good
  end
end
