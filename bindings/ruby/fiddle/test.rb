# frozen_string_literal: true

# What only this strategy can get wrong: the declarations, the look-up, the GVL, what cannot leave a callback.
# Everything else is tested by conformance/vectors and bindings/ruby/tests.

require "tollbridge_fiddle"
require_relative "../shared/test_support"
require_relative "test_layout"

class FiddleTest < CabiTest
  include Layout

  Histogram = TollbridgeFiddle::Histogram
  NATIVE = TollbridgeFiddle.const_get(:Native) # private, for all others
  WATCHERS = TollbridgeFiddle.const_get(:Watchers)

  FUNCTIONS_HERE = FUNCTIONS.keys.select { |name| NATIVE.const_defined?(name.upcase) }.to_h do |name|
    [name, NATIVE.const_get(name.upcase)]
  end.freeze

  FIELDS = {
    tb_error_field: %i[name kind number real text text_length],
    tb_error_details: %i[code name message message_length fields field_count],
    tb_config: %i[lowest highest significant_digits], tb_scan: %i[kind ticks step base],
    tb_summary: %i[count min max mean stdev p50 p90 p99 p999], tb_bucket: %i[value count total],
    tb_progress: %i[bytes total intervals], tb_bytes: %i[data length]
  }.freeze
  GIVEN = %i[tb_text].freeze

  def test_every_function_of_the_header_is_declared_with_as_many_arguments
    assert_operator FUNCTIONS.size, :>, 40
    found = FUNCTIONS_HERE.transform_values { |function| function.instance_variable_get(:@argument_types).size }
    assert_equal FUNCTIONS.transform_values(&:parameters), found
  end

  def test_what_waits_or_calls_back_lets_go_of_the_gvl
    marked = FUNCTIONS_HERE.select { |name, _| FUNCTIONS.fetch(name).waits }
    assert_includes marked, "tb_histogram_record"
    assert_includes marked, "tb_histogram_free"
    assert_empty(marked.select { |_, function| function.need_gvl? })
  end

  def test_structures_are_laid_out_as_in_the_header
    laid_out(NATIVE, FIELDS, GIVEN)
  end

  def test_sizes_are_those_of_the_formats
    NATIVE.constants.grep(/_SIZE\z/).each do |name|
      format = NATIVE.const_get(name.to_s.delete_suffix("_SIZE"))
      assert_equal Array.new(9, 0).pack(format).bytesize, NATIVE.const_get(name), name
    end
  end

  def test_another_abi_is_refused_and_both_numbers_named
    with_library("unsigned tb_abi_version(void) { return 7; }") do |library|
      said, = program('require "tollbridge_fiddle"', TOLLBRIDGE_LIBRARY: library)
      assert_includes said, "#{library} has ABI 7, but this bridge is for ABI 1 (LoadError)"
    end
  end

  def test_what_is_no_library_of_ours_is_a_load_error
    with_library("int other;") do |library|
      said, = program('require "tollbridge_fiddle"', TOLLBRIDGE_LIBRARY: library)
      assert_includes said, "#{library} is no C library of Tollbridge (LoadError)"
      said, = program('require "tollbridge_fiddle"', TOLLBRIDGE_LIBRARY: "#{library}.missing")
      assert_match(/cannot load the C library of Tollbridge .*\(LoadError\)/m, said)
    end
  end

  def test_the_end_of_the_interpreter_frees_what_is_left
    said, status = program(<<~RUBY)
      require "tollbridge_fiddle"
      h = TollbridgeFiddle::Histogram.new
      h.watch(1) { nil }
      h.record(1)
      $kept = [h, h.share, h.buckets.each.next, begin h.record(1 << 62) rescue $! end]
    RUBY
    assert_equal ["", true], [said, status.success?]
  end

  def test_a_watch_that_has_ended_leaves_no_key
    tokens = WATCHERS.instance_variable_get(:@tokens)
    homes = WATCHERS.instance_variable_get(:@homes)
    h = Histogram.new
    h.watch(1) { nil }
    before = [tokens.size, homes.size] # and less, when other tests' garbage goes
    100.times { h.watch(1) { nil }.unwatch }
    100.times { h.watch(1) { :stop } && h.record(1) }
    [tokens, homes].zip(before) { |table, size| assert_operator table.size, :<=, size }
  end

  # Ruby has no `rescue` for these; an `ensure` ends them, and the value that goes on is C's.
  def test_neither_throw_nor_break_leaves_a_watcher
    h = Histogram.new
    h.watch(1) { throw :out }
    h.watch(1) { break }
    thrown = true
    said = capture_subprocess_io do
      catch(:out) do
        h.record(5)
        thrown = false
      end
    end
    refute thrown
    assert_equal 2, said.last.scan("LocalJumpError").size
    assert_equal 1, h.count
  end

  def test_a_thread_that_is_killed_in_a_watcher_ends_when_c_has_returned
    h = Histogram.new
    inside = Thread::Queue.new
    h.watch(1) do
      inside << true
      sleep
    end
    went_on = false
    cleaned_up = false
    thread = Thread.new do
      h.record(5)
      went_on = true
    ensure
      cleaned_up = true
    end
    inside.pop
    thread.kill
    assert_raises(TollbridgeFiddle::ThreadKilled) { thread.join }
    assert_equal [false, true, 1], [went_on, cleaned_up, h.count]
    assert_empty WATCHERS.instance_variable_get(:@killed)
  end

  def test_trampolines_live_through_collection_and_compaction
    h = Histogram.new
    seen = []
    h.watch(1) { |value| seen << value }
    3.times do |i|
      GC.start
      GC.compact if GC.respond_to?(:compact)
      h.record(i + 1)
    end
    assert_equal [1, 2, 3], seen
  end

  def test_an_interrupt_comes_when_c_has_returned
    h = Histogram.new(significant_digits: 5)
    h.record_all([1, 2, 3])
    20.times do
      thread = Thread.new { loop { h.buckets.close } }
      thread.report_on_exception = false
      sleep 0.005
      thread.raise(IOError)
      assert_raises(IOError) { thread.join }
    end
    assert_equal 3, h.count
  end

  def test_a_copied_owner_is_none
    h = Histogram.new
    assert_raises(TypeError) { Marshal.dump(h.buckets) }
    assert_raises(TypeError) { Marshal.dump(h.watch(1) { nil }) }
  end
end
