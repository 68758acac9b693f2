# frozen_string_literal: true

module Tollbridge
  # What goes wrong on purpose, so that tests can see what becomes of it.
  #
  # @!method self.panic(text)
  #   @raise [PanicError] always, with `what`
  # @!method self.panic_while_locked(histogram)
  #   Panics half-way through a change: the histogram answers {PoisonedError} from then on.
  #   @raise [PanicError] always
  module Fault
    # An object whose destructor panics.
    #
    # @!method self.new
    class PanicsWhenDropped
    end
  end
end
