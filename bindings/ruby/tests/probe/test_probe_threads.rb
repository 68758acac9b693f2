# frozen_string_literal: true

require_relative "../support"

# Threads that are none of Ruby's, other processes, the first use by several at once.
class ProbeThreadsTest < BridgeTest
  test "a watcher is told of what a thread that is none of Ruby's records" do
    needs("record_from_new_thread")
    h = histogram
    seen = []
    h.watch(1) do |value|
      seen << value
      h.summary
    end
    assert_nil TB::Probe.record_from_new_thread(h, 7)
    assert_equal [[7], 1], [seen, h.count]
    h.watch(1) { raise MyError, "mine" }
    assert_includes(reported { TB::Probe.record_from_new_thread(h, 7) }, "mine")
    refused(TB::OutOfRangeError) { TB::Probe.record_from_new_thread(h, 10**9) }
  end

  test "a child may be called from threads that are none of Ruby's" do
    needs("record_from_new_thread")
    needs("record_from_new_thread_after_fork")
    h = histogram
    seen = []
    h.watch(1) { |value| seen << value }
    TB::Probe.record_from_new_thread(h, 1)
    reader, writer = IO.pipe
    child = fork do
      TB::Probe.record_from_new_thread(h, 2)
      writer.write(seen.inspect)
      writer.close
      exit!(0)
    end
    writer.close
    assert_equal "[1, 2]", reader.read
    assert_predicate Process.wait2(child).last, :success?
  end

  test "a child may be called" do
    reader, writer = IO.pipe
    child = fork do
      reader.close
      writer.write(TB::Probe.call_back(3) { |i| i })
      writer.close
      exit!(0)
    end
    writer.close
    assert_equal "3", reader.read
    assert_predicate Process.wait2(child).last, :success?
  end

  test "what is used for the first time is used by several threads at once" do
    said, status = program(<<~RUBY)
      TracePoint.new(:c_call) { Thread.pass }.enable
      [-> { TB::Probe.make_points(1) }, -> { TB::Probe.make_shape(1) }].each do |use|
        Array.new(4) { Thread.new(&use) }.each(&:join)
      end
      puts :end
    RUBY
    assert_equal ["end\n", true], [said, status.success?]
  end

  test "exit inside a block ends the program" do
    _, status = program("at_exit { exit! 4 if $!.is_a?(SystemExit) }; TB::Probe.call_back(3) { exit 3 }")
    assert_equal 4, status.exitstatus
  end
end
