# frozen_string_literal: true

# The same of what only tests and timing need: its declarations, and what leaves its callbacks.

require_relative "tollbridge_fiddle_probe"
require_relative "../../shared/test_support"
require_relative "../test_layout"

class FiddleProbeTest < CabiTest
  include Layout

  Probe = TollbridgeFiddle::Probe
  NATIVE = TollbridgeFiddle.const_get(:Native) # private, for all others

  HEADER = "tollbridge/probe.h"
  ABSENT = TollbridgeFiddle::UNSUPPORTED.keys.map { |name| "tb_probe_#{name}" }.freeze
  PROBES = functions(HEADER).merge(functions("tollbridge/fault.h")).except(*ABSENT).freeze
  FUNCTIONS_HERE = (NATIVE.constants.grep(/\ATB_/) - FUNCTIONS.keys.map { |name| name.upcase.to_sym }).to_h do |name|
    [name.to_s.downcase, NATIVE.const_get(name)]
  end.freeze
  # It calls back on the thread that calls it, and waits for nothing: the GVL may stay.
  CALLS_BACK_HERE = %w[tb_probe_call_back].freeze

  FIELDS = {
    tb_point: %i[id x y flags], tb_shape: %i[kind radius text text_length], tb_entry: %i[key key_length value]
  }.freeze

  def test_the_library_has_none_of_it
    said, status = program(<<~RUBY)
      require "tollbridge_fiddle"
      names = [TollbridgeFiddle, TollbridgeFiddle.const_get(:Native)].flat_map { |each| each.constants(false) + each.singleton_methods(false) }
      puts names.size, names.grep(/probe|fault/i)
    RUBY
    assert_predicate status, :success?, said
    size, *found = said.split
    assert_operator size.to_i, :>, 40
    assert_empty found
  end

  def test_every_function_of_the_headers_is_declared_with_as_many_arguments
    assert_operator PROBES.size, :>, 20
    found = FUNCTIONS_HERE.transform_values { |function| function.instance_variable_get(:@argument_types).size }
    assert_equal PROBES.transform_values(&:parameters), found
  end

  def test_what_waits_or_calls_back_lets_go_of_the_gvl
    marked = FUNCTIONS_HERE.except(*CALLS_BACK_HERE).select { |name, _| PROBES.fetch(name).waits }
    assert_includes marked, "tb_fault_panic_while_locked"
    assert_empty(marked.select { |_, function| function.need_gvl? })
  end

  def test_structures_are_laid_out_as_in_the_header
    laid_out(NATIVE, FIELDS, %i[tb_f64s tb_points tb_map], HEADER)
  end

  # Fiddle would abort the process.
  def test_what_calls_back_on_a_foreign_thread_is_not_there
    TollbridgeFiddle::UNSUPPORTED.each_key do |name|
      refute_respond_to Probe, name
      refute NATIVE.const_defined?("TB_PROBE_#{name.upcase}")
    end
  end

  def test_leaving_a_callback_of_this_thread_is_plain_ruby
    assert_equal(:thrown, catch(:out) { Probe.call_back(10) { |i| i == 3 ? throw(:out, :thrown) : 1 } })
    assert_equal(:broken, Probe.call_back(10) { break :broken })
    Thread.current[:ours] = true
    assert_equal(3, Probe.call_back(3) { Thread.current[:ours] ? 1 : 0 })
  end
end
