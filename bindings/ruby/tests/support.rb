# frozen_string_literal: true

require "minitest"
require "open3"
require "rbconfig"
require "timeout"
require "tmpdir"

# What the tests of all bridges have in common. TB is the bridge's module.
class BridgeTest < Minitest::Test
  # Seconds after which something that should end hangs.
  PATIENCE = 60

  # What a strategy cannot do, by operation; its bridge.toml explains.
  UNSUPPORTED = TB.const_defined?(:UNSUPPORTED, false) ? TB::UNSUPPORTED : {}

  # What callbacks raise here.
  class MyError < StandardError; end

  # A test, and after how many seconds it hangs.
  def self.test(name, patience: PATIENCE, &body)
    define_method("test_#{name.tr(" ", "_")}") { Timeout.timeout(patience) { instance_exec(&body) } }
  end

  def histogram(**config) = TB::Histogram.new(highest: 1_000_000, **config)

  # Skips where the bridge declares that it cannot.
  def needs(operation)
    skip "unsupported: #{UNSUPPORTED[operation]}" if UNSUPPORTED.key?(operation)
  end

  # What is raised, which is of this very class.
  def refused(error, &block)
    raised = assert_raises(error, &block)
    assert_instance_of error, raised
    raised
  end

  # What is printed to stderr meanwhile, by Ruby or Rust.
  def reported(&block) = capture_subprocess_io(&block).last

  # What the block answers on each of so many threads, all started together.
  def on_threads(count)
    gate = Thread::Queue.new
    threads = Array.new(count) do |i|
      Thread.new do
        gate.pop
        yield i
      end
    end
    gate.close
    threads.map(&:value)
  end

  # How many of the objects that the block makes, one a call, are left after a collection.
  #
  # The collector looks for references on stacks too, so they are made on one that is gone by then, and a
  # few may be left all the same.
  def survivors(count)
    alive = count
    gone = proc { alive -= 1 }
    Thread.new do
      count.times { |i| ObjectSpace.define_finalizer(yield(i), gone) }
      nil
    end.join
    3.times { GC.start }
    alive
  end

  # How another interpreter ends that has loaded the bridge, and what it prints. One that hangs is killed.
  def program(source)
    Open3.popen2e(RbConfig.ruby, "-r", LIBRARY, "-e", "TB = #{TB}\n#{source}") do |stdin, output, ended|
      stdin.close
      killer = Thread.new { Process.kill(:KILL, ended.pid) unless ended.join(PATIENCE / 2) }
      said = output.read
      killer.join
      [said, ended.value]
    end
  end

  # A path in a folder that is gone afterwards.
  def in_folder
    Dir.mktmpdir { |folder| yield File.join(folder, "log.hlog") }
  end
end
