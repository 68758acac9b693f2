# frozen_string_literal: true

# The exceptions: one class for each of core's error codes. Rust finds each by its code in ERRORS; a test
# compares all of it with core's own table.
module Tollbridge
  # What every error of this library derives from. Whatever raised it has changed nothing.
  #
  # `code` and `error_name` are stable; each field has a method of its own.
  class Error < StandardError
    class << self
      # @return [Integer] the stable number of this kind of error; 0 for the base class
      attr_reader :code
      # @return [String] the stable name of this kind of error
      attr_reader :error_name
      # @return [Array<Symbol>] the names of its fields, in their stable order
      attr_reader :field_names

      private

      # Says what this class is, in its body.
      def declare(code, name, *fields)
        @code = code
        @error_name = name.freeze
        @field_names = fields.freeze
        # Methods from text are as short as written ones; those of define_method are not.
        class_eval("def code = #{Integer(code)}", __FILE__, __LINE__)
        fields.each_with_index do |field, i|
          class_eval("def #{field} = @detail ? @detail.field(#{i}) : fields[:#{field}]", __FILE__, __LINE__)
        end
      end
    end
    @code = 0
    @error_name = ""
    @field_names = [].freeze

    # What Rust raises carries its detail instead, and makes message and fields when they are asked for.
    #
    # @param message [String, nil] for an error that Ruby code raises itself
    # @param fields [Hash{Symbol => Object}] its fields
    def initialize(message = nil, **fields)
      super(message)
      @fields = fields.freeze
    end

    # @return [Integer] the stable number of this kind of error
    def code = self.class.code

    # @return [String] the stable name of this kind of error
    def error_name = self.class.error_name

    # @return [Hash{Symbol => Integer, Float, String}] the fields by name, frozen, in their stable order
    def fields = @fields ||= @detail&.fields || {}.freeze

    # @return [String] what went wrong
    def to_s = @detail ? @detail.message : super
    alias message to_s

    # What is frozen cannot be read later.
    #
    # @return [self]
    def freeze
      fields
      super
    end

    # For Marshal, which calls no `marshal_load` of an exception.
    #
    # @private
    def _dump(_level) = Marshal.dump([to_s, fields, backtrace])

    # The counterpart of {#_dump}.
    # @private
    def self._load(dumped)
      message, fields, backtrace = Marshal.load(dumped) # rubocop:disable Security/MarshalLoad -- It is in a load.
      new(message, **fields).tap { |error| error.set_backtrace(backtrace) if backtrace }
    end
  end

  # An argument is outside what its operation allows.
  #
  # @!attribute [r] argument
  #   @return [String]
  # @!attribute [r] value
  #   @return [String]
  # @!attribute [r] rule
  #   @return [String]
  class InvalidArgumentError < Error
    declare 1, "invalid_argument", :argument, :value, :rule
  end

  # A value is above what the histogram can track. `index` counts the call's values from 0.
  #
  # @!attribute [r] value
  #   @return [Integer]
  # @!attribute [r] highest
  #   @return [Integer]
  # @!attribute [r] index
  #   @return [Integer]
  class OutOfRangeError < Error
    declare 2, "out_of_range", :value, :highest, :index
  end

  # The histogram's total would pass 2**63 - 1, the most that the file formats can hold.
  #
  # @!attribute [r] count
  #   @return [Integer]
  # @!attribute [r] len
  #   @return [Integer]
  class CountOverflowError < Error
    declare 3, "count_overflow", :count, :len
  end

  # A quantile is NaN or not in 0 to 1.
  #
  # @!attribute [r] quantile
  #   @return [Float]
  # @!attribute [r] index
  #   @return [Integer]
  class InvalidQuantileError < Error
    declare 4, "invalid_quantile", :quantile, :index
  end

  # Text that should be a duration is none. Line and column count from 1, in characters.
  #
  # @!attribute [r] line
  #   @return [Integer]
  # @!attribute [r] column
  #   @return [Integer]
  # @!attribute [r] token
  #   @return [String]
  class InvalidDurationError < Error
    declare 5, "invalid_duration", :line, :column, :token
  end

  # A tag holds a character that the log format cannot. `offset` counts characters from 0.
  #
  # @!attribute [r] character
  #   @return [String]
  # @!attribute [r] offset
  #   @return [Integer]
  class InvalidTagError < Error
    declare 6, "invalid_tag", :character, :offset
  end

  # Something would pass a limit; nothing was done yet.
  #
  # `what` names the limit: `bucket_limit` of a scan, `memory_limit` of a replay in bytes, `tag_limit` and
  # `line_limit` of a log in bytes. `limit` is its value, `count` what this would take, and `advice` says what to do.
  #
  # @!attribute [r] count
  #   @return [Integer]
  # @!attribute [r] limit
  #   @return [Integer]
  # @!attribute [r] what
  #   @return [String]
  # @!attribute [r] advice
  #   @return [String]
  class TooManyError < Error
    declare 7, "too_many", :count, :limit, :what, :advice
  end

  # Bytes are not an encoded histogram.
  #
  # @!attribute [r] reason
  #   @return [String]
  class MalformedHistogramError < Error
    declare 8, "malformed_histogram", :reason
  end

  # A panic left this histogram half-changed; it answers nothing else any more.
  class PoisonedError < Error
    declare 9, "poisoned"
  end

  # A panic inside the library, caught at the boundary. The process is well.
  #
  # @!attribute [r] what
  #   @return [String]
  class PanicError < Error
    declare 10, "panic", :what
  end

  # The handle was closed.
  class ClosedError < Error
    declare 11, "closed"
  end

  # Text is not valid in its encoding. `offset` counts the good characters before it.
  #
  # @!attribute [r] offset
  #   @return [Integer]
  class InvalidTextError < Error
    declare 12, "invalid_text", :offset
  end

  # A pointer that must not be NULL is. Cannot happen through this strategy.
  #
  # @!attribute [r] argument
  #   @return [String]
  class NullArgumentError < Error
    declare 13, "null_argument", :argument
  end

  # An integer stands for no value of an enum. Cannot happen through this strategy.
  #
  # @!attribute [r] argument
  #   @return [String]
  # @!attribute [r] value
  #   @return [Integer]
  class InvalidEnumError < Error
    declare 14, "invalid_enum", :argument, :value
  end

  # A length is more than memory can hold. Cannot happen through this strategy.
  #
  # @!attribute [r] argument
  #   @return [String]
  # @!attribute [r] length
  #   @return [Integer]
  # @!attribute [r] limit
  #   @return [Integer]
  class InvalidLengthError < Error
    declare 15, "invalid_length", :argument, :length, :limit
  end

  # What `probe.fail` raises, with a field of every type.
  #
  # @!attribute [r] number
  #   @return [Integer]
  # @!attribute [r] ratio
  #   @return [Float]
  # @!attribute [r] text
  #   @return [String]
  class ProbeError < Error
    declare 16, "probe", :number, :ratio, :text
  end

  # A line of an interval log is none. Lines count from 1.
  #
  # @!attribute [r] line
  #   @return [Integer]
  # @!attribute [r] reason
  #   @return [String]
  class MalformedLogError < Error
    declare 17, "malformed_log", :line, :reason
  end

  # A file cannot be used. `os_code` is the operating system's number, as in SystemCallError#errno.
  #
  # @!attribute [r] path
  #   @return [String]
  # @!attribute [r] reason
  #   @return [String]
  # @!attribute [r] os_code
  #   @return [Integer]
  class IoError < Error
    declare 18, "io", :path, :reason, :os_code
  end

  # A progress callback asked for the end by answering `:stop`.
  class CancelledError < Error
    declare 19, "cancelled"
  end

  # Every exception class by its code.
  ERRORS = Error.subclasses.to_h { |error| [error.code, error] }.freeze
end
