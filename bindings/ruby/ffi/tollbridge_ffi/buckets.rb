# frozen_string_literal: true

module TollbridgeFFI
  # The buckets of a histogram as they were: read once, as an IO is. It lives without the histogram.
  #
  # Any thread may use it; each bucket is given out once. Closing it frees the copy of the counts at once.
  class Buckets
    include Enumerable

    # How many buckets cross at once.
    CHUNK = 256
    private_constant :CHUNK

    # @api private
    def self.open(histogram, scan)
      native = native_scan(scan)
      weight = Weight.new(Native::ADJUST_MEMORY_USAGE) # a copy of the counts is as large as they are
      cursor = Owned.new(:tb_buckets_free, weight) do |slot|
        histogram.use { |handle| Native.tb_histogram_buckets(handle, native, slot) }
      end
      weight.bytes = histogram.watchers.weight.bytes
      new(cursor)
    end

    # The scan as C takes it.
    def self.native_scan(scan)
      fields =
        case scan
        in Scan::Recorded then { kind: Native::SCAN_RECORDED }
        in Scan::Linear(step) then { kind: Native::SCAN_LINEAR, step: }
        in Scan::Logarithmic(step, base) then { kind: Native::SCAN_LOGARITHMIC, step:, base: }
        in Scan::Quantiles(ticks) then { kind: Native::SCAN_QUANTILES, ticks: }
        else raise TypeError, "a Scan is needed, not #{scan.class}"
        end
      Native::Scan.of(**fields)
    end
    private_class_method :new, :native_scan

    class << self
      undef_method :allocate
    end

    def initialize(cursor)
      @cursor = cursor
      @ready = [] # the numbers of buckets that have crossed
    end

    def initialize_copy(_) = raise(TypeError, "can't copy #{self.class}")

    # Yields each bucket that is left. `break`, `throw` and exceptions leave it as any loop, and the rest can be read.
    def each
      return to_enum unless block_given?

      while (bucket = shift)
        yield bucket
      end
      self
    end

    # The next buckets, `n` at most; an empty Array at the end.
    def read(n)
      n = Arguments.u64(n)
      raise ClosedError if closed?

      found = []
      while found.size < n && (bucket = shift)
        found << bucket
      end
      found
    end

    # The rest packed, three numbers a bucket.
    # @api private
    def data
      data = @ready.shift(@ready.size).pack("Q*")
      until (chunk = pull).empty?
        data << chunk
      end
      data
    end

    def closed? = @cursor.closed?

    # Frees the copy; closing twice is allowed. Afterwards reading raises ClosedError.
    def close
      @cursor.close
      @ready.clear
      nil
    end

    private

    def shift
      @ready.concat(pull.unpack("Q*")) if @ready.empty?
      numbers = @ready.shift(3) # at once, so that threads share no bucket
      Bucket.new(*numbers) unless numbers.empty?
    end

    def pull
      chunk = FFI::MemoryPointer.new(Native::BUCKET_SIZE, CHUNK)
      count = FFI::MemoryPointer.new(:size_t)
      Native.check(@cursor.use { |cursor| Native.tb_buckets_next(cursor, chunk, CHUNK, count) })
      chunk.read_bytes(count.read(:size_t) * Native::BUCKET_SIZE)
    end
  end
end
