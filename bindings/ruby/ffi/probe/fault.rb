# frozen_string_literal: true

module TollbridgeFFI
  # Functions that go wrong on purpose, for tests of what a panic leaves behind.
  module Fault
    # Panics with this text: raises PanicError.
    def self.panic(text)
      text = Arguments.utf8(text)
      Native.check(Native.tb_fault_panic(text, text.bytesize))
    end

    # Panics half-way through a change: raises PanicError, and the histogram is poisoned.
    def self.panic_while_locked(histogram)
      Arguments.instance(histogram, Histogram)
      Native.check(histogram.use { |handle| Native.tb_fault_panic_while_locked(handle) })
    end

    # An object whose destructor panics, with `dropped`. The panic ends in C, with a line on stderr.
    class PanicsWhenDropped
      def initialize
        @native = Owned.new(:tb_fault_panics_when_dropped_free) do |slot|
          Native.tb_fault_panics_when_dropped_new(slot)
        end
      end
    end
  end
end
