# frozen_string_literal: true

module TollbridgeShared
  # What Ruby's collector is told of the memory that objects hold in Rust: it sees small ones, and would let thousands
  # pile up. It lasts until the last of them is freed.
  class Weight
    attr_reader :bytes

    # About what a histogram's counts take: some for each doubling of the range.
    def self.of(lowest, highest, significant_digits)
      parts = 1 << (2 * (10**significant_digits) - 1).bit_length
      doublings = [(highest / lowest / parts).bit_length - 1, 0].max
      (doublings + 3) * (parts / 2) * 8
    end

    # `adjust` is Ruby's rb_gc_adjust_memory_usage, as the bridge calls it.
    def initialize(adjust)
      @adjust = adjust
      @bytes = 0
      @holders = 0
    end

    # Says how much it is, when that is known: once.
    def bytes=(bytes)
      @bytes = bytes
      @adjust.call(bytes)
    end

    # One more object holds it.
    def hold
      @holders += 1
      self
    end

    # One less.
    def lift
      @holders -= 1
      return unless @holders.zero?

      @adjust.call(-@bytes)
      @bytes = 0
    end
  end
end
