"""How a sheet is laid out, seen in its pixels."""

import numpy as np
import pytest

from tfvis.utils.errors import InputError
from tfvis.utils.sheets import Cell, Legend, _Strip, sheet

RED, GREEN, YELLOW = (1, 0, 0), (0, 1, 0), (1, 1, 0)
PAGE = 900
"""As wide as a sheet is shown on a page, in pixels."""


def painted(colour, shape=(12, 12)):
    return np.broadcast_to(np.float32(colour), (*shape, 3))


def cells(count, *colours, **changes):
    given = {"heading": "group", "value": "1", "share": 0.5, "text": "some channels"}
    pictures = [painted(colour) for colour in colours]
    return [Cell(**given | changes, pictures=pictures) for _ in range(count)]


def drawn(count=1, *, title=("Title",), text=(), colours=(RED, GREEN), legends=(), **changes):
    captions = ("where", "what")[: len(colours)]
    own = cells(count, *colours, **changes)
    return sheet(title, text, painted(YELLOW), own, captions, legends)


def test_a_sheet_without_an_image_has_words_alone():
    found = sheet(["Title"], ["One thing.", "Another."], None, (), ("",))
    assert found.shape[1:] == (690, 3)
    dark = (found < 0.5).any(axis=-1)
    assert dark[:, 24:60].any()  # the words begin where the image would be
    assert not dark[:, :24].any()
    beside = sheet(["Title"], ["One thing.", "Another."], painted(YELLOW), (), ("",))
    assert beside.shape[0] > found.shape[0]


def runs(line, *colours):
    """The colours of a row or column of pixels, each run once, as far as they are asked for."""
    found = [next((c for c in colours if np.allclose(pixel, c, atol=0.02)), None) for pixel in line]
    return [c for k, c in enumerate(found) if c and (k == 0 or c != found[k - 1])]


def row_through(picture, colour):
    """The first row of pixels in which a colour fills some room."""
    fills = np.isclose(picture, colour, atol=0.02).all(axis=-1).sum(axis=1) > 50
    return picture[fills.argmax() + 5]


