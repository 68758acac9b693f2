# frozen_string_literal: true

module TollbridgeShared
  # Which buckets to walk: one of its nested classes. Frozen, compared by value, and read by `case … in`.
  module Scan
    # Every bucket that holds at least one value.
    class Recorded
      include Scan
      include Alone
    end

    # Steps of equal width: `step` in the values' unit, from 1 to 2**62.
    Linear = Struct.new(:step) do
      include Scan

      def initialize(step)
        super(Arguments.u64(step))
        freeze
      end
    end

    # Steps that widen: the first one's width from 1 to 2**62, the factor finite and above 1.
    Logarithmic = Struct.new(:first, :base) do
      include Scan

      def initialize(first, base)
        super(Arguments.u64(first), Arguments.real(base))
        freeze
      end
    end

    # Steps of equal rank: `ticks` in each half of the distance to 1.0, from 1 to 1000.
    Quantiles = Struct.new(:ticks) do
      include Scan

      def initialize(ticks)
        super(Arguments.integer(ticks, Arguments::U32_MAX))
        freeze
      end
    end

    RECORDED = Recorded.new
    private_constant :RECORDED

    def self.recorded = RECORDED
    def self.linear(step:) = Linear.new(step)
    def self.logarithmic(first:, base:) = Logarithmic.new(first, base)
    def self.quantiles(ticks:) = Quantiles.new(ticks)
  end
end
