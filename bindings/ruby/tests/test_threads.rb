# frozen_string_literal: true

require_relative "support"

# Any thread, any process, the main Ractor.
class ThreadsTest < BridgeTest
  ONES = Array.new(1_000_000, 1).pack("Q*").freeze

  test "contended recording loses nothing" do
    h = histogram
    shares = Array.new(4) { h.share }
    on_threads(4) { |i| 2000.times { |n| i.even? ? shares[i].record(n) : h.record_all([n, n]) } }
    assert_equal (2 * 2000) + (2 * 4000), h.count
  end

  test "two histograms may be merged into each other" do
    a = histogram.record(1)
    b = histogram.record(2)
    on_threads(4) { |i| 10.times { i.even? ? a.merge(b) : b.merge(a) } }
    assert_operator a.count, :>, 10
  end

  # With the GVL kept, a turn would come once in many calls: when Ruby's time slice ends just before or after one. How
  # soon several come together is the machine's affair.
  test "long calls let others run" do
    h = histogram
    turns = 0
    thread = Thread.new do
      others_ran = []
      until others_ran.last(10).count(true) >= 5
        before = turns
        h.record_all(ONES)
        others_ran << (turns > before)
      end
      others_ran.size
    end
    while thread.alive?
      turns += 1
      Thread.pass
    end
    assert_equal thread.value * 1_000_000, h.count
  end

  test "who waits for the histogram lets others run" do
    h = histogram
    threads = Array.new(2) { Thread.new { 3.times { h.record_all(ONES) } } }
    100.times { h.record(1) }
    h.summary
    threads.each(&:join)
    assert_equal 6_000_100, h.count
  end

  test "values may change while they are recorded" do
    h = histogram
    values = ONES.dup
    recorder = Thread.new { 5.times { h.record_all(values) } }
    writer = Thread.new { 50.times { |i| values.setbyte(8 * i, 2) || Thread.pass } }
    [recorder, writer].each(&:join)
    assert_equal 5_000_000, h.count
  end

  test "closing during a call lets it finish" do
    h = histogram
    5.times do |i|
      handle = h.share
      before = h.count
      thread = Thread.new do
        handle.record_all(ONES)
      rescue TB::ClosedError
        nil # the close came first
      end
      sleep 0.002 * i
      handle.close
      thread.join
      assert_includes [0, 1_000_000], h.count - before
    end
  end

  test "only one of several unwatches ends the watch" do
    h = histogram # of which a watch keeps nothing alive
    20.times do
      watch = h.watch(1) { nil }
      assert_equal 1, on_threads(4) { watch.unwatch }.count(true)
    end
  end

  test "watchers come and go while others record" do
    h = histogram
    told = Thread::Queue.new
    on_threads(4) do |i|
      200.times do |n|
        if i.even?
          h.record(n)
        else
          h.watch(1) { |value| told << value }.unwatch
        end
      end
    end
    assert_equal 400, h.count
    h.record(1)
    told.clear
    assert_equal 402, h.record(1).count
    assert_empty told
  end

  test "a signal's trap may record" do
    h = histogram
    before = trap(:USR1) { h.record(7) }
    Process.kill(:USR1, Process.pid)
    Thread.pass until h.count == 1
    assert_equal 7, h.max
  ensure
    trap(:USR1, before || "DEFAULT")
  end

  test "a fiber may record" do
    h = histogram
    Fiber.new { h.record(1) }.resume
    assert_equal [1], Enumerator.new { |y| h.each_bucket { |bucket| y << bucket.value } }.take(5)
  end

  test "a child has a copy" do
    h = histogram.record(1)
    reader, writer = IO.pipe
    child = fork do
      reader.close
      seen = []
      h.watch(1) { |value| seen << value }
      writer.write([h.record(2).count, *seen, h.each_bucket.sum(&:count)].join(" "))
      writer.close
      exit!(0)
    end
    writer.close
    assert_equal "2 2 2", reader.read
    assert_predicate Process.wait2(child).last, :success?
    assert_equal 1, h.count
  end

  test "what is used for the first time is used by several threads at once" do
    said, status = program(<<~RUBY)
      TracePoint.new(:c_call) { Thread.pass }.enable
      h = TB::Histogram.new.record(1)
      [
        -> { TB::Histogram.new },
        -> { h.each_bucket { |bucket| bucket } },
        -> { h.each_bucket.next },
        -> { h.watch(1) { :stop } },
        -> { h.record(1) },
        -> { h.record(1 << 62) rescue $! },
        -> { TB::LogWriter.open(File::NULL) { |log| log.write(h, start: 0, seconds: 1) } },
      ].each { |use| Array.new(4) { Thread.new(&use) }.each(&:join) }
      puts :end
    RUBY
    assert_equal ["end\n", true], [said, status.success?]
  end

  test "another Ractor is told that it may not" do
    said, status = program(<<~RUBY)
      Warning[:experimental] = false
      ractor = Ractor.new do
        Thread.current.report_on_exception = false
        TB::Histogram.new.record(1).count
      end
      begin
        puts ractor.take
      rescue Ractor::RemoteError => e
        puts e.cause.class
      end
    RUBY
    assert_predicate status, :success?, said
    assert_includes %W[Ractor::UnsafeError\n Ractor::IsolationError\n], said
  end

  test "a program ends while threads record and are called back" do
    said, status = program(<<~RUBY)
      h = TB::Histogram.new
      h.record(1)
      inside = Thread::Queue.new
      h.watch(1) { inside << 1 }
      3.times { Thread.new { loop { h.record(1) } } }
      2.times { Thread.new { loop { h.each_bucket { inside << 2 } } } }
      100.times { inside.pop }
      puts "end"
    RUBY
    assert_includes said, "end\n"
    assert_predicate status, :success?
  end

  test "a program ends while a thread replays" do
    in_folder do |pipe|
      File.mkfifo(pipe)
      File.open(pipe, File::RDWR | File::NONBLOCK) do
        said, status = program("Thread.new { TB.replay_log(#{pipe.inspect}) }; sleep 0.1; puts :end")
        assert_equal ["end\n", true], [said, status.success?]
      end
    end
  end

  test "exit inside a block ends the program" do
    _, status = program("TB::Histogram.new.record(1).each_bucket { exit 3 }")
    assert_equal 3, status.exitstatus
    ends = "at_exit { exit! 4 if $!.is_a?(SystemExit) }"
    _, status = program("#{ends}; TB::Histogram.new.record(1).each_bucket { exit 3 }")
    assert_equal 4, status.exitstatus
  end
end
