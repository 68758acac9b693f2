# frozen_string_literal: true

module TollbridgeShared
  # What every error of the library derives from. Whatever raised it has changed nothing.
  #
  # `code` and `error_name` are stable, `message` is core's, and each field has a reader.
  class Error < StandardError
    class << self
      # Core's number for it and its name there; the names of its fields in their order.
      attr_reader :code, :error_name, :field_names

      # A class for one of core's codes.
      def with(code, error_name, *field_names, &)
        kind = Class.new(self, &)
        kind.instance_exec do
          @code = code
          @error_name = error_name
          @field_names = field_names.freeze
          field_names.each { |name| define_method(name) { fields[name] } }
        end
        kind
      end

      # The exception for an error of C, which is read when someone asks: `native` answers `details`, an
      # Array of its name, message and fields.
      def of(code, native)
        error = ERRORS.fetch(code, Error).new
        error.instance_exec do
          @code = code # which may be one of a later library
          @native = native
        end
        error
      end
    end

    # For Marshal, which calls no `marshal_load` of an exception.
    def self._load(dumped)
      message, fields, backtrace = Marshal.load(dumped) # rubocop:disable Security/MarshalLoad -- As it was dumped.
      new(message, **fields).tap { |error| error.set_backtrace(backtrace) }
    end

    # @param message [String, nil]
    # @param fields [Hash{Symbol => Integer, Float, String}]
    def initialize(message = nil, **fields)
      super(message)
      @code = self.class.code
      @details = [self.class.error_name, message || self.class.name, fields.freeze]
    end

    # @return [Integer]
    attr_reader :code

    # @return [String]
    def error_name = details[0]

    # @return [String]
    def to_s = details[1]

    # @return [Hash{Symbol => Integer, Float, String}]
    def fields = details[2]

    # What is frozen cannot be read later.
    def freeze
      details
      super
    end

    def _dump(_level) = Marshal.dump([message, fields, backtrace])

    private

    def details
      if @native
        @details = @native.details
        @native = nil
      end
      @details
    end
  end

  # An argument is outside what its operation allows.
  InvalidArgumentError = Error.with(1, "invalid_argument", :argument, :value, :rule)
  # A value is above what the histogram can track. `index` counts the values of the call from 0.
  OutOfRangeError = Error.with(2, "out_of_range", :value, :highest, :index)
  # The histogram's total would pass 2**63 - 1, the most that the file formats can hold.
  CountOverflowError = Error.with(3, "count_overflow", :count, :len)
  # A quantile is NaN or not from 0 to 1.
  InvalidQuantileError = Error.with(4, "invalid_quantile", :quantile, :index)
  # Text is no duration. `line` and `column` count from 1, the column in characters.
  InvalidDurationError = Error.with(5, "invalid_duration", :line, :column, :token)
  # A tag holds what the log format cannot. `offset` counts characters from 0.
  InvalidTagError = Error.with(6, "invalid_tag", :character, :offset)
  # Something would pass a limit, which `what` names: `bucket_limit` of a scan, `memory_limit` of a replay in bytes,
  # `tag_limit` and `line_limit` of a log in bytes. `advice` says what to do.
  TooManyError = Error.with(7, "too_many", :count, :limit, :what, :advice)
  # Bytes are no encoded histogram.
  MalformedHistogramError = Error.with(8, "malformed_histogram", :reason)
  # A panic left this histogram half-changed; it answers nothing else any more.
  PoisonedError = Error.with(9, "poisoned")
  # A panic inside the library, caught at the boundary.
  PanicError = Error.with(10, "panic", :what)
  # The handle was closed.
  ClosedError = Error.with(11, "closed") do
    def initialize(message = "the handle is closed") = super
  end
  # Text is not Unicode. `offset` counts the good characters before.
  InvalidTextError = Error.with(12, "invalid_text", :offset)
  # A pointer is NULL that must not be. A mistake of the bridge, if it is ever seen.
  NullArgumentError = Error.with(13, "null_argument", :argument)
  # An integer stands for no value of an enum. A mistake of the bridge, if it is ever seen.
  InvalidEnumError = Error.with(14, "invalid_enum", :argument, :value)
  # A length is more than memory can hold.
  InvalidLengthError = Error.with(15, "invalid_length", :argument, :length, :limit)
  # What Probe.fail raises, with a field of every type.
  ProbeError = Error.with(16, "probe", :number, :ratio, :text)
  # A line of an interval log is none. Lines count from 1.
  MalformedLogError = Error.with(17, "malformed_log", :line, :reason)
  # A file cannot be used. `os_code` is errno, or 0.
  IoError = Error.with(18, "io", :path, :reason, :os_code)
  # A progress block asked for the end by :stop.
  CancelledError = Error.with(19, "cancelled")

  # The classes by code.
  ERRORS = Error.subclasses.to_h { |each| [each.code, each] }.sort.to_h.freeze

  # What text raises that stops being Unicode after so many characters.
  def InvalidTextError.at(offset) = new("not Unicode text at character #{offset}", offset:)
end
