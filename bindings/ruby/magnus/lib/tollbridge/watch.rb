# frozen_string_literal: true

module Tollbridge
  # Stands for a watcher, and can end it. It keeps nothing alive, and dropping it ends nothing.
  #
  # @!method unwatch
  #   Ends the watch. It may be called from anywhere, also inside the watcher, and when the histogram is
  #   closed or poisoned. No call begins afterwards; one that runs on another thread ends later.
  #   @return [Boolean] whether this call did: false if it had ended before, by whatever way
  class Watch
  end

  # Told of what a watcher raises, which has nobody to be raised to: who records is not to blame. Prints it to
  # stderr, as Ruby does for a thread that ends so. Replace it to have it logged.
  #
  # @param raised [Exception, String] a String for a `throw` or `break`, which Ruby has no exception for
  # @return [void]
  def self.report_exception(raised)
    message = raised.is_a?(Exception) ? raised.full_message(highlight: false) : raised
    warn("Tollbridge: a watcher was terminated with exception (report_exception):\n#{message}")
  end
end
