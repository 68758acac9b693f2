# frozen_string_literal: true

module TollbridgeShared
  # What every error of the library derives from. Whatever raised it has changed nothing.
  #
  # `code` and `error_name` are stable, `message` is core's, and each field has a reader.
  class Error < StandardError
    class << self
      # Core's number for it and its name there; the names of its fields in their order.
      attr_reader :code, :error_name, :field_names

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

      private

      # Says what this class is, in its body.
      def declare(code, error_name, *field_names)
        @code = code
        @error_name = error_name
        @field_names = field_names.freeze
        field_names.each { |name| define_method(name) { fields[name] } }
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
end

require_relative "error_classes"

module TollbridgeShared
  class ClosedError
    def initialize(message = "the handle is closed") = super
  end

  # The classes by code.
  ERRORS = Error.subclasses.to_h { |each| [each.code, each] }.sort.to_h

  # What text raises that stops being Unicode after so many characters.
  def InvalidTextError.at(offset) = new("not Unicode text at character #{offset}", offset:)
end
