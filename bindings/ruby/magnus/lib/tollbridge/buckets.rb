# frozen_string_literal: true

module Tollbridge
  # A walk over a snapshot of a histogram, which may be closed meanwhile.
  #
  # As an IO it is Enumerable, and is walked once: what was read is gone, and a walk that was left goes on
  # where it stood. `lazy`, `first` and the like read no more than they need. Its memory is freed by {#close}
  # or the garbage collector.
  #
  # @!method each
  #   @yieldparam bucket [Bucket]
  #   @return [self, Enumerator]
  #   @raise [ClosedError]
  # @!method read(count)
  #   @param count [Integer]
  #   @return [Array<Bucket>] at most so many; empty at the end
  #   @raise [ClosedError]
  # @!method to_a
  #   @return [Array<Bucket>] all that are left
  # @!method close
  #   @return [nil]
  # @!method closed?
  #   @return [Boolean]
  class Buckets
  end
end
