import numpy as np
import pytest

from tfvis.critters import shapes
from tfvis.critters.canvas import Canvas, Part, Placement, area
from tfvis.critters.surfaces import flat

RED = flat([1, 0, 0])
HERE = Placement(32, 32, 20)


def blank(light=(0, 0), contrast=0):
    return Canvas(np.zeros((64, 64, 3), np.float32), light, contrast)


def test_a_square_covers_its_pixels_wholly_and_those_on_its_rim_in_part():
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * 10.5 / 20
    cover = blank().paint([Part(corners, RED, 0)], HERE)
    assert (cover[22:42, 22:42] == 1).all()
    # Half a pixel on each side; Pillow counts both ends of a run, a quarter of a pixel here.
    assert cover[30, 21] == pytest.approx(0.5, abs=0.25)
    assert not cover[:21].any() and not cover[:, 43:].any()


def test_an_ellipse_covers_its_area():
    ellipse = Part(shapes.ellipse(0, 0, 1.2, 0.8, 30), RED, 0)
    cover = blank().paint([ellipse], HERE)
    # A polygon of 28 corners has sin(2π/28) 28/2 / π = 99.2 % of its ellipse's area.
    expected = np.pi * 1.2 * 0.8 * 20**2
    assert cover.sum() == pytest.approx(expected, rel=0.03)
    assert area([ellipse], 20) == pytest.approx(expected, rel=0.05)


def test_parts_that_overlap_are_counted_once():
    part = Part(shapes.ellipse(0, 0, 1, 1), RED, 0)
    once, twice = (blank().paint([part] * n, HERE) for n in (1, 2))
    assert once.max() == twice.max() == 1
    assert area([part, part], 20) == area([part], 20)


def test_colours_are_mixed_by_coverage():
    canvas = blank()
    cover = canvas.paint([Part(shapes.ellipse(0, 0, 1, 1), RED, 0)], HERE)
    np.testing.assert_allclose(canvas.pixels[..., 0], cover, atol=1e-6)
    assert not canvas.pixels[..., 1:].any()


def test_surfaces_are_asked_for_the_figures_own_places():
    seen = {}

    def surface(u, v):
        seen["u"], seen["v"] = u, v
        return np.zeros(3, np.float32)

    where = Placement(30, 34, 10, angle=90, flip=True)
    blank().paint([Part(shapes.ellipse(0.5, 0.2, 0.4, 0.4), surface, 0)], where)
    places = np.stack([seen["u"], seen["v"]], -1).reshape(-1, 2)
    np.testing.assert_allclose(places.mean(axis=0), (0.5, 0.2), atol=0.06)


def test_light_brightens_the_rim_that_faces_it():
    canvas = blank(light=(0, -1), contrast=0.8)
    canvas.paint([Part(shapes.ellipse(0, 0, 1, 1), flat([0.5, 0.5, 0.5]), 1)], HERE)
    assert canvas.pixels[15, 32, 0] > 0.55 > 0.5 > canvas.pixels[48, 32, 0]
    assert canvas.pixels[32, 32, 0] == pytest.approx(0.5, abs=0.01)


def test_what_lies_outside_is_left_out():
    canvas = blank()
    assert not canvas.paint([Part(shapes.ellipse(0, 0, 1, 1), RED)], Placement(-50, 32, 20)).any()
    half = canvas.paint([Part(shapes.ellipse(0, 0, 1, 1), RED, 0)], Placement(0, 32, 20))
    assert half.sum() == pytest.approx(np.pi * 20**2 / 2, rel=0.05)
