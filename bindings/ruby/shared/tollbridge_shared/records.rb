# frozen_string_literal: true

module TollbridgeShared
  # A record whose instances are frozen from the start.
  module Frozen
    def initialize(*)
      super
      freeze
    end
  end

  # A variant without fields: Struct has none of those.
  module Alone
    def initialize = freeze
    def ==(other) = other.instance_of?(self.class)
    alias eql? ==
    def hash = self.class.hash
    def to_a = []
    alias deconstruct to_a
    def to_h = {}
    def deconstruct_keys(_) = {}
    def inspect = "#<#{self.class}>"
  end

  # One step of a scan: its highest value, how many values are in it, and how many up to its end.
  Bucket = Struct.new(:value, :count, :total) { include Frozen }

  # The usual figures of a histogram at one glance, in the values' own unit.
  Summary = Struct.new(:count, :min, :max, :mean, :stdev, :p50, :p90, :p99, :p999) { include Frozen }

  # How far a replay is: bytes of the file, its size (0 if it has none), histograms read.
  Progress = Struct.new(:bytes, :total, :intervals) { include Frozen }
end
