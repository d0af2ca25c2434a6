import numpy as np
import pytest
from skimage.color import rgb2lab

from tfvis.utils.choices import COLORMAPS
from tfvis.utils.errors import InputError
from tfvis.utils.plots import histogram, intervals, overlay, overview


def test_an_overlay_reddens_where_the_map_is_strong():
    image = np.full((4, 4, 3), 0.5, np.float32)
    heat = np.zeros((4, 4))
    heat[1, 2] = 7.0
    found = overlay(image, heat)
    red, green, blue = found[1, 2]
    assert red > green + 0.3
    assert red > blue + 0.3
    np.testing.assert_allclose(found[0, 0, 0], found[0, 0, 1])
    assert found[0, 0, 0] < 0.5


def test_an_empty_map_is_ordinary():
    assert np.isfinite(overlay(np.ones((4, 4, 3)), np.zeros((4, 4)))).all()


def test_sizes_must_agree():
    with pytest.raises(InputError, match=r"image's size \(4, 4\), received \(2, 2\)"):
        overlay(np.ones((4, 4, 3)), np.zeros((2, 2)))


def test_an_overview_has_a_row_a_group():
    image = np.zeros((8, 8, 3))
    rows = [((image, image), "group 0"), ((image, image), "group 1")]
    few, more = overview("title", rows[:1], image), overview("title", rows, image)
    assert few.shape[2] == 3
    assert more.shape[0] == pytest.approx(few.shape[0] * 3 / 2, abs=2)
    assert 0 <= few.min() < few.max() <= 1


def test_an_overview_has_a_picture_a_column():
    red, green = np.zeros((2, 8, 8, 3))
    red[..., 0], green[..., 1] = 1, 1
    sheet = overview("", [((red, green, red), "")], np.ones((8, 8, 3)), ("a", "b", "c"))
    middle = sheet[int(0.75 * len(sheet))]
    coloured = [tuple(pixel) for pixel in middle if tuple(pixel) in {(1, 0, 0), (0, 1, 0)}]
    changes = [colour for k, colour in enumerate(coloured) if k == 0 or colour != coloured[k - 1]]
    assert changes == [(1, 0, 0), (0, 1, 0), (1, 0, 0)]


def test_a_histogram_has_bars_as_high_as_there_are_values():
    edges = np.linspace(0, 1, 3)
    one, other = (
        histogram("title", {"a": np.array(values)}, edges, "things")
        for values in ([0.1, 0.2, 0.9], [0.9])
    )

    def red(picture):
        return ((picture[..., 0] > 0.7) & (picture[..., 1] < 0.3)).sum(axis=0)

    # Two values in the left half: its bar is twice as high as the right one's.
    columns = red(one)
    filled = np.flatnonzero(columns)
    left, right = columns[filled[5]], columns[filled[-6]]
    assert left == pytest.approx(2 * right, rel=0.05)
    assert red(other)[filled[5]] == 0
    more = histogram("title", {"a": np.ones(1), "b": np.ones(2)}, edges, "things")
    assert more.shape[0] > one.shape[0]


def test_one_scale_serves_several_overlays():
    image = np.full((4, 4, 3), 0.5, np.float32)
    weak = np.zeros((4, 4), np.float32)
    weak[1, 1] = 0.1
    alone, beside = overlay(image, weak), overlay(image, weak, largest=1.0)
    redness = [picture[1, 1, 0] - picture[1, 1, 1] for picture in (alone, beside)]
    assert redness[0] > 4 * redness[1] > 0
    np.testing.assert_array_equal(overlay(image, weak, largest=0.1), alone)


def test_weak_places_can_be_made_visible():
    image = np.full((4, 4, 3), 0.5, np.float32)
    weak = np.full((4, 4), 0.09, np.float32)
    np.testing.assert_allclose(
        overlay(image, weak, largest=1.0, exponent=0.5),
        overlay(image, np.full((4, 4), 0.3), largest=1.0),
        atol=1e-6,
    )


def test_what_speaks_against_is_blue():
    image = np.full((4, 4, 3), 0.5, np.float32)
    here, there = np.zeros((2, 4, 4), np.float32)
    here[0, 0], there[3, 3], here[2, 2], there[2, 2] = 1, 1, 0.5, 0.2
    found = overlay(image, here, against=there)
    for place, strongest in (((0, 0), 0), ((3, 3), 2), ((2, 2), 0)):
        assert found[place].argmax() == strongest
    np.testing.assert_array_equal(found[1, 1], overlay(image, here)[1, 1])


def test_a_scale_below_zero_is_refused():
    with pytest.raises(InputError, match="largest to be >= 0, received -1"):
        overlay(np.zeros((4, 4, 3)), np.zeros((4, 4)), largest=-1)


def test_intervals_have_a_bar_each_unless_their_bounds_are_unknown():
    def red(*bounds):
        picture = intervals("$ a title", {"IoU _": {"\udcff": (0.5, *bounds)}})
        return (picture[..., 0] - picture[..., 1] > 0.4).sum()

    assert red(0.1, 0.9) > 2 * red(np.nan, np.nan) > 0
    assert intervals("nothing", {}).shape[-1] == 3


MAPS = [name for name in COLORMAPS if name != "red"]
COLOURS = {"red": (0.9, 0.1, 0.05), "dark": (0.02, 0.02, 0.02), "ginger": (0.8, 0.45, 0.25),
           "grey": (0.5, 0.5, 0.5), "white": (1, 1, 1)}  # fmt: skip
VALUES = (0.25, 0.5, 0.75, 1.0)


def seen(colour, value, colormap, *, negative=False):
    """A place of an image of one colour, in CIELAB: distances there are as large as they look."""
    image, a_map, zeros = np.full((1, 1, 3), colour, np.float32), np.full((1, 1), value), [[0.0]]
    here, there = (zeros, a_map) if negative else (a_map, zeros)
    found = overlay(image, np.array(here), against=np.array(there), largest=1.0, colormap=colormap)
    return rgb2lab(found)[0, 0]


def chroma(lab):
    return np.hypot(*lab[1:])


@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
@pytest.mark.parametrize("colormap", MAPS)
def test_only_the_map_has_colour_whatever_colours_the_image_has(colour, colormap):
    assert chroma(seen(colour, 0, colormap)) < 1
    for value in VALUES:
        assert chroma(seen(colour, value, colormap)) > 8
        assert np.linalg.norm(seen(colour, value, colormap) - seen(colour, 0, colormap)) > 8


def test_under_a_red_tint_a_red_image_has_the_maps_colour():
    red = COLOURS["red"]
    assert chroma(seen(red, 0, "red")) > chroma(seen(COLOURS["dark"], 0.5, "red"))


@pytest.mark.parametrize("colormap", COLORMAPS)
@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
def test_what_speaks_against_differs_from_what_speaks_for_in_every_colour_map(colormap, colour):
    for value in VALUES:
        there = seen(colour, value, colormap, negative=True)
        for other in VALUES:
            assert np.linalg.norm(there - seen(colour, other, colormap)) > 15, (value, other)


@pytest.mark.parametrize("colormap", MAPS)
def test_the_more_a_place_counts_the_lighter_it_is(colormap):
    light = [seen(COLOURS["dark"], value, colormap)[0] for value in np.linspace(0, 1, 9)]
    assert (np.diff(light) > 0).all()


def test_an_unknown_colour_map_is_refused():
    with pytest.raises(InputError, match=r"colormap 'infermo'.*inferno"):
        overlay(np.zeros((4, 4, 3)), np.zeros((4, 4)), colormap="infermo")
