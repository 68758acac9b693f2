# frozen_string_literal: true

# The exceptions: one class for each of core's error codes, in error_classes.rb, which is generated. Rust finds each by
# its code in ERRORS.
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
end

require_relative "error_classes"

module Tollbridge
  # Every exception class by its code.
  ERRORS = Error.subclasses.to_h { |error| [error.code, error] }.freeze
end
