# frozen_string_literal: true

require_relative "hazards"

# Hazards of what the garbage collector does not see, and of objects that are not as they should be.
class Hazards
  # Bytes that may be in use at any time.
  LIMIT = 2 << 30

  def forgotten_handles
    forget { |histogram| histogram }
  end

  def forgotten_cycles
    forget { |histogram| histogram.watch(1) { histogram } }
  end

  # Nothing but the calls refers to these histograms.
  def collected_during_call
    done = false
    collector = Thread.new { GC.start until done }
    20.times do
      return "wrong" unless @tb::Histogram.new.record_all(ONES).count == MANY
      return "wrong" unless @tb::Histogram.new(significant_digits: 5).record(1).render.include?("#[Max")
    end
    "right"
  ensure
    done = true
    collector.join
  end

  def callback_twice
    told = []
    callback = ->(value) { told << value }
    first, second = Array.new(2) { @histogram.watch(1, callback) }
    @histogram.record(5)
    ended = [first.unwatch]
    @histogram.record(6)
    ended << second.unwatch
    @histogram.record(7)
    told == [5, 5, 6] && ended == [true, true] ? "right" : "wrong"
  end

  # Of a class whose `initialize` does not call `super`, and by `allocate`.
  def never_initialised
    objects = [Class.new(@tb::Histogram) { def initialize; end }.new, @tb::Histogram.allocate]
    uses = %i[count tag encode share summary buckets lowest].map(&:to_proc)
    uses << ->(h) { h.record(1) } << ->(h) { h.tag = "a" } << ->(h) { h.watch(1) { nil } }
    uses << ->(h) { @histogram.merge(h) }
    objects.product(uses).each do |object, use|
      use.call(object)
      return "wrong"
    rescue @tb::ClosedError
      next
    end
    objects.each(&:inspect).each(&:close)
    objects.all?(&:closed?) ? objects.first.record(1) : "wrong"
  end

  # In a process that has used the library, callbacks on its own threads and Rust's too, and in one that has not.
  def null_dereference
    follow = 'require "fiddle"; $stderr.reopen(File::NULL); Fiddle::Pointer.new(8)[0, 1]'
    used = <<~RUBY
      require "#{@library}"
      histogram = #{@tb}::Histogram.new
      histogram.watch(1) { nil }
      histogram.record(5)
      foreign = #{@tb}::Probe.respond_to?(:call_back_from_new_thread)
      #{@tb}::Probe.call_back_from_new_thread(2) { |i| i } if foreign
      #{follow}
    RUBY
    how_it_ends(follow) == how_it_ends(used) ? "right" : "wrong"
  end

  private

  # Makes many, which the block may tie to themselves, and forgets each.
  def forget
    150.times do
      yield @tb::Histogram.new(significant_digits: 5).record(1)
      return "wrong" if resident > LIMIT
    end
    "right"
  end

  # Bytes in use by this process.
  def resident = File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i << 10

  # The signal or the status.
  def how_it_ends(program)
    child = Process.spawn(RbConfig.ruby, "-e", program, rlimit_core: 0)
    status = Process.wait2(child).last
    [status.termsig, status.exitstatus]
  end
end
