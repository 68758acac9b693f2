# frozen_string_literal: true

module TollbridgeFiddle
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
      weight = Weight.new(Native::RB_GC_ADJUST_MEMORY_USAGE) # a copy of the counts is as large as they are
      cursor = Owned.new(Native::TB_BUCKETS_FREE, weight) do |slot|
        histogram.use { |handle| Native::TB_HISTOGRAM_BUCKETS.call(handle, native, slot) }
      end
      weight.bytes = histogram.watchers.weight.bytes
      new(cursor)
    end

    # The scan as C takes it.
    def self.native_scan(scan)
      # The fields that a kind does not use are ignored.
      fields =
        case scan
        in Scan::Recorded then [Native::SCAN_RECORDED, 0, 0, 0.0]
        in Scan::Linear(step) then [Native::SCAN_LINEAR, 0, step, 0.0]
        in Scan::Logarithmic(step, base) then [Native::SCAN_LOGARITHMIC, 0, step, base]
        in Scan::Quantiles(ticks) then [Native::SCAN_QUANTILES, ticks, 0, 0.0]
        else raise TypeError, "a Scan is needed, not #{scan.class}"
        end
      fields.pack(Native::SCAN)
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
      chunk = Native.memory(CHUNK * Native::BUCKET_SIZE)
      count = Native.memory(8)
      Native.check(@cursor.use { |cursor| Native::TB_BUCKETS_NEXT.call(cursor, chunk, CHUNK, count) })
      chunk.byteslice(0, count.unpack1("J") * Native::BUCKET_SIZE)
    end
  end
end
