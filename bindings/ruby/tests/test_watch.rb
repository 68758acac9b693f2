# frozen_string_literal: true

require_relative "support"

# Blocks that are kept, and called with what is recorded.
class WatchTest < BridgeTest
  def setup
    @h = histogram
    @seen = []
  end

  # Counts its calls, as any object that has `call` may.
  class Callable
    attr_reader :seen

    def initialize = @seen = []
    def call(value) = @seen << value
  end

  test "what reaches the limit is told before record returns" do
    @h.watch(100) { |value| @seen << value }
    @h.record(99)
    assert_empty @seen
    @h.record(100) << 101
    @h.record_n(102, 5)
    @h.record_all([1, 103, 2, 104])
    @h.record_durations("105ns")
    assert_equal [100, 101, 102, 103, 104, 105], @seen
    @h.merge(@h)
    assert_equal 6, @seen.size
  end

  test "whatever can be called is called" do
    callable = Callable.new
    @h.watch(1, callable)
    @h.watch(1, @seen.method(:<<))
    @h.watch(1, proc { |value| @seen << -value })
    @h.record(5)
    assert_equal [5], callable.seen
    assert_equal [-5, 5], @seen.sort
    [nil, 5, Object.new].each { |nothing| refused(TypeError) { @h.watch(1, nothing) } }
    refused(TypeError) { @h.watch(1) }
    refused(TB::OutOfRangeError) { @h.watch(1_000_001) { nil } }
  end

  test "stop ends the watch, nothing else does" do
    @h.watch(1) { |value| (@seen << value) && (value == 3 ? :stop : [nil, false, :go, "stop"].sample) }
    @h.record_all(1..5)
    assert_equal [1, 2, 3], @seen
  end

  test "unwatch says whether it ended the watch" do
    watch = @h.watch(1) { |value| @seen << value }
    assert_instance_of TB::Watch, watch
    @h.record(1)
    assert_equal [true, false], [watch.unwatch, watch.unwatch]
    @h.record(2)
    assert_equal [1], @seen
    stopped = @h.watch(1) { :stop }
    @h.record(1)
    assert_equal false, stopped.unwatch
    closed = @h.watch(1) { nil }
    @h.close
    GC.start
    assert_includes [true, false], closed.unwatch
  end

  test "dropping the Watch ends nothing" do
    Thread.new { 10.times { @h.watch(1) { |value| @seen << value } } }.join
    GC.start
    @h.record(1)
    assert_equal [1] * 10, @seen
  end

  test "a watcher may end itself" do
    watch = @h.watch(1) do |value|
      @seen << value
      watch.unwatch
    end
    @h.record(1).record(2)
    assert_equal [1], @seen
  end

  test "a watcher may record, and is not told of it" do
    @h.watch(1) do |value|
      @seen << value
      @h.record(value + 1)
    end
    @h.record(1)
    assert_equal [[1], 2], [@seen, @h.count]
  end

  test "a watcher may do anything with the histogram" do
    @h.watch(1) { @seen << [@h.count, @h.summary.max, @h.dup.count, @h.encode.size.positive?] }
    @h.watch(1) { @h.each_bucket { |bucket| @seen << bucket.count } }
    @h.watch(1) { @h.watch(1) { @seen << :inner } && :stop }
    @h.record(5)
    assert_equal [[1, 5, 1, true], 1], @seen
    @h.record(5)
    assert_includes @seen, :inner
  end

  test "a watcher may close the histogram" do
    @h.watch(1) do |value|
      @seen << value
      @h.close
    end
    assert_same @h, @h.record(1)
    assert_predicate @h, :closed?
    assert_equal [1], @seen
  end

  test "what a watcher raises is reported, and the watch goes on" do
    @h.watch(1) do |value|
      @seen << value
      raise MyError, "mine: é"
    end
    said = reported { assert_same @h, @h.record(5) }
    assert_match(/mine: é.*MyError/, said.force_encoding(Encoding::UTF_8))
    assert_includes said, File.basename(__FILE__)
    reported { @h.record(6) }
    assert_equal [[5, 6], 2], [@seen, @h.count]
  end

  test "a hook takes what watchers raise" do
    skip "this bridge has no hook" unless TB.respond_to?(:report_exception)
    mine = MyError.new
    seen = []
    hooked(->(raised) { seen << raised }) do
      @h.watch(1) { raise mine }
      @h.record(5)
    end
    assert_same mine, seen.first
    hooked(->(_) { raise "the hook" }) { assert_equal 2, @h.record(5).count }
  end

  test "what is no StandardError does not leave a watcher either" do
    kinds = [SystemExit, Interrupt, NoMemoryError, Class.new(Exception)] # rubocop:disable Lint/InheritException
    kinds.each { |kind| @h.watch(1) { raise kind, "mine" } }
    said = reported { @h.record(5) }
    assert_equal 4, said.scan("mine").size, said
    assert_equal 1, @h.count
  end

  test "throw and break do not leave a watcher" do
    @h.watch(1) { throw :out, :thrown }
    @h.watch(1) { break }
    @h.watch(1) { raise MyError, "mine" }
    said = reported do
      # On a thread of its own: what went wrong would stay with it.
      Thread.new { 2.times { |i| assert_equal(i + 1, catch(:out) { @h.record(5).count }) } }.join
    end
    assert_equal 2, said.scan("mine").size
    assert_operator said.lines.size, :>=, 6
  end

  test "return in a lambda is its answer" do
    stops = lambda do |value|
      @seen << value
      return :stop
    end
    @h.watch(1, stops)
    @h.record(1).record(2)
    assert_equal [1], @seen
  end

  test "a thread can be killed inside a watcher" do
    inside = Thread::Queue.new
    @h.watch(1) do
      inside << true
      sleep
    end
    ended = false
    thread = Thread.new do
      Thread.current.report_on_exception = false
      @h.record(5)
      ended = true
    end
    inside.pop
    reported do
      thread.kill
      assert thread.join(PATIENCE)
    rescue Exception # rubocop:disable Lint/RescueException, Lint/SuppressedException -- However the thread dies.
    end
    assert_equal [false, false, 1], [thread.alive?, ended, @h.count]
    assert_equal 0, histogram.count
  end

  test "what watchers raise does no harm to a thread that is killed inside one" do
    inside = Thread::Queue.new
    raising = proc { raise MyError, "mine" }
    @h.watch(1, raising)
    @h.watch(1) do
      inside << true
      sleep
    end
    @h.watch(1, raising)
    reported do
      thread = Thread.new { @h.record(5) }
      thread.report_on_exception = false
      inside.pop
      thread.kill.join
    rescue Exception # rubocop:disable Lint/RescueException, Lint/SuppressedException -- However the thread dies.
    end
    assert_equal [1, 2], [@h.count, Thread.new { histogram.record(1).record(2).count }.value]
  end

  test "a thread that is killed inside a watcher calls no other" do
    inside = Thread::Queue.new
    2.times do
      @h.watch(1) do |value|
        @seen << value
        inside << true
        sleep
      end
    end
    thread = Thread.new { @h.record(5) }
    inside.pop
    reported do
      thread.kill.join
    rescue Exception # rubocop:disable Lint/RescueException, Lint/SuppressedException -- However the thread dies.
    end
    assert_equal [[5], 1, 0], [@seen, @h.count, inside.size]
    assert_equal(2, Thread.new { histogram.record(1).record(2).count }.value)
  end

  test "a report that is left goes no further" do
    stderr = Object.new
    def stderr.write(*) = throw(:out)
    @h.watch(1) { raise MyError }
    @h.watch(1) { |value| @seen << value }
    before = $stderr
    $stderr = stderr
    recorded = catch(:out) { @h.record(5) }
    $stderr = before
    assert_same @h, recorded
    assert_equal [5], @seen
  ensure
    $stderr = before
  end

  test "an interrupt that strikes inside a watcher is reported as all else" do
    inside = Thread::Queue.new
    @h.watch(1) do
      inside << true
      sleep
    end
    said = reported do
      thread = Thread.new { @h.record(5) }
      inside.pop
      thread.raise(MyError)
      assert_same @h, thread.value
    end
    assert_includes said, "MyError"
    assert_equal 1, @h.count
  end

  test "watchers on several threads run at once" do
    inside = Thread::Queue.new
    both = Thread::Queue.new
    @h.watch(1) do |value|
      inside << value
      both.pop
    end
    threads = [1, 2].map { |value| Thread.new { @h.record(value) } }
    assert_equal [1, 2], Array.new(2) { inside.pop }.sort
    both.close
    threads.each(&:join)
  end

  test "a watcher runs on the thread that records" do
    @h.watch(1) { @seen << Thread.current }
    thread = Thread.new { @h.record(1) }
    thread.join
    assert_equal [thread], @seen
  end

  test "a watcher lives as long as any handle" do
    share = @h.share
    @h.watch(1) { |value| @seen << value }
    @h.close
    GC.start
    share.record(5)
    assert_equal [5], @seen
  end

  test "copies are not watched" do
    @h.watch(1) { |value| @seen << value }
    [@h.dup, @h.clone, Marshal.load(Marshal.dump(@h))].each { |copy| copy.record(5) }
    assert_empty @seen
  end

  private

  def hooked(hook)
    before = TB.method(:report_exception)
    silently { TB.define_singleton_method(:report_exception, &hook) }
    yield
  ensure
    silently { TB.define_singleton_method(:report_exception, before) }
  end

  def silently
    verbose = $VERBOSE
    $VERBOSE = nil
    yield
  ensure
    $VERBOSE = verbose
  end
