# frozen_string_literal: true

module Tollbridge
  # Reads a HdrHistogram interval log, plain or compressed with gzip: a histogram for each tag, by tag in
  # alphabetical order, which holds all that was recorded under it. "" is the tag of intervals without one.
  #
  # The block is called before the first byte, after the last, and at least every 50 ms in between, on this
  # thread; other Ruby threads run meanwhile. It may leave in any way; when it answers `:stop`,
  # {CancelledError} is raised. Ctrl-C, Timeout, Thread#raise and Thread#kill end the replay as quickly, with
  # or without a block, and also while a pipe has nothing to say. Whatever ends it, nothing is kept.
  #
  # @param path [String, Pathname] the file's name
  # @param memory_limit [Integer] how many bytes the sums may take; 0 is 256 MiB, about 980 tags of the default
  #   configuration
  # @yieldparam progress [Progress]
  # @return [Hash{String => Histogram}]
  # @raise [IoError] when the file cannot be read
  # @raise [MalformedLogError] with the line
  # @raise [TooManyError] when the tags' sums together would take more than `memory_limit`, before that memory
  #   is taken
  # @raise [ArgumentError] for a path with a NUL, as File.open does
  def self.replay_log(path, memory_limit: 0, &block) = replay(File.path(path), memory_limit, &block)

  # Writes a HdrHistogram interval log of version 1.3, as the reference implementation does.
  #
  # The file is made, or emptied, at once. Every interval is one write to it, so that others see whole lines;
  # nothing is buffered. Any thread may write; other Ruby threads run meanwhile. After {#close}, or at the end
  # of {.open}'s block, writing raises {ClosedError}.
  class LogWriter
    # @!method close
    #   Closes the file; what is being written on other threads is written. Closing twice is allowed.
    #   @return [nil]
    # @!method closed?
    #   @return [Boolean]

    # Makes a writer for a block, and closes it at the end.
    #
    # @return [Object] what the block answers; without one, the writer
    def self.open(...)
      writer = new(...)
      return writer unless block_given?

      begin
        yield writer
      ensure
        writer.close
      end
    end

    # @param path [String, Pathname] the file's name
    # @param start [Time, Numeric] when the log begins; a number is in seconds since the Unix epoch
    # @raise [IoError]
    # @raise [InvalidArgumentError] when `start` is not a finite number from 0
    # @raise [ArgumentError] for a path with a NUL, as File.open does
    def initialize(path, start: Time.now)
      init(File.path(path), start.is_a?(Time) ? start.to_f : start)
    end

    # A file has one writer.
    #
    # @private
    def initialize_copy(_) = raise(TypeError, "can't copy #{self.class}")

    # Appends an interval, under the histogram's tag.
    #
    # @param histogram [Histogram]
    # @param start [Numeric] seconds after the log's start
    # @param seconds [Numeric] the interval's length
    # @return [nil]
    # @raise [InvalidArgumentError] when one of them is not a finite number from 0
    # @raise [TooManyError] for a line above 8 MiB, which {Tollbridge.replay_log} would refuse
    # @raise [IoError]
    # @raise [ClosedError]
    def write(histogram, start:, seconds:) = append(histogram, start, seconds)
  end
end
