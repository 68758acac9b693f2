# frozen_string_literal: true

module TollbridgeFiddle
  # Functions that go wrong on purpose, for tests of what a panic leaves behind.
  module Fault
    # Panics with this text: raises PanicError.
    def self.panic(text)
      text = Arguments.utf8(text)
      Native.check(Native::TB_FAULT_PANIC.call(text, text.bytesize))
    end

    # Panics half-way through a change: raises PanicError, and the histogram is poisoned.
    def self.panic_while_locked(histogram)
      Arguments.instance(histogram, Histogram)
      Native.check(histogram.use { |handle| Native::TB_FAULT_PANIC_WHILE_LOCKED.call(handle) })
    end

    # An object whose destructor panics, with `dropped`. The panic ends in C, with a line on stderr.
    class PanicsWhenDropped
      def initialize
        @native = Owned.new(Native::TB_FAULT_PANICS_WHEN_DROPPED_FREE) do |slot|
          Native::TB_FAULT_PANICS_WHEN_DROPPED_NEW.call(slot)
        end
      end
    end
  end
end
