# frozen_string_literal: true

# The same of what only tests and timing need: its declarations, and what leaves its callbacks.

require_relative "tollbridge_ffi_probe"
require_relative "../../shared/test_support"

class FFIProbeTest < CabiTest
  Histogram = TollbridgeFFI::Histogram
  Probe = TollbridgeFFI::Probe
  NATIVE = TollbridgeFFI.const_get(:Native) # private, for all others

  HEADER = "tollbridge/probe.h"
  PROBES = functions(HEADER).merge(functions("tollbridge/fault.h")).freeze
  # It calls back on the thread that calls it, and waits for nothing: the GVL may stay.
  CALLS_BACK_HERE = %w[tb_probe_call_back].freeze

  def test_the_library_has_none_of_it
    said, status = program(<<~RUBY)
      require "tollbridge_ffi"
      names = [TollbridgeFFI, TollbridgeFFI.const_get(:Native)].flat_map { |each| each.constants(false) + each.singleton_methods(false) }
      puts names.size, names.grep(/probe|fault/i)
    RUBY
    assert_predicate status, :success?, said
    size, *found = said.split
    assert_operator size.to_i, :>, 40
    assert_empty found
  end

  def test_every_function_of_the_headers_is_declared_with_as_many_arguments
    assert_operator PROBES.size, :>, 25
    found = NATIVE::DECLARED.to_h { |name, (parameters, _)| [name.to_s, parameters] }
    assert_equal PROBES.transform_values(&:parameters), found.except(*FUNCTIONS.keys)
  end

  def test_what_waits_or_calls_back_lets_go_of_the_gvl
    marked = PROBES.except(*CALLS_BACK_HERE).select { |_, function| function.waits }.keys
    assert_includes marked, "tb_fault_panic_while_locked"
    assert_empty(marked.select { |name| NATIVE::DECLARED[name.to_sym].last })
  end

  def test_structures_are_laid_out_as_in_the_header
    sizes = %i[tb_f64s tb_points tb_map].to_h { |name| [name, NATIVE::Given.size] }
    { tb_point: NATIVE::POINT, tb_entry: NATIVE::ENTRY }.each do |name, format|
      sizes[name] = Array.new(9, 0).pack(format).bytesize
    end
    sizes[:tb_shape] = NATIVE::Shape.size
    prints = sizes.keys.map { |name| %(printf("%zu\\n", sizeof(#{name}));) }
    prints += NATIVE::Shape.members.map { |field| %(printf("%zu\\n", offsetof(tb_shape, #{field}));) }
    assert_equal [*sizes.values, *NATIVE::Shape.offsets.map(&:last)].map(&:to_s), c_program(prints, HEADER)
  end

  def test_what_leaves_a_callback_on_a_foreign_thread_comes_out_as_an_exception
    assert_raises(UncaughtThrowError) { catch(:out) { Probe.call_back_from_new_thread(3) { throw :out } } }
    assert_raises(LocalJumpError) { Probe.call_back_from_new_thread(3) { break } }
    assert_raises(TollbridgeFFI::ThreadKilled) { Probe.call_back_from_new_thread(3) { Thread.exit } }
    assert_equal 3, Probe.call_back_from_new_thread(3) { |i| i }
    assert_empty Probe.const_get(:RUNNING)
  end

  def test_after_fork_nobody_waits_for_a_thread_that_is_gone
    child = fork do
      Probe.record_from_new_thread(Histogram.new, 1)
    rescue ThreadError
      exit!(7)
    end
    status = Process.wait2(child).last
    assert_includes [0, 7], status.exitstatus # a later ruby-ffi starts another
  end

  def test_leaving_a_callback_of_this_thread_is_plain_ruby
    assert_equal(:thrown, catch(:out) { Probe.call_back(10) { |i| i == 3 ? throw(:out, :thrown) : 1 } })
    assert_equal(:broken, Probe.call_back(10) { break :broken })
    Thread.current[:ours] = true
    assert_equal(3, Probe.call_back(3) { Thread.current[:ours] ? 1 : 0 })
  end
end
