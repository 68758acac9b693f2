# frozen_string_literal: true

require "fiddle"
require "fileutils"
require "open3"
require "rbconfig"
require "tempfile"
require "tmpdir"

# Hazards of conformance/hazards.toml as Ruby meets them, one public method each: `hazard <name> h`.
#
# What is missing here cannot be said in Ruby: bridge.toml tells why.
class Hazards
  MANY = 2_000_000
  ONES = ([1].pack("Q") * MANY).freeze

  # What callbacks raise here.
  class MyError < StandardError; end

  # Does what should not be done and says what came of it; nil where it cannot be said.
  #
  # The library's own errors are the caller's to report.
  def self.run(tb, library, name, histogram)
    deed = name.tr("-", "_")
    return unless public_method_defined?(deed, false)

    new(tb, library, histogram).public_send(deed)
  rescue tb::Error
    raise
  rescue StandardError, NoMemoryError => e # whichever the host has for it is what is asked
    "exception #{e.class}"
  end

  def initialize(tb, library, histogram)
    @tb = tb
    @library = library
    @histogram = histogram
  end

  # ---- panics and callbacks

  def panic_in_destructor
    said = stderr do
      # On a stack that is gone when garbage is collected.
      Thread.new { @tb::Fault::PanicsWhenDropped.new }.join
      GC.start
    end
    said.include?("dropped") ? "reported" : "right"
  end

  def exception_in_watcher
    @histogram.watch(1) { raise MyError, "mine" }
    said = stderr { @histogram.record(5) }
    said.include?("MyError") ? "reported" : "wrong"
  end

  # By throw, by break, and by what ends a program.
  def nonlocal_exit
    mine = SystemExit.new(3)
    thrown = catch(:out) { @histogram.each_bucket { throw :out, :thrown } }
    broken = @histogram.each_bucket { break :broken }
    begin
      @histogram.each_bucket { raise mine }
    rescue SystemExit => e
      return "raised" if [thrown, broken] == %i[thrown broken] && e.equal?(mine)
    end
    "wrong"
  end

  def buffer_resized_in_callback
    values = [1, 2, 3].pack("Q*")
    @histogram.watch(1) do
      values.replace("-".b * 100_000)
    rescue RuntimeError
      nil # as long as it is borrowed, it may be locked
    end
    @histogram.record_all(values)
    "right"
  end

  # ---- arguments

  def null_with_length
    @histogram.record_all(nil)
    "right"
  end

  def misaligned_pointer
    values = "-".b.concat([1, 2, 3].pack("Q*")).byteslice(1, 24)
    raise "it is aligned" if (Fiddle::Pointer[values].to_i % 8).zero?

    @histogram.record_all(values)
    "right"
  end

  def length_above_isize_max
    @histogram.record_all("-".b * (2**63))
    "right"
  end

  def enum_7
    @histogram.buckets(7)
    "right"
  end

  def bool_2
    @tb::Probe.make_str(3, 2)
    "right"
  end

  # ---- lifetimes

  def use_after_close
    @histogram.close
    @histogram.record(1)
    "right"
  end

  def double_close
    @histogram.close
    @histogram.close
    "right"
  end

  def close_during_call
    20.times do |delay|
      handle = @histogram.share
      before = @histogram.count
      thread = Thread.new do
        handle.record_all(ONES)
      rescue @tb::ClosedError
        nil # on a slow machine the close may have come first
      end
      sleep(delay / 1000.0)
      handle.close
      thread.join
      return "wrong" unless [0, MANY].include?(@histogram.count - before)
    end
    @histogram.empty? ? "wrong" : "right"
  end

  def finalizer_on_another_thread
    GC.disable
    1000.times { @histogram.share }
    GC.enable
    collector = Thread.new { GC.start }
    1000.times { @histogram.record(1) }
    collector.join
    "right"
  end

  # ---- threads and processes

  def fork_while_locked
    20.times do
      thread = Thread.new { 4.times { @histogram.record_all(ONES) } }
      sleep 0.01
      child = fork do
        @histogram.record(1)
        exit!(0)
      end
      ended = ended_within(1, child)
      thread.join
      return "hang" unless ended
      return "crash" if ended.signaled?
    end
    "right"
  end

  # What a Ruby thread runs as it ends is its `ensure`; one that is killed runs it too.
  def thread_exit
    threads = Array.new(100) do
      Thread.new do
        sleep
      ensure
        @histogram.record(1)
      end
    end
    Thread.pass until threads.all?(&:stop?)
    threads.each(&:kill).each(&:join)
    "right"
  end

  # In a process of its own, since the size is set when Ruby starts; 128 KiB is the least that it takes.
  def small_stack
    encoded = ruby({ "RUBY_THREAD_MACHINE_STACK_SIZE" => (128 * 1024).to_s }, <<~RUBY)
      tb = #{@tb}
      histogram = tb::Histogram.new(lowest: 1, highest: 1000, significant_digits: 3)
      Thread.new do
        histogram.record(5)
        histogram.merge(histogram)
        histogram.each_bucket { |_bucket| nil }
        histogram.render
        histogram.encode
        begin
          histogram.record(1001)
        rescue tb::OutOfRangeError => e
          raise "wrong" unless e.value == 1001
        end
      end.join
      $stdout.binmode.write(histogram.encode)
    RUBY
    @histogram.merge(@tb::Histogram.decode(encoded))
    "right"
  end

  def callback_at_exit
    call_back_at_exit { nil }
  end

  def callback_never_ends
    call_back_at_exit { loop { sleep 0.001 } }
  end

  # ---- more than one library

  # The module again under its own name, of copies of its files: the first is a constant no more.
  def two_copies
    product = @library.delete_suffix("_probe") # what users have twice
    lib = File.dirname($LOADED_FEATURES.find { |path| path.end_with?("/#{product}.rb") })
    Dir.mktmpdir do |folder|
      system("cp", "-RL", "#{lib}/.", folder) # what is a link in lib/ is a file there
      ENV["TOLLBRIDGE_LIBRARY"] = copy_into(folder, @tb.library_path) if @tb.respond_to?(:library_path)
      $LOAD_PATH.unshift(folder)
      $LOADED_FEATURES.reject! { |path| path.start_with?("#{lib}/") }
      Object.__send__(:remove_const, @tb.name)
      require product
      @histogram.merge(Object.const_get(@tb.name)::Histogram.new)
    end
    "right"
  end

  def abi_skew
    return unless @tb.respond_to?(:library_path)

    Dir.mktmpdir do |folder|
      library = "#{folder}/libtollbridge.so"
      source = "unsigned tb_abi_version(void) { return 2; }"
      _, compiled = Open3.capture2("cc", "-shared", "-fPIC", "-xc", "-", "-o", library, stdin_data: source)
      raise "cc failed" unless compiled.success?

      said = ruby({ "TOLLBRIDGE_LIBRARY" => library }, "puts :loaded")
      said.match?(/ABI 2/) && said.match?(/ABI 1/) ? "exception #{said[/\((\w+)\)/, 1]}" : "wrong"
    end
  end

  private

  def copy_into(folder, file)
    FileUtils.cp(file, folder)
    File.join(folder, File.basename(file))
  end

  # What another interpreter prints that has loaded the library, or has failed to.
  def ruby(env, program)
    said, = Open3.capture2e(env, RbConfig.ruby, "-r", @library, "-e", program, binmode: true)
    said
  end

  # What is written to the descriptor meanwhile, by whomever.
  def stderr
    kept = $stderr.dup
    Tempfile.create do |file|
      $stderr.reopen(file)
      yield
      File.read(file.path)
    ensure
      $stderr.reopen(kept)
    end
  end

  # How a child ended, or nil: it is ended then.
  def ended_within(seconds, child)
    (seconds * 100).times do
      _, status = Process.wait2(child, Process::WNOHANG)
      return status if status

      sleep 0.01
    end
    Process.kill(:KILL, child)
    Process.wait(child)
    nil
  end

  # Threads are inside a visitor and a watcher while the interpreter ends.
  def call_back_at_exit(&callback)
    inside = Thread::Queue.new
    @histogram.record(1)
    @histogram.watch(1) do
      inside << :watcher
      callback.call
    end
    Thread.new do
      loop do
        @histogram.each_bucket do
          inside << :visitor
          callback.call
        end
      end
    end
    Thread.new { loop { @histogram.record(1) } }
    seen = []
    seen |= [inside.pop] until seen.size == 2
    sleep 0.05
    "right"
  end
end
