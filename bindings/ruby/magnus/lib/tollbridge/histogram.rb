# frozen_string_literal: true

module Tollbridge
  # A latency histogram: how often each value occurred, to a fixed number of digits.
  #
  # Values are Integers from 0 to {#highest}, in a unit that you choose; {#record_durations} alone means
  # nanoseconds. Results are exact for the bucket that a value falls into. An operation that raises has
  # changed nothing.
  #
  # Any thread may use it; calls that take long let other Ruby threads run meanwhile. Memory is freed when
  # every handle (see {#share}) was closed or collected; use {.open}, or {#close}. After that every
  # operation but {#close}, {#closed?} and {#inspect} raises {ClosedError}. After a panic half-way through a
  # change they raise {PoisonedError}.
  #
  # An Integer outside of 0 to 2**64 - 1 is a RangeError, what is no Integer a TypeError. Text may have any
  # encoding; what is not valid in its own is an {InvalidTextError}, and so are bytes (ASCII-8BIT) that are
  # not ASCII.
  #
  # It may be used from the main Ractor alone: others get Ractor::UnsafeError.
  #
  # A frozen one raises FrozenError for what would change it; it can be read, shared and closed.
  class Histogram
    # @!method self.decode(data)
    #   A histogram of what {#encode} or another implementation wrote.
    #   @param data [String] bytes, which are copied
    #   @return [Histogram]
    #   @raise [MalformedHistogramError] hostile bytes cost at most 50 MiB until then
    # @!method lowest
    #   @return [Integer] the lowest value that can be told from 0
    # @!method highest
    #   @return [Integer] the highest value that can be recorded
    # @!method significant_digits
    #   @return [Integer] decimal digits to which values are kept apart
    # @!method count
    #   @return [Integer] how many values were recorded
    # @!method empty?
    #   @return [Boolean] whether no value was recorded
    # @!method record(value)
    #   Records one value.
    #   @param value [Integer]
    #   @return [self]
    #   @raise [OutOfRangeError] above {#highest}
    #   @raise [CountOverflowError] past 2**63 - 1 values
    # @!method record_n(value, count)
    #   Records one value `count` times; 0 times changes nothing.
    #   @return [self]
    # @!method record_all(values)
    #   Records every value, or none.
    #   @param values [Array<Integer>, Enumerable, String] a String holds native 64-bit numbers, as
    #     `pack("Q*")` makes them, and is binary; it is copied at once
    #   @return [self]
    #   @raise [OutOfRangeError] with the index of the first value that is too high
    # @!method record_durations(text)
    #   Records durations as nanoseconds, or none. Numbers have a unit (ns, us, µs, ms, s, m, h) and are
    #   separated by white space: `"250us 1.5ms"`. Nothing is rounded.
    #   @return [Integer] how many there were
    #   @raise [InvalidDurationError] with line and column, from 1, in characters
    # @!method min
    #   @return [Integer, nil] the lowest value recorded (the low end of its bucket); nil when empty
    # @!method max
    #   @return [Integer, nil] the highest value recorded (the high end of its bucket); nil when empty
    # @!method mean
    #   @return [Float, nil] the arithmetic mean, each value taken as the middle of its bucket
    # @!method stdev
    #   @return [Float, nil] the standard deviation of the whole population
    # @!method value_at_quantile(quantile)
    #   @param quantile [Numeric] from 0 to 1
    #   @return [Integer, nil] the value at or below which that share of all values lies
    #   @raise [InvalidQuantileError] for NaN and what is not from 0 to 1, also when empty
    # @!method summary
    #   @return [Summary, nil] the usual figures at one glance; nil when empty
    # @!method buckets(scan = Scan.recorded)
    #   @return [Buckets] the buckets as they are now, to be walked once
    #   @raise [InvalidArgumentError] for a parameter of the scan that makes no sense
    #   @raise [TooManyError] when it could yield more than 2**20 buckets
    # @!method each_bucket(scan = Scan.recorded)
    #   Yields each bucket of a copy of the counts: the block may use this histogram, close it, and leave
    #   in any way.
    #   @yieldparam bucket [Bucket]
    #   @return [self, Enumerator] an Enumerator without a block; it starts anew each time
    # @!method bucket_data(scan = Scan.recorded)
    #   @return [String] binary, native 64-bit numbers: value, count and total of each bucket
    # @!method merge(other)
    #   Adds every value of `other`, which may be this very histogram. The tag stays.
    #   @return [self]
    #   @raise [OutOfRangeError] when `other` holds a value above {#highest}
    # @!method encode
    #   The counts in HdrHistogram's V2 encoding with DEFLATE, which other implementations read. The tag is
    #   no part of it.
    #   @return [String] binary
    # @!method share
    #   Another handle to the same histogram, to be closed by itself. `dup` and `clone` make an independent
    #   histogram instead.
    #   @return [Histogram]
    # @!method close
    #   Closes this handle; what is running on other threads finishes. Closing twice is allowed.
    #   @return [nil]
    # @!method closed?
    #   @return [Boolean] whether this handle was closed
    # @!attribute [rw] tag
    #   A name for the log format, frozen; empty means none.
    #   @return [String]
    #   @raise [InvalidTagError] for commas, line ends and NUL
    #   @raise [TooManyError] above 4096 bytes of UTF-8

    # Makes a histogram for a block, and closes it at the end.
    #
    # @param config see {#initialize}
    # @yieldparam histogram [Histogram]
    # @return [Object] what the block answers; without one, the histogram
    def self.open(**config)
      histogram = new(**config)
      return histogram unless block_given?

      begin
        yield histogram
      ensure
        histogram.close
      end
    end

    # @param lowest [Integer] the lowest value that can be told from 0, from 1 to 2**62 - 1
    # @param highest [Integer] the highest value that can be recorded, from twice the lowest to 2**63 - 1;
    #   the default is an hour in nanoseconds
    # @param significant_digits [Integer] decimal digits to which values are kept apart, from 0 to 5
    # @param tag [String] a name for the log format, without comma, line end and NUL
    # @raise [InvalidArgumentError]
    def initialize(lowest: 1, highest: 3_600_000_000_000, significant_digits: 3, tag: "")
      init(lowest, highest, significant_digits, tag)
    end

    alias << record
    alias size count
    alias length count

    # {#value_at_quantile} for each of `quantiles`, in their order.
    #
    # @param quantiles [Array<Numeric>, String] a String holds native doubles, as `pack("D*")` makes them
    # @param packed [Boolean] whether to answer one binary String, to be read by `unpack("Q*")`
    # @return [Array<Integer>, String, nil] nil when empty
    # @raise [InvalidQuantileError] with the index of the first bad one
    def values_at_quantiles(quantiles, packed: false)
      look_up(quantiles, packed ? true : false)
    end

    # Calls the block with every value that is recorded at or above `limit` from now on, through any handle.
    #
    # It is called on the thread that records, before {#record} returns, perhaps on several at once; for a
    # thread that is none of Ruby's, on one of the library's own. {#record_n} tells its value once, {#merge}
    # nothing; of what a watcher records itself nobody is told, unless it runs on the library's own thread. It
    # may use the histogram and close it. What it raises goes to {Tollbridge.report_exception}: the value is
    # recorded, the watch goes on.
    #
    # The watch ends when the block answers `:stop`, by {Watch#unwatch}, or with the last handle; then the
    # block is let go of. Dropping the Watch ends nothing. A block that refers to its own histogram is found
    # by the garbage collector.
    #
    # @param limit [Integer]
    # @param callable [#call] in place of a block
    # @yieldparam value [Integer]
    # @return [Watch]
    # @raise [OutOfRangeError] for a limit above {#highest}
    def watch(limit, callable = nil, &block)
      start_watch(limit, callable || block)
    end

    # The percentile distribution as text, in the format of HdrHistogram's own tools.
    #
    # @param ticks [Integer] steps in each half of the distance that is left to 1.0, from 1 to 1000
    # @param unit [Numeric] what values are divided by: finite and above 0
    # @return [String]
    # @raise [InvalidArgumentError]
    def render(ticks: 5, unit: 1.0)
      render_text(ticks, unit)
    end

    # @return [String] configuration, tag and count; also when it is closed or poisoned
    def inspect
      lowest, highest, digits, tag, count = inspection
      "#<#{self.class} lowest=#{lowest} highest=#{highest} significant_digits=#{digits} " \
        "tag=#{tag.inspect} count=#{count}>"
    rescue ClosedError
      "#<#{self.class} closed>"
    rescue PoisonedError
      "#<#{self.class} poisoned>"
    end

    # For Marshal: the counts and the tag.
    #
    # @private
    def marshal_dump = [encode, tag]

    # The counterpart of {#marshal_dump}.
    # @private
    def marshal_load(dumped)
      data, tag = dumped
      initialize_copy(Histogram.decode(data))
      self.tag = tag
    end
  end
end