@pytest.mark.parametrize(
    ("count", "a_row"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 3), (12, 3), (40, 3)]
)
def test_two_or_three_groups_a_row_each_with_its_pictures_side_by_side(count, a_row):
    picture = drawn(count)
    assert runs(row_through(picture, RED), RED, GREEN) == [RED, GREEN] * a_row
    column = picture[:, 24 + 50]
    assert len(runs(column, RED)) == -(-count // a_row)
    assert 0 <= picture.min() < picture.max() <= 1


@pytest.mark.parametrize(("count", "a_row"), [(1, 1), (2, 2), (3, 3), (6, 3), (7, 4)])
def test_single_pictures_leave_no_column_empty(count, a_row):
    picture = drawn(count, colours=(RED,))
    line = row_through(picture, RED)
    assert runs(line, RED) == [RED] * a_row
    if count > 1:  # the head needs some room
        assert np.isclose(line, RED, atol=0.02).all(axis=-1).mean() > 0.8


def test_the_image_is_beside_the_title_above_all_groups():
    picture = drawn(text=["a line"])
    rows, columns = np.nonzero(np.isclose(picture, YELLOW, atol=0.02).all(axis=-1))
    beside = picture[rows.min() : rows.max(), columns.max() + 1 :]
    assert beside.min() < 0.3  # letters
    groups = np.isclose(picture, RED, atol=0.02).all(axis=-1).any(axis=1)
    assert rows.max() < groups.argmax()


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_letters_are_readable_on_a_page(count):
    """A capital is 0.73 of the letters' size high."""
    blank, lettered = (drawn(count, text=[text], title=[""]) for text in (".", ".H"))
    height = (blank != lettered).any(axis=(1, 2)).sum()
    assert height / 0.73 * min(1, PAGE / blank.shape[1]) > 9


def blue(picture):
    """How much of a sheet the bars of values fill."""
    return ((picture[..., 2] > 0.6) & (picture[..., 0] < 0.4)).sum()


def test_bars_have_one_scale():
    whole, half, none, unknown = (
        blue(drawn(3, share=share)) for share in (1.0, 0.5, 0.0, float("nan"))
    )
    assert whole == pytest.approx(2 * half, rel=0.01)
    assert none == unknown == 0


@pytest.mark.parametrize(
    "label",
    [
        "one of many words " * 12,
        "conv5_block3/" * 15,
        "鶴 कुत्ता شيء",
        "鶴" * 60,
        "$\\frac{1}$ {_^ 100%",
        "\udcff\n\t\x07",
        "",
    ],
    ids=["words", "one word", "scripts", "no space", "math", "no text", "empty"],
)
def test_no_text_leaves_the_sheet_or_makes_its_title_grow_without_end(label):
    picture = drawn(
        3, title=["Features", label], text=[label], heading=label, value="9", warning=label
    )
    edge = picture[:, -20:]
    np.testing.assert_array_equal(edge, np.ones_like(edge))
    assert drawn(title=[label]).shape[0] < drawn(title=["x"]).shape[0] + 50


def test_a_warning_is_red():
    def red(picture):
        return ((picture[..., 0] > 0.6) & (picture[..., 1] < 0.2)).sum()

    plain, warned = (
        drawn(2, colours=(GREEN, GREEN), warning=text) for text in ("", "stayed noise")
    )
    assert red(plain) == 0 < red(warned)


def test_pictures_keep_their_shape():
    wide = Cell(
        heading="a", value="", share=0, text="", pictures=[painted(RED, (10, 40)), painted(GREEN)]
    )
    picture = sheet(["t"], [], painted(YELLOW, (300, 3)), [wide] * 2, ("a", "b"))
    reds = np.isclose(picture, RED, atol=0.02).all(axis=-1)
    assert reds.any(axis=0).sum() == pytest.approx(2 * 4 * reds.any(axis=1).sum(), rel=0.05)


def test_a_legend_is_a_bar_between_its_ends():
    ramp = np.linspace(RED, YELLOW, 100)[np.newaxis]
    legend = Legend(colours=ramp, low="0", high="7", text="for the class")
    picture = drawn(2, colours=(GREEN, GREEN), legends=[legend])
    bare = drawn(2, colours=(GREEN, GREEN))
    assert not np.isclose(bare, RED, atol=0.05).all(axis=-1).any()
    rows, columns = np.nonzero(np.isclose(picture, RED, atol=0.05).all(axis=-1))
    across = picture[rows[0] + 2, columns[0] : columns[0] + 150]
    assert (np.diff(across[:, 1]) >= -0.01).all()
    assert across[-1, 1] > 0.8


def test_a_cell_has_a_picture_for_each_caption():
    grey = np.full((8, 8, 3), 0.5)
    cell = Cell(heading="odd", value="", share=0, pictures=[grey, grey], text="")
    with pytest.raises(InputError, match="Expected 1 picture.s. in each cell, received 2 in 'odd'"):
        sheet(["T"], [], grey, [cell], ["one"])


def test_endless_text_is_cut():
    grey = np.full((8, 8, 3), 0.5)

    def height(words):
        cell = Cell(heading="h", value="", share=0, pictures=[grey], text="word " * words)
        return len(sheet(["T"], ["word " * words], grey, [cell], ["one"]))

    assert height(1) < height(400) == height(4000)


@pytest.mark.parametrize("height", range(60, 180, 7))
def test_a_strip_has_its_height_whatever_it_is(height):
    """In inches a height may be a little less than it was in pixels."""
    strip = _Strip(690)
    strip.text("words", 10, 10, 12)
    drawn = strip.drawn(height)
    assert drawn.shape == (height, 690, 3)
    assert drawn.min() < 1
