# frozen_string_literal: true

# Shapes of one Ruby bridge, timed by benchmark-ips:
#
#     ips_bench.rb <what to require> <module> <case> ...      a case is add, or str_len:16
#
# The expressions are those of bindings/ruby/runner/loops.rb; the calibration and the batches are
# benchmark-ips's. Prints a JSON object: ns a call of each case's fastest batch.
# `toll bench --cross-check` compares the times with its own.

require "benchmark/ips"
require "json"
require_relative "../../bindings/ruby/runner/loops"

library, name, *cases = ARGV
require library
tb = Object.const_get(name)
entries = Loops.entries(tb)

report = Benchmark.ips(quiet: true) do |job|
  # Five times, one batch each: it tells means, and a mean of one batch is that batch.
  job.config(warmup: 0.1, time: 0.01, iterations: 5)
  cases.each do |timed|
    shape, n = timed.split(":")
    entry = entries[shape.to_sym]
    job.report(timed, &Loops.repeated(tb, entry, n.to_i)) if entry
  end
end
fastest = report.entries.group_by(&:label).transform_values { |batches| 1e9 / batches.map(&:ips).max }
puts JSON.generate(fastest)
