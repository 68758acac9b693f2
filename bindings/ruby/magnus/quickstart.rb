# frozen_string_literal: true

# The gem `tollbridge` in a minute: `ruby quickstart.rb`. It checks what it says, as CI runs it.

require "tollbridge"

# ANCHOR: quickstart
def main
  Tollbridge::Histogram.open(tag: "checkout") do |latencies| # values in nanoseconds, up to an hour
    latencies << 250_000
    latencies.record_all([1_000_000, 1_100_000, 1_200_000]) # or packed: [...].pack("Q*")

    watch = latencies.watch(2_000_000_000) { |value| puts "slow: #{value} ns" }
    latencies.record_durations("250us 1.5ms\n3s")
    watch.unwatch

    case latencies.summary
    in { count:, p50:, p99: } then puts "#{count} values, p50 #{p50} ns, p99 #{p99} ns"
    end

    seconds = latencies.buckets(Tollbridge::Scan.linear(step: 1_000_000_000)).lazy
    seconds.reject { |bucket| bucket.count.zero? }.each do |bucket|
      puts "up to #{bucket.value} ns: #{bucket.count}"
    end

    begin
      latencies.record(10**15)
    rescue Tollbridge::OutOfRangeError => e
      puts "refused: #{e.message} (highest is #{e.highest})"
    end

    again = Tollbridge::Histogram.decode(latencies.encode) # a format that other languages read
    again.merge(latencies).count
  end
end
# ANCHOR_END: quickstart

require "stringio"
printed = StringIO.new
$stdout = printed
count = main
$stdout = STDOUT
puts printed.string
lines = printed.string.lines(chomp: true)
expected = [
  "slow: 3000000000 ns",
  "7 values, p50 1100799 ns, p99 3001024511 ns",
  "up to 999999999 ns: 6"
]
abort "another answer" unless count == 14 && lines.first(3) == expected &&
                              lines.last.start_with?("refused: value 1000000000000000 (item 0) is above")
