# frozen_string_literal: true

require_relative "support"
require "pathname"
require "zlib"

# Interval logs that are read: sums by tag, progress, and every way out.
class ReplayTest < BridgeTest
  HEAD = "#[Histogram log format version 1.3]\n"

  def counts(histograms) = histograms.transform_values(&:count)

  # A log of three tags with 10, 20 and 30 values in two intervals each.
  def in_log
    in_folder do |path|
      TB::LogWriter.open(path, start: 1000) do |writer|
        [0.0, 1.0].product([[10, "write"], [20, ""], [30, "read"]]) do |start, (count, tag)|
          h = histogram(tag:)
          writer.write(h.record_n(100 * count, count / 2), start:, seconds: 1.0)
        end
      end
      yield path
    end
  end

  # A pipe that has nothing to say, but does not end: what does not leave the replay of it hangs.
  def in_pipe
    in_folder do |path|
      File.mkfifo(path)
      File.open(path, File::RDWR | File::NONBLOCK) { yield path }
    end
  end

  test "sums come by tag in order" do
    in_log do |path|
      histograms = TB.replay_log(path)
      assert_equal [["", 20], ["read", 30], ["write", 10]], counts(histograms).to_a
      assert_equal histograms.keys, histograms.values.map(&:tag)
      assert_equal 31, histograms["read"].record(5).count
      assert_equal Encoding::UTF_8, histograms.keys.last.encoding
    end
  end

  test "gzip is read" do
    in_log do |path|
      Zlib::GzipWriter.open("#{path}.gz") { |gz| gz.write(File.binread(path)) }
      assert_equal counts(TB.replay_log(path)), counts(TB.replay_log("#{path}.gz"))
    end
  end

  test "a path comes in every form" do
    in_log do |path|
      assert_equal 3, TB.replay_log(Pathname(path)).size
      odd = "#{path}\xff".b
      File.rename(path, odd)
      assert_equal 3, TB.replay_log(odd).size
      assert_equal 3, TB.replay_log(odd.dup.force_encoding(Encoding::UTF_8)).size
      [nil, 5].each { |no_path| refused(TypeError) { TB.replay_log(no_path) } }
      refused(ArgumentError) { TB.replay_log("a\0b") }
    end
  end

  test "a missing file is told with its number" do
    error = refused(TB::IoError) { TB.replay_log("/missing/log.hlog") }
    assert_equal [Errno::ENOENT::Errno, "/missing/log.hlog"], [error.os_code, error.path]
  end

  test "a bad line is told with its number" do
    in_folder do |path|
      File.write(path, "#{HEAD}\n# more\nnonsense\n")
      error = refused(TB::MalformedLogError) { TB.replay_log(path) }
      assert_equal 4, error.line
      refute_empty error.reason
    end
  end

  test "progress comes before the first byte and after the last" do
    in_log do |path|
      seen = []
      threads = []
      TB.replay_log(path) do |progress|
        threads |= [Thread.current]
        seen << progress
      end
      size = File.size(path)
      assert_equal [TB::Progress.new(0, size, 0), TB::Progress.new(size, size, 6)], [seen.first, seen.last]
      assert_equal seen.sort_by(&:bytes), seen
      assert_equal [Thread.current], threads
    end
  end

  test "stop cancels, nothing else does" do
    in_log do |path|
      calls = 0
      refused(TB::CancelledError) { TB.replay_log(path) { (calls += 1) && :stop } }
      assert_equal 1, calls
      [nil, false, "stop", 0].each { |answer| assert_equal 3, TB.replay_log(path) { answer }.size }
    end
  end

  test "a block leaves as it does in Ruby" do
    in_log do |path|
      assert_equal(:out, TB.replay_log(path) { break :out })
      assert_equal(:out, catch(:tag) { TB.replay_log(path) { throw :tag, :out } })
      [MyError, SystemExit, NoMemoryError].each do |kind|
        mine = kind.new("mine")
        assert_same mine, assert_raises(kind) { TB.replay_log(path) { raise mine } }
      end
      assert_equal 3, TB.replay_log(path).size
    end
  end

  test "a block may replay and write" do
    in_log do |path|
      inner = nil
      TB.replay_log(path) do
        inner ||= counts(TB.replay_log(path))
        TB::LogWriter.open("#{path}2") { |writer| writer.write(histogram, start: 0, seconds: 1) }
      end
      assert_equal counts(TB.replay_log(path)), inner
    end
  end

  test "a block may fork" do
    in_log do |path|
      child = nil
      replayed = TB.replay_log(path) { child ||= fork { exit!(0) } }
      assert_equal [3, true], [replayed.size, Process.wait2(child).last.success?]
    end
  end

  test "a child of fork goes on with a replay, or is told that it cannot" do
    in_log do |path|
      said, status = program(<<~RUBY)
        child = status = nil
        begin
          TB.replay_log(#{path.inspect}) do
            next if child

            child = fork || :child
            # Both have one place in the file: what the child reads is gone for the parent.
            status = Process.wait2(child).last.exitstatus unless child == :child
          end
          exit!(status || 0)
        rescue ThreadError
          exit!(7)
        end
      RUBY
      assert_empty said
      assert_includes [0, 7], status.exitstatus
    end
  end

  test "other threads run while a pipe has nothing to say" do
    in_pipe do |pipe|
      ticks = Thread::Queue.new
      thread = Thread.new { TB.replay_log(pipe) { |progress| (ticks << progress) && :stop if ticks.size > 2 } }
      thread.report_on_exception = false
      waiting = Thread.new { TB.replay_log(pipe) { |progress| ticks << progress } }
      waiting.report_on_exception = false
      assert_equal 0, ticks.pop.total
      2.times { ticks.pop }
      [thread, waiting].each(&:kill).each(&:join)
    end
  end

  test "a pipe is read to its end" do
    in_log do |path|
      pipe = "#{path}.pipe"
      File.mkfifo(pipe)
      writer = Thread.new { File.open(pipe, "wb") { |file| file.write(File.binread(path)) } }
      assert_equal({ "" => 20, "read" => 30, "write" => 10 }, counts(TB.replay_log(pipe)))
      writer.join
    end
  end

  [true, false].each do |with_block|
    block = with_block ? proc { nil } : nil
    how = with_block ? "with a block" : "without a block"

    test "a time limit ends it #{how}" do
      in_pipe do |pipe|
        assert_raises(MyError) { Timeout.timeout(0.1, MyError) { TB.replay_log(pipe, &block) } }
      end
    end

    test "Thread#raise comes out of it #{how}" do
      in_pipe do |pipe|
        mine = MyError.new("mine")
        raised = nil
        thread = Thread.new do
          TB.replay_log(pipe, &block)
        rescue MyError => e
          raised = e
        end
        sleep 0.1
        thread.raise(mine)
        thread.join
        assert_same mine, raised
      end
    end

    test "Thread#kill ends it #{how}" do
      in_pipe do |pipe|
        ensured = false
        thread = Thread.new do
          TB.replay_log(pipe, &block)
        ensure
          ensured = true
        end
        sleep 0.1
        thread.kill.join
        assert_nil thread.value
        assert ensured
      end
    end

    test "Ctrl-C ends it #{how}" do
      in_pipe do |pipe|
        said, status = program(<<~RUBY)
          Thread.new { sleep 0.2; Process.kill(:INT, Process.pid) }
          begin
            TB.replay_log(#{pipe.inspect}) #{"{ nil }" if with_block}
          rescue Interrupt
            puts :interrupted
          end
        RUBY
        assert_equal ["interrupted\n", true], [said, status.success?]
      end
    end
  end

  test "a trap runs meanwhile" do
    in_pipe do |pipe|
      said, = program(<<~RUBY)
        trap(:USR1) { $stderr.puts "trapped"; exit!(0) }
        Thread.new { sleep 0.2; Process.kill(:USR1, Process.pid) }
        TB.replay_log(#{pipe.inspect})
      RUBY
      assert_equal "trapped\n", said
    end
  end

  test "the memory of the sums has a limit" do
    in_folder do |path|
      h = TB::Histogram.new
      TB::LogWriter.open(path) do |writer|
        300.times do |n|
          h.tag = "tag #{n}"
          writer.write(h, start: 0, seconds: 1)
        end
      end
      assert_equal 300, TB.replay_log(path).size
      assert_equal 300, TB.replay_log(path, memory_limit: (2**64) - 1).size
      error = refused(TB::TooManyError) { TB.replay_log(path, memory_limit: 2**26) }
      assert_equal ["memory_limit", 2**26], [error.what, error.limit]
      [-1, 2**64].each { |wrong| refused(RangeError) { TB.replay_log(path, memory_limit: wrong) } }
      refused(TypeError) { TB.replay_log(path, memory_limit: 1.5) }
    end
  end

  test "several threads may replay" do
    in_log do |path|
      expected = counts(TB.replay_log(path))
      on_threads(4) { counts(TB.replay_log(path) { nil }) }.each { |found| assert_equal expected, found }
    end
  end
end

# Interval logs that are written.
class LogWriterTest < BridgeTest
  test "what is written is read" do
    in_folder do |path|
      h = histogram(tag: "checkout").record_all([1, 20, 300_000])
      writer = TB::LogWriter.new(path, start: 1500.25)
      writer.write(h, start: 0.5, seconds: 1.0)
      assert_nil writer.write(h, start: 3/2r, seconds: 1)
      again = TB.replay_log(path) # nothing is buffered
      assert_equal [["checkout"], 6], [again.keys, again["checkout"].count]
      assert_includes File.read(path), "#[StartTime: 1500.250 (seconds since epoch)]"
      writer.close
    end
  end

  test "it begins at a Time, or now" do
    in_folder do |path|
      TB::LogWriter.new(path, start: Time.at(1500, 250, :millisecond)).close
      assert_includes File.read(path), "StartTime: 1500.250"
      before = Time.now.to_f
      TB::LogWriter.new(path).close
      start = File.read(path)[/StartTime: ([\d.]+)/, 1].to_f
      assert_includes (before - 0.001)..(Time.now.to_f + 0.001), start
    end
  end

  test "open closes it" do
    in_folder do |path|
      kept = nil
      answer = TB::LogWriter.open(path, start: 0) do |writer|
        refute_predicate writer, :closed?
        kept = writer
        :answer
      end
      assert_equal :answer, answer
      assert_predicate kept, :closed?
      assert_raises(MyError) { TB::LogWriter.open(path) { |writer| (kept = writer) && raise(MyError) } }
      assert_predicate kept, :closed?
      refute_predicate TB::LogWriter.open(path), :closed?
    end
  end

  test "a closed writer says so" do
    in_folder do |path|
      h = histogram
      writer = TB::LogWriter.new(path)
      assert_nil writer.close
      writer.close
      refused(TB::ClosedError) { writer.write(h, start: 0, seconds: 1) }
      h.close
      TB::LogWriter.open(path) { |open| refused(TB::ClosedError) { open.write(h, start: 0, seconds: 1) } }
    end
  end

  test "times are finite and from 0" do
    in_folder do |path|
      [Float::NAN, Float::INFINITY, -1].each do |number|
        refused(TB::InvalidArgumentError) { TB::LogWriter.new(path, start: number) }
        TB::LogWriter.open(path) do |writer|
          size = File.size(path)
          refused(TB::InvalidArgumentError) { writer.write(histogram, start: number, seconds: 1) }
          refused(TB::InvalidArgumentError) { writer.write(histogram, start: 0, seconds: number) }
          assert_equal size, File.size(path)
        end
      end
      ["0", nil, true].each { |number| refused(TypeError) { TB::LogWriter.new(path, start: number) } }
      TB::LogWriter.open(path) do |writer|
        [nil, 5, "histogram"].each { |none| refused(TypeError) { writer.write(none, start: 0, seconds: 1) } }
      end
    end
  end

  test "what cannot be written is told with its number" do
    in_folder do |path|
      folder = File.dirname(path)
      assert_equal Errno::EISDIR::Errno, refused(TB::IoError) { TB::LogWriter.new(folder) }.os_code
    end
    refused(ArgumentError) { TB::LogWriter.new("a\0b") }
    [nil, 5].each { |no_path| refused(TypeError) { TB::LogWriter.new(no_path) } }
    skip "there is no full device" unless File.exist?("/dev/full")
    assert_equal Errno::ENOSPC::Errno, refused(TB::IoError) { TB::LogWriter.new("/dev/full") }.os_code
  end

  test "several threads may write" do
    in_folder do |path|
      h = histogram.record(5)
      TB::LogWriter.open(path) do |writer|
        on_threads(4) { 100.times { |i| writer.write(h, start: i, seconds: 1) } }
      end
      assert_equal 400, TB.replay_log(path)[""].count
    end
  end

  test "it can be closed while others write" do
    in_folder do |path|
      h = histogram.record(5)
      writer = TB::LogWriter.new(path)
      threads = Array.new(3) do
        Thread.new do
          written = 0
          loop { written += 1 if writer.write(h, start: 0, seconds: 1).nil? }
        rescue TB::ClosedError
          written
        end
      end
      sleep 0.02
      writer.close
      written = threads.sum(&:value)
      assert_equal written, TB.replay_log(path).fetch("", histogram).count
    end
  end

  test "one that was never made is closed" do
    writer = TB::LogWriter.allocate
    assert_raises(TB::ClosedError) { writer.write(histogram, start: 0, seconds: 1) }
  end
end
