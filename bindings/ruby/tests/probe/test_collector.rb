# frozen_string_literal: true

require_relative "../support"

# What the garbage collector may do, it may do at any time.
class ProbeCollectorTest < BridgeTest
  def work
    [
      TB::Probe.make_points(3).map(&:to_a), TB::Probe.make_map(3), TB::Probe.map_sum({ "a" => 1 }),
      TB::Probe.make_str(5, true), TB::Probe.echo("é".encode(Encoding::UTF_16LE)), TB::Probe.make_f64(3),
      TB::Probe.shape_in(TB::Probe.make_shape(2)), TB::Probe.call_back(3) { |i| i.to_s.to_i }
    ]
  end

  test "a collection at every allocation changes nothing", patience: 10 * PATIENCE do
    expected = work
    assert_equal(expected, under_stress { work })
  end

  test "objects may move" do
    point = TB::Probe.make_point(3)
    label = TB::Probe::Shape::Label.new("label")
    compact
    assert_equal [3, 5.0], [point.id, TB::Probe.shape_in(label)]
    assert_equal work, work
  end
end
