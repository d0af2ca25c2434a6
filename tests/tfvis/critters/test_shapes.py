import numpy as np
import pytest

from tfvis.critters import shapes
from tfvis.critters.canvas import Canvas, Part, Placement
from tfvis.critters.surfaces import flat


def test_a_curve_goes_through_its_points():
    points = np.array([(0, 0), (1, 2), (3, 1), (4, 4)], float)
    for line in (shapes.curve(points), shapes.blob(points)):
        for point in points:
            assert np.hypot(*(line - point).T).min() < 1e-12
    assert (shapes.curve(points)[[0, -1]] == points[[0, -1]]).all()


def test_a_turn_is_clockwise_where_y_points_down():
    np.testing.assert_allclose(shapes.turned([(1, 0)], 90), [(0, 1)], atol=1e-12)
    np.testing.assert_allclose(shapes.turned([(2, 1)], 180, centre=(1, 1)), [(0, 1)], atol=1e-12)


def test_a_limb_is_as_wide_as_asked_and_round_at_its_ends():
    outline = shapes.limb([(0, 0), (1, 0), (2, 0)], (0.4, 0.2))
    assert outline[:, 0].max() == pytest.approx(2.1, abs=0.01)
    assert outline[:, 0].min() == pytest.approx(-0.2, abs=0.01)
    assert np.abs(outline[:, 1]).max() == pytest.approx(0.2)


def test_a_box_has_four_corners():
    assert shapes.box(-1, 0, 2, 3).tolist() == [[-1, 0], [2, 0], [2, 3], [-1, 3]]


def test_a_ring_has_a_hole():
    outline = shapes.ring(0.1, -0.2, 1.0, 0.6)
    canvas = Canvas(np.zeros((64, 64, 3), np.float32), (0, 0), 0)
    cover = canvas.paint([Part(outline, flat([1, 0, 0]), 0)], Placement(32, 32, 24)).cover
    rows, columns = np.mgrid[:64, :64] + 0.5
    radius = np.hypot((columns - 32) / 24 - 0.1, (rows - 32) / 24 + 0.2)
    # Circles of 28 corners, and soft edges: a pixel is 0.04 units wide.
    assert (cover[(radius > 0.66) & (radius < 0.94)] == 1).all()
    assert not cover[(radius < 0.54) | (radius > 1.06)].any()
