"""Where a mosaic's parts lie, in pixels of its page."""

from itertools import pairwise

import numpy as np
import pytest

from tfvis.utils.errors import InputError
from tfvis.utils.mosaic_options import MosaicOptions
from tfvis.utils.mosaic_pages import MosaicPanel, MosaicSection, fitting_page
from tfvis.utils.typesetting import measured

ICON, MAP = np.zeros((4, 4, 3)), np.ones((6, 6, 3))
LONG = "black-and-gold garden spider and a $name_{that}$ goes on and on and is longer than its room"


def section(count, heading="cat", detail="", **changes):
    given = {"icon": ICON, "heat_map": MAP, "caption": "+1.23"} | changes
    return MosaicSection(heading=heading, detail=detail, panels=[MosaicPanel(**given)] * count)


def page(*sections, **options):
    return fitting_page(sections, MosaicOptions(**options))


def rows(found):
    """The boxes by their tops."""
    tops = sorted({box.top for box in found.boxes})
    return [[box for box in found.boxes if box.top == top] for top in tops]


@pytest.mark.parametrize(
    ("count", "columns"), [(1, [1]), (4, [4]), (9, [5, 4]), (13, [7, 6]), (25, [7, 7, 7, 4])]
)
def test_any_number_of_groups_wraps_into_full_rows(count, columns):
    found = rows(page(section(count)))
    assert [len(row) for row in found] == [n for n in columns for _ in range(2)]
    for icons, maps in zip(found[::2], found[1::2], strict=True):
        assert [box.left for box in icons] == [box.left for box in maps]
        assert all(box.content is ICON for box in icons)
        assert all(box.content is MAP for box in maps)


def test_columns_that_are_asked_for():
    assert [len(row) for row in rows(page(section(7), columns=3))] == [3, 3, 3, 3, 1, 1]


def test_cells_have_one_size_and_gutters_of_a_millimetre():
    (icons, maps) = rows(page(section(6), columns=6))
    gutter = MosaicOptions().pixels(1)
    assert len({(box.width, box.height) for box in icons + maps}) == 1
    for one, other in pairwise(icons):
        assert other.left - one.left - one.width == gutter
    assert maps[0].top - icons[0].top - icons[0].height == gutter


@pytest.mark.parametrize("count", [1, 3, 8, 25])
@pytest.mark.parametrize("width", [60, 180])
def test_everything_lies_on_the_page_and_nothing_overlaps(count, width):
    found = page(section(count, LONG, LONG), section(2, LONG), width=width)
    for box in found.boxes:
        assert 0 < box.left <= box.left + box.width < found.width
        assert 0 < box.top <= box.top + box.height < found.height
    extents = [extent(text) for text in found.texts]
    extents += [(b.left, b.top, b.left + b.width, b.top + b.height) for b in found.boxes]
    for k, one in enumerate(extents):
        assert 0 <= one[0] < one[2] <= found.width
        assert 0 <= one[1] < one[3] <= found.height
        assert not any(overlap(one, other) for other in extents[k + 1 :])


def extent(text):
    """Left, top, right and bottom of a line's letters without their tails."""
    height = text.points * 300 / 72
    width = measured(text.words, height, text.bold)
    left = text.left - width / 2 if text.centred else text.left
    return left, text.base - 0.75 * height, left + width, text.base


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_headings_are_left_aligned_with_the_pictures_and_their_detail_follows():
    found = page(section(3, "dog", "features against"))
    heading, detail, *_ = found.texts  # a PDF is read in this order
    assert (heading.words, detail.words) == ("dog", "features against")
    assert heading.left == min(box.left for box in found.boxes)
    assert heading.base == detail.base
    assert detail.left > extent(heading)[2]
    assert heading.points == 8
    assert {text.points for text in found.texts if text.centred} == {7}


def test_sections_that_fit_lie_side_by_side_under_headings_of_their_own():
    found = page(section(3, "dog"), section(3, "cat"))
    (icons, _) = rows(found)
    assert len(icons) == 6
    gaps = [b.left - a.left - a.width for a, b in pairwise(icons)]
    assert gaps[2] > gaps[0] == gaps[1] == gaps[3]
    dog, cat = (text for text in found.texts if text.bold)
    assert (dog.left, cat.left) == (icons[0].left, icons[3].left)
    assert dog.base == cat.base


def test_sections_lie_below_each_other_where_asked_or_of_another_kind():
    dog, cat = section(3, "dog"), section(3, "cat")
    assert [len(row) for row in rows(page(dog, cat, side_by_side=False))] == [3, 3, 3, 3]
    assert [len(row) for row in rows(page(dog, section(3, icon=None)))] == [3, 3, 3]


def test_rows_without_pictures_are_left_out():
    for changes, kind in (({"icon": None}, MAP), ({"heat_map": None}, ICON)):
        (row,) = rows(page(section(4, **changes)))
        assert all(box.content is kind for box in row)


def test_words_stand_in_for_a_picture_and_nothing_for_none():
    panels = [
        MosaicPanel(icon="no icon", heat_map=MAP),
        MosaicPanel(heat_map=MAP),
        MosaicPanel(icon=ICON, heat_map=MAP),
    ]
    icons, maps = rows(page(MosaicSection(panels=panels)))
    assert [box.left for box in icons] == [maps[0].left, maps[2].left]
    assert icons[0].content == "no icon"
    assert (icons[0].width, icons[0].height) == (maps[0].width, maps[0].height)


def test_pictures_keep_their_shape():
    wide, high = np.zeros((10, 20, 3)), np.zeros((90, 30, 3))
    icons, maps = rows(page(section(2, icon=wide, heat_map=high), width=90))
    assert icons[0].height == pytest.approx(icons[0].width / 2, abs=1)
    assert maps[0].height == pytest.approx(3 * maps[0].width, abs=3)
    assert maps[0].height == pytest.approx(2 * icons[0].width, abs=1)  # no higher than that


def test_a_page_that_is_too_high_gets_more_columns_or_is_refused():
    free = page(section(20))
    low = page(section(20), max_height=100)
    assert low.height <= MosaicOptions().pixels(100) < free.height
    assert len(rows(low)) < len(rows(free))
    with pytest.raises(InputError, match=r"up to 100 mm, .* 5 columns\. Closest: columns=10"):
        page(section(20), max_height=100, columns=5)
    with pytest.raises(InputError, match="Take fewer results, or a greater max_height"):
        page(section(60), max_height=30)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3)])
def test_what_is_no_picture_is_an_error(shape):
    with pytest.raises(InputError, match="Expected icon of shape"):
        MosaicPanel(icon=np.zeros(shape))


def test_nothing_to_draw_is_an_error():
    for sections in ((), (section(1), section(0))):
        with pytest.raises(InputError, match="one panel or more"):
            page(*sections)
