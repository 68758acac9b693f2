# frozen_string_literal: true

module TollbridgeShared
  # A flat record: integers of 64 and 32 bits, and two floats.
  Point = Struct.new(:id, :x, :y, :flags) do
    def initialize(id, x, y, flags)
      super(Arguments.u64(id), Arguments.real(x), Arguments.real(y), Arguments.integer(flags, Arguments::U32_MAX))
      freeze
    end
  end

  # A tagged enum: one of its nested classes.
  module Shape
    # Without payload.
    class Dot
      include Shape
      include Alone
    end

    # With a float.
    Circle = Struct.new(:radius) do
      include Shape

      def initialize(radius)
        super(Arguments.real(radius))
        freeze
      end
    end

    # With text, which is the record's own.
    Label = Struct.new(:text) do
      include Shape

      def initialize(text)
        super(Arguments.steady(Arguments.utf8(text)))
        freeze
      end
    end
  end
end
