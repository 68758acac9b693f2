# frozen_string_literal: true

require "timeout"
require_relative "hazards"

# Hazards of what ends early: threads that are killed, programs that end, calls that an exception ends, the stack.
class Hazards
  # Seconds after which a thread that was ended goes on: its end was lost.
  PATIENCE = 5

  # What a thread is ended with from outside, by which kind of end.
  class Ended < StandardError; end

  # Bytes that may be more in use after many calls that were ended: what is not freed is far more.
  SLACK = 64 << 20

  def kill_during_calls
    end_threads(100) { calls }
  end

  def kill_while_raising
    end_threads(100) { errors }
  end

  def kill_while_releasing
    end_threads(100) { releases }
  end

  def kill_in_foreign_callback
    return unless @tb::Probe.respond_to?(:call_back_from_new_thread)

    @histogram.watch(1) { nil }
    end_threads(20) { foreign_callbacks }
  end

  def exit_while_raising = work_at_exit { errors }

  def exit_while_releasing = work_at_exit { releases }

  def exit_in_foreign_callback
    return unless @tb::Probe.respond_to?(:call_back_from_new_thread)

    @histogram.watch(1) { nil }
    work_at_exit { foreign_callbacks }
  end

  # Results of a few hundred kilobytes, and errors, each ended a moment after it began.
  def exception_before_free
    @histogram = @tb::Histogram.new(significant_digits: 4)
    @histogram.record_all(Array.new(50_000) { |i| (i + 1) * 70_000_000 })
    20.times { given }
    before = resident
    400.times do |i|
      Timeout.timeout(0.0005 * ((i % 20) + 1), Ended) { loop { given } }
      return "lost"
    rescue Ended
      return "wrong" if resident > LIMIT
    end
    GC.start
    resident - before < SLACK ? "right" : "wrong"
  end

  # Of a program's main thread first, then of one with a stack of its own, which has another size.
  def stack_end_in_callback
    [end_stack, Thread.new { end_stack }.value].find { |outcome| outcome != "right" } || "right"
  end

  private

  # ---- what threads do meanwhile

  # Ordinary calls.
  def calls
    made = @tb::Histogram.new(significant_digits: 4)
    made.record(5)
    failing { made.record(2**62) }
    @tb::Histogram.decode(made.encode).close
    made.each_bucket { |bucket| bucket }
    made.close
  end

  # Errors of the library's own, and Ruby's for a bad argument.
  def errors
    failing { @histogram.record(1001) }
    failing { @histogram.record(1.5) }
    failing { @histogram.record(-1) }
    failing { @histogram.record_n(1, 2**64) }
    failing { @histogram.tag = "a\xff" }
    failing { @histogram.tag = 7 }
    failing { @tb::Histogram.decode("none") }
    failing { @tb::Probe.fail(1) }
    failing { @histogram.buckets(7) }
  end

  def failing
    yield
  rescue @tb::Error, TypeError, RangeError
    nil
  end

  def releases
    @histogram.watch(1) { nil }.unwatch
    failing { @histogram.watch(2**62) { nil } }
    made = @histogram.share
    made.close
    @tb::Histogram.new(highest: 1000).close
  end

  def foreign_callbacks
    @tb::Probe.call_back_from_new_thread(3) { |i| i }
    @tb::Probe.record_from_new_thread(@histogram, 5)
  end

  def given
    @histogram.render(ticks: 100)
    @histogram.encode
    failing { @tb::Probe.fail(1) }
  end

  # ---- how they are ended

  # So often four threads that work on and on are ended, a moment after they began, by each means in turn.
  # They are four since most ends come where a thread gets the GVL back.
  def end_threads(times, &work)
    before = nil
    times.times do |i|
      threads = Array.new(4) { Thread.new { loop(&work) } }
      threads.each { |thread| thread.report_on_exception = false }
      sleep(0.0003 * (i % 13))
      return "lost" unless ended?(threads, i % 3)

      GC.start if (i % 10).zero?
      before = resident if i == 20
    end
    GC.start
    before && resident - before > SLACK ? "leak" : "right"
  end

  # Ends them, and whether they have ended so.
  def ended?(threads, means)
    ends = [nil, Ended, Timeout::Error]
    threads.each { |thread| means.zero? ? thread.kill : thread.raise(ends[means]) }
    threads.all? { |thread| how_it_ended(thread) == ends[means] }
  end

  def how_it_ended(thread)
    thread.join(PATIENCE) ? nil : :not
  rescue Ended, Timeout::Error => e
    e.class
  end

  # Threads work on while the interpreter ends.
  def work_at_exit(&work)
    started = Thread::Queue.new
    3.times do
      Thread.new do
        work.call
        started << true
        loop(&work)
      end
    end
    3.times { started.pop }
    sleep 0.05
    "right"
  end

  # ---- the stack

  def end_stack
    told = 0
    note = ->(value) { told += value }
    watching = @histogram.watch(1) { |value| note.call(value) }
    ends = [
      -> { go_down { @histogram.record(3) } },
      -> { go_down_in_blocks { @histogram.record(3) } },
      -> { @histogram.each_bucket { go_down { nil } } },
      -> { @histogram.each_bucket { go_down { @histogram.record(3) } } }
    ]
    return "wrong" unless ends.all? { |stack| ended_stack?(&stack) }

    told = 0
    @histogram.record(5)
    return "silent" unless told == 5

    watching.unwatch
    end_stack_in_watcher
  end

  # Inside a watcher: the error goes to the hook, and the record succeeds. The next watcher is told.
  def end_stack_in_watcher
    deep = @histogram.watch(1) { go_down { nil } }
    before = @histogram.count
    said = stderr { @histogram.record(5) }
    deep.unwatch
    told = 0
    watching = @histogram.watch(1) { |value| told += value }
    @histogram.record(7)
    watching.unwatch
    right = told == 7 && @histogram.count == before + 2 && said.include?("SystemStackError")
    right ? "right" : "silent"
  end

  # Whether the stack's end comes out of the call. What a watcher may have said of it is not looked at.
  def ended_stack?(&)
    stderr(&)
    false
  rescue SystemStackError
    true
  end

  # Calls the block on every frame of the way down.
  def go_down(&block)
    yield
    go_down(&block)
  end

  # The same with frames of Ruby's own C between.
  def go_down_in_blocks(&block)
    [nil].each do
      yield
      go_down_in_blocks(&block)
    end
  end
end