end

# Nothing that Rust may call is collected, and nothing else is kept.
class WatchMemoryTest < BridgeTest
  test "a block lives as long as its histogram" do
    h = histogram
    seen = []
    Thread.new { 100.times { |i| h.watch(1) { seen << i } } }.join
    20.times { GC.start }
    h.record(5)
    assert_equal (0..99).to_a, seen.sort
  end

  test "a block that refers to its own histogram is collected" do
    alive = survivors(50) do |i|
      h = histogram
      h.watch(1) { h.record(i) }
      h
    end
    assert_operator alive, :<, 10
  end

  test "a block that refers to its own Watch and a share is collected" do
    alive = survivors(50) do
      h = histogram
      share = h.share
      watch = h.watch(1) { [share, watch] }
      h
    end
    assert_operator alive, :<, 10
  end

  test "a block is let go of when its watch ends" do
    h = histogram
    alive = survivors(50) do |i|
      block = proc { :stop }
      watch = h.watch(1, block)
      i.even? ? watch.unwatch : h.record(5)
      block
    end
    assert_operator alive, :<, 10
    assert_equal 25, h.count
  end

  test "a block is let go of with the last handle" do
    handles = []
    alive = survivors(50) do
      h = histogram
      handles << h << h.share
      block = proc { nil }
      h.watch(1, block)
      handles.each(&:close)
      block
    end
    assert_operator alive, :<, 10
    assert_equal 100, handles.size
  end

  test "a Watch keeps no histogram" do
    watches = []
    alive = survivors(50) do
      h = histogram
      watches << h.watch(1) { nil }
      h
    end
    assert_operator alive, :<, 10
    watches.each { |watch| assert_includes [true, false], watch.unwatch }
  end
end
