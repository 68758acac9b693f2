"""Records, lists of records, and enums with a payload."""

import copy
import pickle

import pytest


def test_points(probe):
    point = probe.Point(3, 0.5, -0.5, 4)
    assert probe.point_in(point) == 7.0
    assert tuple(point) == (point.id, point.x, point.y, point.flags) == (3, 0.5, -0.5, 4)
    assert point == probe.Point(id=3, x=0.5, y=-0.5, flags=4)
    assert point != probe.Point(4, 0.5, -0.5, 4)
    assert repr(point) == "Point(id=3, x=0.5, y=-0.5, flags=4)"
    assert tuple(probe.make_point(42)) == (42, 21.0, -1.0, 2)
    with pytest.raises(AttributeError):
        point.x = 1.0
    with pytest.raises(TypeError):
        probe.Point(1, "x", 0.0, 0)
    with pytest.raises(TypeError):
        probe.point_in((3, 0.5, -0.5, 4))


def test_lists_of_points(probe):
    points = probe.make_points(3)
    assert points == [probe.make_point(n) for n in range(3)]
    assert probe.points_sum(points) == sum(map(probe.point_in, points))
    assert probe.points_ends(points) == 3 + probe.point_in(points[0]) + probe.point_in(points[2])
    assert probe.points_ends([]) == probe.points_sum([]) == 0.0
    assert probe.make_points(0) == []
    for wrong in ([1], [None], [points], [points[0], 1], 5):
        with pytest.raises(TypeError):
            probe.points_sum(wrong)


def test_shapes(probe):
    shapes = [probe.Shape.Dot(), probe.Shape.Circle(2.0), probe.Shape.Label("é1")]
    assert [probe.shape_in(shape) for shape in shapes] == [0.0, 12.0, 2.0]
    made = [probe.make_shape(n) for n in (3, 4, 5)]
    assert made == [probe.Shape.Dot(), probe.Shape.Circle(4.0), probe.Shape.Label("5")]
    assert all(isinstance(shape, probe.Shape) for shape in made)
    match made[1]:
        case probe.Shape.Circle(radius):
            assert radius == 4.0
        case _:
            pytest.fail("no circle")
    assert repr(shapes[2]) == "Shape.Label(text='é1')"
    for wrong in ("dot", None, 1, probe.Shape.Dot):
        with pytest.raises(TypeError):
            probe.shape_in(wrong)
    with pytest.raises(TypeError):
        probe.Shape.Circle("wide")
    with pytest.raises(AttributeError):
        shapes[1].radius = 3.0


def test_shapes_are_copied_pickled_and_hashed(probe):
    shapes = [probe.Shape.Dot(), probe.Shape.Circle(2.0), probe.Shape.Label("é1")]
    for shape in shapes:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            made = pickle.loads(pickle.dumps(shape, protocol))
            assert (made, hash(made)) == (shape, hash(shape))
        assert copy.copy(shape) == copy.deepcopy(shape) == shape
    assert len({*shapes, *shapes}) == 3


def test_booleans(probe):
    assert probe.make_str(1, True) == "é"
    assert probe.make_str(1, False) == "a"
    for wrong in ("yes", 2, None):
        with pytest.raises(TypeError):
            probe.make_str(1, wrong)


def test_nothing(probe):
    assert probe.nop() is None
    with pytest.raises(TypeError):
        probe.nop(1)
    with pytest.raises(TypeError):
        probe.add(1)
    with pytest.raises(TypeError):
        probe.add(a=1, b=2)
