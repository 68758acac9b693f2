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
    ],
    point: [-> { TB::Probe::Point.new(1, 0.5, -1.0, 7) }, { id: 1, x: 0.5, y: -1.0, flags: 7 }]
  }.freeze

  RECORDS.each do |name, (make, fields)|
    test "a #{name} is a frozen value" do
      record = make.call
      assert_predicate record, :frozen?
      fields.each { |field, value| assert_equal value, record.public_send(field) }
      assert_equal [fields.values, fields], [record.to_a, record.to_h]
      assert_equal [record, record.hash], [make.call, make.call.hash]
      assert record.eql?(make.call)
      assert_equal 1, { record => 1 }[make.call]
      refute_equal record, fields.values
      refute_respond_to record, "#{fields.keys.first}=" unless record.is_a?(Struct)
      assert_raises(FrozenError, NoMethodError) { record.public_send("#{fields.keys.first}=", 5) }
      assert_equal fields.values, record.deconstruct
      assert_equal fields, record.deconstruct_keys(nil)
    end
  end

  test "records that core makes are the same" do
    h = histogram.record_all([1, 1000])
    assert_predicate h.summary, :frozen?
    assert_equal h.summary, h.dup.summary
    assert_equal TB::Bucket.new(1, 1, 1), h.buckets.first
    assert_predicate h.buckets.first, :frozen?
    assert_equal TB::Probe::Point.new(3, 1.5, -1.0, 3), TB::Probe.make_point(3)
    assert_predicate TB::Probe.make_point(3), :frozen?
  end

  test "records may go to another Ractor" do
    h = histogram.record(1)
    records = [h.summary, h.buckets.first, TB::Probe.make_point(3), TB::Probe.make_shape(1), TB::Scan.linear(step: 5)]
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
    case TB::Probe.make_point(3)
    in TB::Probe::Point(id:, flags: 0..7) then assert_equal 3, id
    end
  end

  test "shapes match patterns" do
    found = Array.new(3) do |n|
      case TB::Probe.make_shape(n)
      in TB::Probe::Shape::Dot then :dot
      in TB::Probe::Shape::Circle(radius:) then radius
      in TB::Probe::Shape::Label[text] then text
      end
    end
    assert_equal [:dot, 1.0, "2"], found
  end

  test "shapes are values" do
    shape = TB::Probe::Shape
    [-> { shape::Dot.new }, -> { shape::Circle.new(2) }, -> { shape::Label.new("é") }].each do |make|
      assert_equal make.call, make.call
      assert make.call.eql?(make.call)
      assert_equal make.call.hash, make.call.hash
      assert_predicate make.call, :frozen?
      assert_kind_of shape, make.call
    end
    refute_equal shape::Circle.new(1), shape::Circle.new(2)
    refute_equal shape::Dot.new, shape::Label.new("")
    shapes = [shape::Dot.new, shape::Circle.new(2), shape::Label.new("café")]
    assert_equal([0.0, 12.0, 4.0], shapes.map { |each| TB::Probe.shape_in(each) })
    [nil, 1, "label", Object.new].each { |no_shape| refused(TypeError) { TB::Probe.shape_in(no_shape) } }
  end

  test "points go one by one and many at once" do
    points = TB::Probe.make_points(3)
    assert_equal Array.new(3) { |i| TB::Probe.make_point(i) }, points
    assert_equal points.sum { |point| TB::Probe.point_in(point) }, TB::Probe.points_sum(points)
    assert_equal 3 + TB::Probe.point_in(points.first) + TB::Probe.point_in(points.last), TB::Probe.points_ends(points)
    assert_equal 0.0, TB::Probe.points_ends([])
    [nil, 5, [nil], [points.first, 5]].each { |no_points| refused(TypeError) { TB::Probe.points_sum(no_points) } }
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

  test "maps go and come" do
    assert_equal({ "k000000" => 0, "k000001" => 1 }, TB::Probe.make_map(2))
    assert_equal 3 + 5, TB::Probe.map_sum({ "é" => 1, "abc" => 2 })
    assert_equal 0, TB::Probe.map_sum({})
    [nil, [["a", 1]], { a: 1 }, { 1 => 1 }].each { |no_map| refused(TypeError) { TB::Probe.map_sum(no_map) } }
  end
end
