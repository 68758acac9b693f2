# frozen_string_literal: true

require_relative "support"

# Buckets are Ruby's own kind of sequence, over a copy of the counts.
class BucketsTest < BridgeTest
  def setup
    @h = histogram.record_all([1, 2, 2, 3, 500])
  end

  def values(buckets) = buckets.map(&:value)

  test "all of Enumerable is there" do
    assert_kind_of Enumerable, @h.buckets
    assert_equal [[1, 1, 1], [2, 2, 3], [3, 1, 4], [500, 1, 5]], @h.buckets.map(&:to_a)
    assert_equal [1, 2], values(@h.buckets.first(2))
    assert_equal 5, @h.buckets.sum(&:count)
    assert_equal TB::Bucket.new(2, 2, 3), @h.buckets.max_by(&:count)
    assert_equal([0, 1, 2, 3], @h.buckets.each_with_index.map { |_bucket, i| i })
    assert_equal([[1, 2], [3, 500]], @h.buckets.each_slice(2).map { |slice| values(slice) })
    assert_equal [], histogram.buckets.to_a
  end

  test "an Enumerator that is left half-way keeps no copy of the counts" do
    skip "no /proc" unless File.exist?("/proc/self/statm")
    pages = lambda do
      GC.start
      File.read("/proc/self/statm").split[1].to_i
    end
    leave = ->(times) { times.times { assert_equal 1, @h.each_bucket.next.value } }
    leave.call(200)
    before = pages.call
    leave.call(1000)
    assert_operator pages.call - before, :<, 20_000, "of 4 KiB; each copy has over 40"
  end

  test "scans decide on the steps" do
    assert_equal [99, 199, 299, 399, 499, 599], values(@h.buckets(TB::Scan.linear(step: 100)))
    assert_equal 5, @h.buckets(TB::Scan.logarithmic(first: 1, base: 2)).to_a.last.total
    assert_equal 500, @h.buckets(TB::Scan.quantiles(ticks: 1)).to_a.last.value
    refused(TB::InvalidArgumentError) { @h.buckets(TB::Scan.linear(step: 0)) }
    refused(TB::InvalidArgumentError) { @h.buckets(TB::Scan.logarithmic(first: 1, base: 1.0)) }
    refused(TB::InvalidArgumentError) { @h.buckets(TB::Scan.quantiles(ticks: 0)) }
    [7, nil, :recorded, "recorded"].each { |no_scan| refused(TypeError) { @h.buckets(no_scan) } }
  end

  test "what was read is gone" do
    buckets = @h.buckets
    assert_equal [1], values(buckets.first(1))
    assert_equal [2, 3], values(buckets.read(2))
    assert_equal [], buckets.read(0)
    assert_equal [500], values(buckets.read(100))
    assert_equal [], buckets.read(1)
    assert_equal [], buckets.to_a
  end

  test "a walk that was left goes on" do
    buckets = @h.buckets
    assert_equal(:out, buckets.each { break :out })
    assert_equal 2, catch(:out) { buckets.each { |bucket| throw :out, bucket.value } }
    mine = MyError.new
    assert_same mine, assert_raises(MyError) { buckets.each { raise mine } }
    assert_equal [500], values(buckets)
  end

  test "each answers itself, or an Enumerator" do
    buckets = @h.buckets
    enumerator = buckets.each
    assert_instance_of Enumerator, enumerator
    assert_equal 1, enumerator.next.value
    assert_equal 2, enumerator.next.value
    assert_same(buckets, buckets.each { |_| next })
  end

  test "a lazy walk reads no more than it must" do
    buckets = @h.buckets(TB::Scan.linear(step: 1))
    assert_equal [0, 2, 4], buckets.lazy.map(&:value).select(&:even?).first(3)
    assert_equal 5, buckets.read(1).first.value
  end

  test "the histogram may change and go meanwhile" do
    buckets = @h.buckets
    @h.record(700)
    @h.close
    assert_equal [1, 2, 3, 500], values(buckets)
  end

  test "closed buckets say so" do
    buckets = @h.buckets
    refute_predicate buckets, :closed?
    assert_nil buckets.close
    buckets.close
    assert_predicate buckets, :closed?
    [-> { buckets.read(1) }, -> { buckets.read(0) }, -> { buckets.to_a }, -> { buckets.each { flunk } }].each do |deed|
      refused(TB::ClosedError, &deed)
    end
  end

  test "buckets can be closed while they are walked" do
    buckets = @h.buckets
    seen = []
    refused(TB::ClosedError) do
      buckets.each do |bucket|
        seen << bucket.value
        buckets.close
      end
    end
    assert_equal [1], seen
  end

  test "each bucket goes to one of several threads" do
    h = TB::Histogram.new(highest: 1_000_000, significant_digits: 5).record_all(1..20_000)
    buckets = h.buckets
    read = on_threads(4) do
      found = []
      until (some = buckets.read(100)).empty?
        found.concat(some)
      end
      found
    end
    assert_equal (1..20_000).to_a, values(read.flatten).sort
  end

  test "each_bucket yields, and answers the histogram" do
    seen = []
    assert_same(@h, @h.each_bucket { |bucket| seen << bucket.value })
    assert_equal [1, 2, 3, 500], seen
    seen.clear
    @h.each_bucket(TB::Scan.linear(step: 300)) { |bucket| seen << bucket.count }
    assert_equal [4, 1], seen
  end

  test "an Enumerator of each_bucket starts anew each time" do
    enumerator = @h.each_bucket
    assert_instance_of Enumerator, enumerator
    2.times { assert_equal [1, 2, 3, 500], values(enumerator) }
    assert_equal 1, enumerator.next.value
    enumerator.rewind
    assert_equal 1, enumerator.next.value
    @h.record(700)
    assert_equal 700, enumerator.to_a.last.value
    assert_equal 2, @h.each_bucket(TB::Scan.linear(step: 500)).first(2).size
    assert_equal 1, @h.each_bucket.lazy.map(&:value).first
  end

  test "a block leaves as it does in Ruby" do
    assert_equal(:out, @h.each_bucket { break :out })
    assert_equal 1, (catch(:out) { @h.each_bucket { |bucket| throw :out, bucket.value } })
    assert_equal :returned, leave_by_return
    mine = MyError.new
    assert_same mine, assert_raises(MyError) { @h.each_bucket { raise mine } }
    assert_equal mine.backtrace_locations.first.lineno, __LINE__ - 1
    seen = []
    @h.each_bucket do |bucket|
      next if bucket.value == 2

      seen << bucket.value
    end
    assert_equal [1, 3, 500], seen
  end

  test "what is no StandardError leaves as well" do
    [SystemExit, Interrupt, NoMemoryError, SecurityError].each do |kind|
      mine = kind == Interrupt ? kind.new("mine") : kind.new
      assert_same mine, assert_raises(kind) { @h.each_bucket { raise mine } }
    end
  end

  test "a block may do anything with the histogram" do
    @h.each_bucket { @h.record(9) }
    assert_equal 9, @h.count
    inner = 0
    @h.each_bucket { @h.each_bucket { inner += 1 } }
    assert_equal 25, inner
    @h.each_bucket { @h.close }
    refused(TB::ClosedError) { @h.each_bucket { flunk } }
  end

  test "a block that leaves leaks no walk" do
    alive = survivors(50) { @h.buckets.tap { |buckets| buckets.each { break } } }
    assert_operator alive, :<, 5
  end

  # Ruby looks for none while it runs this block: it finds them on the way there and back.
  test "interrupts between two calls of a block are not lost" do
    h = histogram.record_all(1..1000)
    block = [].method(:push)
    20.times do |i|
      began = false
      thread = Thread.new do
        loop { (began = true) && h.each_bucket(&block) }
      rescue MyError
        :raised
      end
      thread.report_on_exception = false
      Thread.pass until began
      i.even? ? thread.raise(MyError) : thread.kill
      assert_equal [i.even? ? :raised : nil], [thread.value]
    end
    assert_equal 1000, h.each_bucket.count
  end

  test "a Fiber may be left in the middle" do
    fiber = Fiber.new { @h.each_bucket { |bucket| Fiber.yield(bucket.value) } }
    assert_equal [1, 2], [fiber.resume, fiber.resume]
    fiber = nil
    GC.start
    assert_equal 5, @h.count
    assert_nil fiber
  end

  test "a thread can be killed in a block" do
    inside = Thread::Queue.new
    thread = Thread.new do
      @h.each_bucket do
        inside << true
        sleep
      end
    end
    inside.pop
    thread.kill.join
    assert_nil thread.value
    assert_equal 6, @h.record(5).count
  end

  test "a time limit ends a block" do
    assert_raises(Timeout::Error) { Timeout.timeout(0.05) { @h.each_bucket { sleep } } }
    assert_equal 5, @h.count
  end

  private

  def leave_by_return
    @h.each_bucket { return :returned }
  end
end
