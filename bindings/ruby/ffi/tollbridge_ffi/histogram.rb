# frozen_string_literal: true

module TollbridgeFFI
  # A latency histogram: how often each value occurred, to a fixed number of digits.
  #
  # Values are integers from 0 to `highest`, in a unit that you choose; `record_durations` alone means nanoseconds.
  # Results are exact for the bucket that a value falls into. An operation that raises has changed nothing.
  #
  # Any thread may use it; every call lets other Ruby threads run. Memory is freed when every handle (see `share`) was
  # closed or collected. After `close` every operation but `close`, `closed?` and `inspect` raises ClosedError; after a
  # panic half-way through a change PoisonedError.
  #
  # Integers must be from 0 to 2**64 - 1 (RangeError) and Integers (TypeError).
  #
  # A frozen one raises FrozenError for what would change it; it can be read, shared and closed.
  class Histogram
    # An owned tb_histogram, and the watchers that all handles of one histogram share.
    class Handle < Owned
      attr_reader :watchers

      def initialize(watchers = Watchers.new)
        @watchers = watchers
        super(:tb_histogram_free, watchers.weight)
        watchers.weight.bytes = weigh if watchers.weight.bytes.zero?
      end

      # Whether somebody watches, whom a call may tell.
      def watched? = !@watchers.nil? && !@watchers.callables.empty?

      private

      # Of the configuration that C has it in.
      def weigh
        config = Native::Config.new
        Native.check(use { |handle| Native.tb_histogram_config(handle, config) })
        Weight.of(config[:lowest], config[:highest], config[:significant_digits])
      end
    end
    private_constant :Handle

    # One that is closed: it has no handle.
    def self.allocate = super.tap { |histogram| histogram.instance_variable_set(:@handle, Handle.allocate) }

    # Closed until `initialize` has run, which a subclass may have forgotten.
    def self.new(...) = allocate.tap { |histogram| histogram.__send__(:initialize, ...) }

    # Makes a histogram, yields it and closes it; the block's value. Without a block the histogram.
    def self.open(**config)
      histogram = new(**config)
      return histogram unless block_given?

      begin
        yield histogram
      ensure
        histogram.close
      end
    end

    # A histogram of what `encode`, or another implementation, wrote. MalformedHistogramError for anything else.
    def self.decode(data)
      data = Arguments.steady(Arguments.bytes(data))
      of { |slot| Native.tb_histogram_decode(data, data.bytesize, slot) }
    end

    # A histogram with a handle that a function of C writes into the slot which is yielded.
    # @api private
    def self.of(watchers = Watchers.new, &make)
      handle = Handle.new(watchers, &make)
      allocate.tap { |histogram| histogram.instance_variable_set(:@handle, handle) }
    end

    # For Marshal: counts and tag.
    def self._load(dumped)
      encoded, tag = Marshal.load(dumped) # rubocop:disable Security/MarshalLoad -- Of what was marshalled already.
      decode(encoded).tap { |histogram| histogram.tag = tag }
    end

    # @param lowest [Integer] the lowest value that can be told from 0, from 1 to 2**62 - 1
    # @param highest [Integer] the highest value that can be recorded, from twice the lowest to 2**63 - 1;
    #   the default is an hour in nanoseconds
    # @param significant_digits [Integer] decimal digits to which values are kept apart, from 0 to 5
    # @param tag [String] as `tag=`
    # @raise [InvalidArgumentError]
    def initialize(lowest: 1, highest: 3_600_000_000_000, significant_digits: 3, tag: "")
      config = Native::Config.of(
        lowest: Arguments.u64(lowest),
        highest: Arguments.u64(highest),
        significant_digits: Arguments.integer(significant_digits, Arguments::U8_MAX)
      )
      @handle = Handle.new { |slot| Native.tb_histogram_new(config, slot) }
      self.tag = tag unless tag == ""
    end

    # dup and clone make an independent histogram.
    def initialize_copy(other)
      data = other.encode
      @handle = Handle.new { |slot| Native.tb_histogram_decode(data, data.bytesize, slot) }
      self.tag = other.tag
    end

    # Another handle to the same histogram, which is closed by itself.
    def share
      @handle.use do |handle|
        Histogram.of(@handle.watchers) { |slot| Native.tb_histogram_clone(handle, slot) }
      end
    end

    # The lowest value that can be told from 0.
    def lowest = config[:lowest]

    # The highest value that can be recorded.
    def highest = config[:highest]

    # Decimal digits to which values are kept apart.
    def significant_digits = config[:significant_digits]

    # Records one value.
    # @raise [OutOfRangeError] above `highest`
    # @raise [CountOverflowError] past 2**63 - 1 values
    def record(value)
      value = Arguments.u64(value)
      change { |handle| Native.tb_histogram_record(handle, value) }
    end
    alias << record

    # Records one value `count` times; 0 times changes nothing. Raises as `record` does.
    def record_n(value, count)
      value = Arguments.u64(value)
      count = Arguments.u64(count)
      change { |handle| Native.tb_histogram_record_n(handle, value, count) }
    end

    # Records every value, or none. OutOfRangeError has the index of the first that is too high.
    # @param values [#each, String] Integers, or a packed String ("Q*", ASCII-8BIT), which is not copied
    def record_all(values)
      packed = Arguments.steady(Arguments.packed_u64s(values))
      change { |handle| Native.tb_histogram_record_all(handle, packed, packed.bytesize / 8) }
    end

    # Records durations such as "250us 1.5ms" as nanoseconds and answers how many there were, or records none.
    # @raise [InvalidDurationError] with line and column, from 1
    def record_durations(text)
      text = Arguments.steady(Arguments.utf8(text))
      count = FFI::MemoryPointer.new(:uint64)
      change { |handle| Native.tb_histogram_record_durations(handle, text, text.bytesize, count) }
      count.read_uint64
    end

    # How many values were recorded.
    def count
      count = FFI::MemoryPointer.new(:uint64)
      Native.check(@handle.use { |handle| Native.tb_histogram_len(handle, count) })
      count.read_uint64
    end
    alias size count
    alias length count

    # Whether no value was recorded.
    def empty?
      empty = FFI::MemoryPointer.new(:bool)
      Native.check(@handle.use { |handle| Native.tb_histogram_is_empty(handle, empty) })
      empty.read(:bool)
    end

    # The lowest value recorded (the low end of its bucket); nil when empty.
    def min = option(:uint64) { |handle, found, value| Native.tb_histogram_min(handle, found, value) }

    # The highest value recorded (the high end of its bucket); nil when empty.
    def max = option(:uint64) { |handle, found, value| Native.tb_histogram_max(handle, found, value) }

    # The arithmetic mean, each value taken as the middle of its bucket; nil when empty.
    def mean = option(:double) { |handle, found, value| Native.tb_histogram_mean(handle, found, value) }

    # The standard deviation of the whole population; nil when empty.
    def stdev = option(:double) { |handle, found, value| Native.tb_histogram_stdev(handle, found, value) }

    # The value at or below which the share `quantile` of all values lies; nil when empty.
    # @raise [InvalidQuantileError] for NaN and what is not from 0 to 1
    def value_at_quantile(quantile)
      quantile = Arguments.real(quantile)
      option(:uint64) do |handle, found, value|
        Native.tb_histogram_value_at_quantile(handle, quantile, found, value)
      end
    end

    # `value_at_quantile` for each of `quantiles`, in their order; nil when empty.
    # @param quantiles [#each, String] numbers, or a packed String ("D*")
    # @param packed [Boolean] whether to answer a packed String ("Q*")
    def values_at_quantiles(quantiles, packed: false)
      quantiles = Arguments.steady(Arguments.packed_doubles(quantiles))
      length = quantiles.bytesize / 8
      found = FFI::MemoryPointer.new(:bool)
      values = FFI::MemoryPointer.new(:uint64, [length, 1].max)
      Native.check(@handle.use do |handle|
        Native.tb_histogram_values_at_quantiles(handle, quantiles, length, found, values)
      end)
      return unless found.read(:bool)

      packed ? values.read_bytes(8 * length) : values.read_array_of_uint64(length)
    end

    # The usual figures at one glance; nil when empty.
    def summary
      found = FFI::MemoryPointer.new(:bool)
      summary = FFI::MemoryPointer.new(Native::SUMMARY_SIZE)
      Native.check(@handle.use { |handle| Native.tb_histogram_summary(handle, found, summary) })
      Summary.new(*summary.read_bytes(Native::SUMMARY_SIZE).unpack(Native::SUMMARY)) if found.read(:bool)
    end

    # The buckets as they are now.
    # @return [Buckets]
    # @raise [InvalidArgumentError] for a parameter of `scan` that makes no sense
    # @raise [TooManyError] when it could yield more than 2**20 buckets
    def buckets(scan = Scan.recorded) = Buckets.open(@handle, scan)

    # Yields each bucket of the histogram as it is now. The block may use the histogram, close it, and leave by
    # whatever means: it is called by Ruby, not by C. Without a block an Enumerator, which starts anew each time.
    def each_bucket(scan = Scan.recorded, &block)
      return to_enum(:each_bucket, scan) unless block

      buckets = buckets(scan)
      begin
        buckets.each(&block)
      ensure
        buckets.close
      end
      self
    end

    # The buckets packed ("Q*"): value, count and total of each.
    def bucket_data(scan = Scan.recorded)
      buckets = buckets(scan)
      begin
        buckets.data
      ensure
        buckets.close
      end
    end

    # Calls the block with every value that is recorded at or above `limit` from now on, through any handle.
    #
    # It is called on the thread that records, before `record` returns, perhaps on several at once; of what it records
    # itself nobody is told. It may use the histogram and close it. What it raises is reported by `warn`, the value is
    # recorded, and the watch goes on; so it is with `throw` and `break`, which end there. The watch ends by the answer
    # :stop, by Watch#unwatch, or with the last handle. Dropping the Watch ends nothing.
    #
    # @raise [OutOfRangeError] for a limit above `highest`
    # @return [Watch]
    def watch(limit, callable = nil, &block)
      limit = Arguments.u64(limit)
      callable = Arguments.callable(callable || block)
      refuse_frozen if frozen?
      Callbacks.undisturbed do
        Watch.of(Owned.new(:tb_watch_free) do |slot|
          @handle.use do |handle|
            key = @handle.watchers.add(callable)
            Native.tb_histogram_watch(handle, limit, Watchers::TELL, key, Watchers::LET_GO, slot)
          end
        end)
      end
    end

    # The percentile distribution as text, in the format of HdrHistogram's own tools.
    # @param ticks [Integer] steps in each half of the distance that is left to 1.0, from 1 to 1000
    # @param unit [Numeric] what values are divided by
    def render(ticks: 5, unit: 1.0)
      ticks = Arguments.integer(ticks, Arguments::U32_MAX)
      unit = Arguments.real(unit)
      Given.string { |text| @handle.use { |handle| Native.tb_histogram_render(handle, ticks, unit, text) } }
    end

    # Adds every value of `other`, which may be this very histogram. The tag stays.
    # @raise [OutOfRangeError] when `other` holds a value above `highest`
    def merge(other)
      Arguments.instance(other, Histogram)
      change do |handle|
        other.use { |added| Native.tb_histogram_merge(handle, added) }
      end
    end

    # The counts in HdrHistogram's V2 encoding with DEFLATE; the tag is no part of it.
    # @return [String] in ASCII-8BIT
    def encode
      Given.bytes(:tb_bytes_free) { |bytes| @handle.use { |handle| Native.tb_histogram_encode(handle, bytes) } }
    end

    # A name for the log format; empty means none.
    def tag
      Given.string { |text| @handle.use { |handle| Native.tb_histogram_tag(handle, text) } }.freeze
    end

    # @raise [InvalidTagError] for commas, line ends and NUL
    # @raise [TooManyError] above 4096 bytes of UTF-8
    # @raise [InvalidTextError] for what is no Unicode text
    def tag=(tag)
      tag = Arguments.steady(Arguments.utf8(tag))
      change { |handle| Native.tb_histogram_set_tag(handle, tag, tag.bytesize) }
    end

    # Closes this handle; what is running on other threads finishes first. Closing twice is allowed.
    def close = @handle.close

    def closed? = @handle.closed?

    def inspect
      return "#<#{self.class} closed>" if closed?

      "#<#{self.class} lowest=#{lowest} highest=#{highest} significant_digits=#{significant_digits} " \
        "tag=#{tag.inspect} count=#{count}>"
    rescue PoisonedError
      "#<#{self.class} poisoned>"
    end

    def _dump(_level) = Marshal.dump([encode, tag])

    # The handle, for a call that takes two.
    # @api private
    def use(&) = @handle.use(&)

    private

    def config
      config = Native::Config.new
      Native.check(@handle.use { |handle| Native.tb_histogram_config(handle, config) })
      config
    end

    # What a function that answers `found` and a value has found.
    def option(type)
      found = FFI::MemoryPointer.new(:bool)
      value = FFI::MemoryPointer.new(type)
      Native.check(@handle.use { |handle| yield handle, found, value })
      value.read(type) if found.read(:bool)
    end

    def refuse_frozen = raise(FrozenError.new("can't modify frozen #{self.class}: #{inspect}", receiver: self))

    # Calls what changes the histogram, and tells those that watch.
    def change(&)
      refuse_frozen if frozen?
      if @handle.watched?
        Callbacks.undisturbed { Native.check(@handle.use(&)) }
      else
        Native.check(@handle.use(&))
      end
      Watchers.end_thread_if_killed
      self
    end
  end
end
