# frozen_string_literal: true

module Tollbridge
  # A Struct whose objects are frozen: `to_a`, `to_h`, `==` and pattern matching are Ruby's own.
  module Frozen
    # Takes the fields in order.
    def initialize(...)
      super
      freeze
    end
  end
  private_constant :Frozen

  # One step of a scan.
  #
  # @!attribute [r] value
  #   @return [Integer] the highest value of the step, in the values' unit
  # @!attribute [r] count
  #   @return [Integer] how many values were recorded in this step
  # @!attribute [r] total
  #   @return [Integer] how many were recorded up to the end of this step
  Bucket = Struct.new(:value, :count, :total) { prepend Frozen }

  # The usual figures of a histogram at one glance, in the values' own unit.
  #
  # @!attribute [r] count
  #   @return [Integer] how many values were recorded
  # @!attribute [r] min
  #   @return [Integer] the lowest of them
  # @!attribute [r] max
  #   @return [Integer] the highest of them
  # @!attribute [r] mean
  #   @return [Float] their arithmetic mean
  # @!attribute [r] stdev
  #   @return [Float] the standard deviation of the whole population
  # @!attribute [r] p50
  #   @return [Integer] the median
  # @!attribute [r] p90
  #   @return [Integer] the value at quantile 0.9
  # @!attribute [r] p99
  #   @return [Integer] the value at quantile 0.99
  # @!attribute [r] p999
  #   @return [Integer] the value at quantile 0.999
  Summary = Struct.new(:count, :min, :max, :mean, :stdev, :p50, :p90, :p99, :p999) { prepend Frozen }

  # How far {Tollbridge.replay_log} is.
  #
  # @!attribute [r] bytes
  #   @return [Integer] bytes of the file that were read so far; compressed ones when it is compressed
  # @!attribute [r] total
  #   @return [Integer] the file's size in bytes; 0 when it has none, as a pipe
  # @!attribute [r] intervals
  #   @return [Integer] histograms that were read so far
  Progress = Struct.new(:bytes, :total, :intervals) { prepend Frozen }
end
