# frozen_string_literal: true

require_relative "../support"

# Blocks that are called while a call runs.
class CallbacksTest < BridgeTest
  test "a block is asked in order, and its answers are added" do
    seen = []
    assert_equal 30, TB::Probe.call_back(5) { |i| (seen << i) && (i * 3) }
    assert_equal [0, 1, 2, 3, 4], seen
    assert_equal 0, TB::Probe.call_back(0) { flunk }
    assert_equal 2**64 - 2, TB::Probe.call_back(2) { (2**64) - 1 }
  end

  test "stop stops" do
    seen = []
    assert_nil(TB::Probe.call_back(5) { |i| i == 2 ? :stop : (seen << i).size })
    assert_equal [0, 1], seen
  end

  test "a block leaves as it does in Ruby" do
    assert_equal(:out, TB::Probe.call_back(5) { break :out })
    assert_equal(:out, catch(:tag) { TB::Probe.call_back(5) { throw :tag, :out } })
    assert_equal :returned, leave_by_return
    assert_equal(3, TB::Probe.call_back(3) { next 1 })
    [MyError, SystemExit, Interrupt].each do |kind|
      mine = kind.new("mine")
      assert_same mine, assert_raises(kind) { TB::Probe.call_back(5) { raise mine } }
      assert_includes mine.backtrace.first, File.basename(__FILE__)
    end
  end

  # Ruby looks for none while it runs this block: it finds them on the way there and back.
  test "interrupts between two calls of a block are not lost" do
    block = 1.method(:+)
    20.times do |i|
      began = false
      thread = Thread.new do
        loop { (began = true) && TB::Probe.call_back(1000, &block) }
      rescue MyError
        :raised
      end
      thread.report_on_exception = false
      Thread.pass until began
      i.even? ? thread.raise(MyError) : thread.kill
      ended = begin
        thread.value
      rescue Exception => e # rubocop:disable Lint/RescueException -- However the thread is killed.
        e.message[/killed/] && nil
      end
      assert_equal [i.even? ? :raised : nil], [ended]
    end
    assert_equal 3, TB::Probe.call_back(3) { 1 }
  end

  test "what a block answers must be a number" do
    [nil, 1.5, "1", :go].each { |answer| refused(TypeError) { TB::Probe.call_back(3) { answer } } }
    [-1, 2**64].each { |answer| refused(RangeError) { TB::Probe.call_back(3) { answer } } }
  end

  test "blocks nest" do
    assert_equal 9, TB::Probe.call_back(3) { TB::Probe.call_back(3) { 1 } }
    assert_equal(:out, TB::Probe.call_back(3) { TB::Probe.call_back(3) { break :inner } && (break :out) })
    assert_raises(MyError) { TB::Probe.call_back(3) { TB::Probe.call_back(3) { raise MyError } } }
    assert_equal 3, TB::Probe.call_back(3) { 1 }
  end

  test "a block is needed" do
    assert_raises(LocalJumpError, TypeError, ArgumentError) { TB::Probe.call_back(3) }
  end

  test "a thread that is none of Ruby's can call a block" do
    needs("call_back_from_new_thread")
    seen = []
    assert_equal 30, TB::Probe.call_back_from_new_thread(5) { |i| (seen << i) && (i * 3) }
    assert_equal [0, 1, 2, 3, 4], seen
    assert_nil(TB::Probe.call_back_from_new_thread(5) { :stop })
    mine = MyError.new("mine")
    assert_same mine, assert_raises(MyError) { TB::Probe.call_back_from_new_thread(5) { raise mine } }
    assert_equal 3, TB::Probe.call_back_from_new_thread(3) { 1 }
    refused(TypeError) { TB::Probe.call_back_from_new_thread(3) { nil } }
  end

  test "such a block may do anything" do
    needs("call_back_from_new_thread")
    h = histogram
    assert_equal 6, TB::Probe.call_back_from_new_thread(3) { |i| h.record(i).count }
    assert_equal(6, TB::Probe.call_back_from_new_thread(3) { |i| Thread.new { i + 1 }.value })
    assert_equal(3, TB::Probe.call_back_from_new_thread(3) { GC.start || 1 })
  end

  test "several threads may wait for such blocks" do
    needs("call_back_from_new_thread")
    assert_equal [300] * 4, on_threads(4) { TB::Probe.call_back_from_new_thread(100) { 3 } }
  end

  # A strategy that cannot have another thread refuses; to wait would be for ever.
  test "a program that kills all other threads does not hang in such a block" do
    needs("call_back_from_new_thread")
    said, status = program(<<~RUBY)
      use = lambda do
        puts TB::Probe.call_back_from_new_thread(3) { 1 }
        puts TB::Probe.record_from_new_thread(TB::Histogram.new, 1).inspect
      rescue ThreadError
        puts :refused
      end
      use.call
      (Thread.list - [Thread.current]).each { |thread| thread.kill.join }
      use.call
    RUBY
    assert_includes %W[3\nnil\n3\nnil\n 3\nnil\nrefused\n], said
    assert_predicate status, :success?
  end

  test "such a block waits for another, or is told that it cannot" do
    needs("call_back_from_new_thread")
    said, status = program(<<~RUBY)
      outer = ->(inner) { TB::Probe.call_back_from_new_thread(1, &inner) rescue $!.class }
      p outer.call(->(_) { TB::Probe.call_back_from_new_thread(3) { 1 } })
      p outer.call(->(_) { TB::Probe.record_from_new_thread(TB::Histogram.new, 1) || 3 })
      p outer.call(->(_) { 3 })
    RUBY
    assert_includes %W[3\n3\n3\n ThreadError\nThreadError\n3\n], said
    assert_predicate status, :success?
  end

  test "break and throw of such a block become exceptions" do
    needs("call_back_from_new_thread")
    assert_raises(LocalJumpError) { TB::Probe.call_back_from_new_thread(3) { break } }
    assert_raises(UncaughtThrowError) { catch(:out) { TB::Probe.call_back_from_new_thread(3) { throw :out } } }
    assert_equal 3, TB::Probe.call_back_from_new_thread(3) { 1 }
  end

  test "a thread that is killed in such a block dies alone" do
    needs("call_back_from_new_thread")
    raised = assert_raises(Exception) { TB::Probe.call_back_from_new_thread(3) { Thread.current.kill } }
    assert_match(/killed/, raised.message)
    assert_equal 3, TB::Probe.call_back_from_new_thread(3) { 1 }
  end

  private

  def leave_by_return
    TB::Probe.call_back(5) { return :returned }
  end
end
