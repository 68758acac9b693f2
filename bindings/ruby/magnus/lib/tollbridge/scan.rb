# frozen_string_literal: true

module Tollbridge
  # Which buckets to walk. Frozen; compares by value, and pattern matching reads it.
  #
  #     histogram.buckets(Tollbridge::Scan.linear(step: 1000))
  module Scan
    # Every bucket that holds at least one value.
    class Recorded
      include Scan

      # @return [Boolean]
      def ==(other) = other.is_a?(Recorded)
      alias eql? ==

      # @return [Integer]
      def hash = Recorded.object_id

      # For pattern matching.
      # @private
      def deconstruct = []
      # For pattern matching.
      # @private
      def deconstruct_keys(_) = {}
    end

    # Steps of equal width. See {Scan.linear}.
    Linear = Struct.new(:step, keyword_init: true) do
      include Scan
      prepend Frozen
    end

    # Steps that widen by a factor. See {Scan.logarithmic}.
    Logarithmic = Struct.new(:first, :base, keyword_init: true) do
      include Scan
      prepend Frozen
    end

    # Steps of equal rank. See {Scan.quantiles}.
    Quantiles = Struct.new(:ticks, keyword_init: true) do
      include Scan
      prepend Frozen
    end

    RECORDED = Recorded.new.freeze
    private_constant :RECORDED

    # @return [Recorded] every bucket that holds at least one value
    def self.recorded = RECORDED

    # @param step [Integer] width of a step in the values' unit, from 1 to 2**62
    # @return [Linear] steps of equal width
    def self.linear(step:) = Linear.new(step:)

    # @param first [Integer] width of the first step in the values' unit, from 1 to 2**62
    # @param base [Float] factor from a step's upper end to the next one's, finite and above 1
    # @return [Logarithmic] steps that widen by a factor
    def self.logarithmic(first:, base:) = Logarithmic.new(first:, base:)

    # @param ticks [Integer] steps in each half of the distance that is left to 1.0, from 1 to 1000
    # @return [Quantiles] steps of equal rank, ever finer towards the maximum
    def self.quantiles(ticks:) = Quantiles.new(ticks:)
  end
end
