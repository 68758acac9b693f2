# frozen_string_literal: true

module TollbridgeFiddle
  # A replay that is running, on a thread of its own: C calls back there, and the thread that asked for it reads the
  # progress from a queue. So no block is called by C, and is left as any other; and no interrupt comes where
  # Rust's frames are, since that thread lets none in.
  class Replay
    @running = {}

    class << self
      # By the keys that C has in place of them.
      attr_reader :running
    end

    def initialize(path, memory_limit, block)
      @path = Arguments.steady(Arguments.bytes(path))
      @memory_limit = Arguments.u64(memory_limit)
      @block = block
      @ticks = Thread::Queue.new
      @answers = Thread::Queue.new
      @key = Callbacks.next_key
    end

    # Calls C, which writes its result into `slot`; the error that it answers.
    def run(slot)
      Replay.running[@key] = self
      worker = nil
      Thread.handle_interrupt(Object => :never) { worker = Thread.new { call(slot) } }
      while (progress = @ticks.pop)
        answer = @block.call(progress)
        raise ThreadError, "a child of fork has no part in its parent's replay" unless worker.alive?

        @answers << (answer == :stop ? Native::STOP : Native::GO_ON)
      end
      worker.value
    ensure
      @answers.close # whatever has left the block: the next tick, 50 ms from now at most, is the last
      worker&.join
    end

    # On the worker: how C is to go on. nil comes out of a queue that is closed.
    def tick(progress)
      return @answers.closed? ? Native::STOP : Native::GO_ON unless @block

      @ticks << Progress.new(*progress.unpack(Native::PROGRESS))
      @answers.pop || Native::STOP
    end

    # On the worker.
    TICK = Native.trampoline(Native::I32, [Native::ADDRESS, Native::ADDRESS]) do |key, progress|
      running[key].tick(Native.read(progress, Native::PROGRESS_SIZE))
    end

    private

    def call(slot)
      Native::TB_REPLAY_LOG_WITH_LIMIT.call(@path, @path.bytesize, @memory_limit, TICK.to_i, @key, slot)
    ensure
      @ticks.close
      Replay.running.delete(@key) # here, where no interrupt comes
    end
  end
  private_constant :Replay

  # Reads a HdrHistogram interval log, plain or compressed with gzip: a histogram for each tag, in alphabetical order,
  # which holds all that was recorded under it. "" is the tag of intervals without one.
  #
  # The block gets a Progress before the first byte, after the last, and at least every 50 ms in between, on this
  # thread; others run meanwhile. When it answers :stop, CancelledError is raised. It may be left by `break`, `throw` or
  # an exception, and interrupts (Ctrl-C, Timeout, Thread#raise and #kill) end the replay as quickly. Whatever ends it,
  # nothing is kept.
  #
  # @param path [String, #to_path]
  # @param memory_limit [Integer] how many bytes the sums may take; 0 is 256 MiB, about 980 tags of the default
  #   configuration
  # @return [Hash{String => Histogram}]
  # @raise [IoError]
  # @raise [MalformedLogError] with the line
  # @raise [TooManyError] when the sums would take more than `memory_limit`, before that memory is taken
  def self.replay_log(path, memory_limit: 0, &block)
    replay = Replay.new(File.path(path), memory_limit, block)
    replayed = Owned.new(Native::TB_REPLAY_FREE) { |slot| replay.run(slot) }
    histograms = replayed.use do |native|
      Array.new(Native::TB_REPLAY_LEN.call(native)) do |index|
        Histogram.of { |slot| Native::TB_REPLAY_HISTOGRAM.call(native, index, slot) }
      end
    end
    histograms.to_h { |histogram| [histogram.tag, histogram] }
  ensure
    replayed&.close
  end

  # Writes a HdrHistogram interval log of version 1.3, as the reference implementation does.
  #
  # The file is made, or emptied, at once; every interval is one write to it. Any thread may write. After `close`
  # writing raises ClosedError.
  class LogWriter
    # One that is closed: it has no file.
    def self.allocate = super.tap { |writer| writer.instance_variable_set(:@native, Owned.allocate) }

    # Closed until `initialize` has run.
    def self.new(...) = allocate.tap { |writer| writer.__send__(:initialize, ...) }

    # Makes a writer, yields it and closes it; the block's value. Without a block the writer.
    def self.open(path, **options)
      writer = new(path, **options)
      return writer unless block_given?

      begin
        yield writer
      ensure
        writer.close
      end
    end

    # @param path [String, #to_path]
    # @param start [Time, Numeric] when the log begins, or in seconds since the Unix epoch
    # @raise [IoError]
    # @raise [InvalidArgumentError] when `start` is not finite and from 0
    def initialize(path, start: Time.now)
      path = Arguments.steady(Arguments.bytes(File.path(path)))
      start = Arguments.real(start.is_a?(Time) ? start.to_f : start)
      @native = Owned.new(Native::TB_LOG_WRITER_FREE) do |slot|
        Native::TB_LOG_WRITER_NEW.call(path, path.bytesize, start, slot)
      end
    end

    def initialize_copy(_) = raise(TypeError, "can't copy #{self.class}")

    # Appends an interval that began `start` seconds after the log's start and took `seconds`, under the histogram's
    # tag.
    # @raise [InvalidArgumentError] when one of them is not finite and from 0
    # @raise [TooManyError] for a line above 8 MiB, which `replay_log` would refuse
    # @raise [IoError]
    def write(histogram, start:, seconds:)
      Arguments.instance(histogram, Histogram)
      start = Arguments.real(start)
      seconds = Arguments.real(seconds)
      Native.check(@native.use do |writer|
        histogram.use { |handle| Native::TB_LOG_WRITER_WRITE.call(writer, handle, start, seconds) }
      end)
    end

    # Closes the file; what is being written on other threads is written. Closing twice is allowed.
    def close = @native.close

    def closed? = @native.closed?
  end
end
