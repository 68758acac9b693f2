# frozen_string_literal: true

# Tollbridge through Fiddle: ruby -I bindings/ruby/fiddle -I bindings/ruby/shared bindings/ruby/fiddle/quickstart.rb

require "tollbridge_fiddle"

Histogram = TollbridgeFiddle::Histogram
Scan = TollbridgeFiddle::Scan

# Values are integers in a unit of your own: nanoseconds here, up to a minute, to three digits.
Histogram.open(highest: 60_000_000_000, tag: "checkout") do |latencies|
  latencies << 250_000
  latencies.record_all((1_000_000...2_000_000).step(1000))
  watch = latencies.watch(2_000_000_000) { |value| puts "slow: #{value / 1e6} ms" }
  latencies.record_durations("250us 1.5ms\n3s")
  watch.unwatch

  puts "#{latencies.count} values, p99 #{(latencies.value_at_quantile(0.99) / 1e6).round(2)} ms"
  latencies.each_bucket(Scan.logarithmic(first: 100_000, base: 10)) do |bucket|
    puts format("up to %10.2f ms: %d", bucket.value / 1e6, bucket.count)
    break if bucket.value > 10_000_000
  end

  # Errors are exceptions with fields; a call that fails has changed nothing.
  begin
    latencies.record(2**63)
  rescue TollbridgeFiddle::OutOfRangeError => e
    puts "#{e.error_name} (#{e.code}): #{e.value} is above #{e.highest}"
  end

  # The encoding is HdrHistogram's own: other implementations read it.
  raise "it differs" unless Histogram.decode(latencies.encode).count == latencies.count
end
