# frozen_string_literal: true

require_relative "../support"

# Records are values: frozen, compared by what they hold, and read by patterns.
class ProbeRecordsTest < BridgeTest
  test "a point is a frozen value" do
    frozen_value(-> { TB::Probe::Point.new(1, 0.5, -1.0, 7) }, { id: 1, x: 0.5, y: -1.0, flags: 7 })
    assert_equal TB::Probe::Point.new(3, 1.5, -1.0, 3), TB::Probe.make_point(3)
    assert_predicate TB::Probe.make_point(3), :frozen?
  end

  test "points and shapes may go to another Ractor" do
    [TB::Probe.make_point(3), TB::Probe.make_shape(1)].each { |record| assert Ractor.shareable?(record), record.class }
  end

  test "points match patterns" do
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

  test "maps go and come" do
    assert_equal({ "k000000" => 0, "k000001" => 1 }, TB::Probe.make_map(2))
    assert_equal 3 + 5, TB::Probe.map_sum({ "é" => 1, "abc" => 2 })
    assert_equal 0, TB::Probe.map_sum({})
    [nil, [["a", 1]], { a: 1 }, { 1 => 1 }].each { |no_map| refused(TypeError) { TB::Probe.map_sum(no_map) } }
  end
end
