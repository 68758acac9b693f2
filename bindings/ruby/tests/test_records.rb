# frozen_string_literal: true

require_relative "support"

# Records are values: frozen, compared by what they hold, and read by patterns.
class RecordsTest < BridgeTest
  RECORDS = {
    bucket: [-> { TB::Bucket.new(1, 2, 3) }, { value: 1, count: 2, total: 3 }],
    progress: [-> { TB::Progress.new(1, 2, 3) }, { bytes: 1, total: 2, intervals: 3 }],
    summary: [
      -> { TB::Summary.new(1, 2, 3, 4.0, 5.0, 6, 7, 8, 9) },
      { count: 1, min: 2, max: 3, mean: 4.0, stdev: 5.0, p50: 6, p90: 7, p99: 8, p999: 9 }
    ]
  }.freeze

  RECORDS.each do |name, (make, fields)|
    test "a #{name} is a frozen value" do
      frozen_value(make, fields)
    end
  end

  test "records that core makes are the same" do
    h = histogram.record_all([1, 1000])
    assert_predicate h.summary, :frozen?
    assert_equal h.summary, h.dup.summary
    assert_equal TB::Bucket.new(1, 1, 1), h.buckets.first
    assert_predicate h.buckets.first, :frozen?
  end

  test "records may go to another Ractor" do
    h = histogram.record(1)
    records = [h.summary, h.buckets.first, TB::Scan.linear(step: 5)]
    records.each { |record| assert Ractor.shareable?(record), record.class }
    refute Ractor.shareable?(h)
  end

  test "records match patterns" do
    h = histogram.record_all([1, 1, 1000])
    case h.buckets.first
    in { value: 1, count: } then assert_equal 2, count
    end
    case h.buckets.first
    in [value, count, total] then assert_equal [1, 2, 2], [value, count, total]
    end
    case h.summary
    in { p99: Integer => p99, mean: Float } then assert_equal h.value_at_quantile(0.99), p99
    end
    case h.buckets.first
    in TB::Bucket(count:, value: 0..7) then assert_equal 2, count
    end
  end

  test "scans are frozen values" do
    scans = [
      -> { TB::Scan.recorded }, -> { TB::Scan.linear(step: 5) }, -> { TB::Scan.quantiles(ticks: 5) },
      -> { TB::Scan.logarithmic(first: 1, base: 2.0) }
    ]
    scans.each do |make|
      assert_kind_of TB::Scan, make.call
      assert_predicate make.call, :frozen?
      assert_equal make.call, make.call
      assert_equal make.call.hash, make.call.hash
    end
    assert_equal 4, scans.map(&:call).uniq.size
    refute_equal TB::Scan.linear(step: 5), TB::Scan.linear(step: 6)
    case TB::Scan.logarithmic(first: 3, base: 1.5)
    in TB::Scan::Logarithmic(first:, base:) then assert_equal [3, 1.5], [first, base]
    end
    assert((TB::Scan.recorded in TB::Scan::Recorded))
    assert_raises(ArgumentError) { TB::Scan.linear }
  end
end
