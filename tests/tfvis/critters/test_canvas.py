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
    cover = blank().paint([Part(corners, RED, 0)], HERE).cover
    assert (cover[22:42, 22:42] == 1).all()
    # Half a pixel on each side; Pillow counts both ends of a run, a quarter of a pixel here.
    assert cover[30, 21] == pytest.approx(0.5, abs=0.25)
    assert not cover[:21].any() and not cover[:, 43:].any()


def test_an_ellipse_covers_its_area():
    ellipse = Part(shapes.ellipse(0, 0, 1.2, 0.8, 30), RED, 0)
    cover = blank().paint([ellipse], HERE).cover
    # A polygon of 28 corners has sin(2π/28) 28/2 / π = 99.2 % of its ellipse's area.
    expected = np.pi * 1.2 * 0.8 * 20**2
    assert cover.sum() == pytest.approx(expected, rel=0.03)
    assert area([ellipse], 20) == pytest.approx(expected, rel=0.05)


def test_parts_that_overlap_are_counted_once():
    part = Part(shapes.ellipse(0, 0, 1, 1), RED, 0)
    once, twice = (blank().paint([part] * n, HERE).cover for n in (1, 2))
    assert once.max() == twice.max() == 1
    assert area([part, part], 20) == area([part], 20)


def test_colours_are_mixed_by_coverage():
    canvas = blank()
    cover = canvas.paint([Part(shapes.ellipse(0, 0, 1, 1), RED, 0)], HERE).cover
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
    assert not canvas.paint(
        [Part(shapes.ellipse(0, 0, 1, 1), RED)], Placement(-50, 32, 20)
    ).cover.any()
    half = canvas.paint([Part(shapes.ellipse(0, 0, 1, 1), RED, 0)], Placement(0, 32, 20)).cover
    assert half.sum() == pytest.approx(np.pi * 20**2 / 2, rel=0.05)


def test_a_part_that_is_left_out_is_not_painted_but_counts_for_the_whole():
    disc, square = shapes.ellipse(0, 0, 1, 1), shapes.box(0.5, -0.5, 2, 0.5)
    parts = [Part(disc, RED, 0), Part(square, RED, 0, "wing")]
    canvas = blank()
    before = canvas.paint(parts[:1], HERE)
    found = blank().paint(parts, HERE, without=["wing"])
    complete = blank().paint(parts, HERE)
    np.testing.assert_array_equal(found.cover, before.cover)
    np.testing.assert_array_equal(found.whole, complete.cover)
    np.testing.assert_array_equal(complete.whole, complete.cover)


def test_a_pixel_belongs_to_the_last_part_that_covers_more_than_half_of_it():
    parts = [
        Part(shapes.box(-1, -1, 1, 1), RED, 0, "back"),
        Part(shapes.box(0, -1, 2, 1), RED, 0),
        Part(shapes.box(-1, -1, -0.52, 1), RED, 0, "front"),
    ]
    found = blank().paint(parts, Placement(32, 32, 10))
    assert found.names == ("back", "front")
    # A unit has ten pixels; the last part ends at 26.8, and covers 0.8 of column 26.
    assert found.owners[32, 20:44].tolist() == [-1] * 2 + [1] * 5 + [0] * 5 + [-1] * 12
