"""What a mosaic's options allow, in millimetres."""

import pytest

from tfvis.utils.errors import InputError
from tfvis.utils.mosaic_options import GUTTER, MARGIN, MosaicOptions


@pytest.mark.parametrize("width", [40, 88, 120, 180])
def test_left_alone_pictures_are_twenty_to_forty_two_millimetres_wide(width):
    for columns in MosaicOptions(width=width).column_range:
        side = (width - 2 * MARGIN - (columns - 1) * GUTTER) / columns
        assert 20 <= side < 42


def test_columns_that_are_asked_for_are_taken():
    assert list(MosaicOptions(columns=3).column_range) == [3]


def test_pixels_are_rounded():
    assert MosaicOptions().pixels(180) == 2126  # 180 / 25.4 * 300 = 2125.98
    assert MosaicOptions(dpi=72).pixels(25.4) == 72


def test_a_height_is_limited_by_what_a_file_can_hold():
    assert MosaicOptions(max_height=240).greatest_height == 240
    assert MosaicOptions(dpi=72).greatest_height == 5080  # 14400 points in a PDF
    dense = MosaicOptions(dpi=2400, width=180)
    assert dense.pixels(dense.greatest_height) * dense.pixels(180) <= 4e8


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"width": 3}, "Expected width from 20 to 1000, received 3"),
        ({"width": float("nan")}, "Expected width from 20 to 1000, received nan"),
        ({"width": "180"}, "received '180'"),
        ({"columns": 0}, "Expected columns to be a whole number >= 1, received 0"),
        ({"columns": 2.5}, "Expected columns to be a whole number"),
        ({"columns": 15}, "Expected columns <= 14 for width=180, received 15"),
        ({"dpi": 20}, "Expected dpi to be a whole number >= 36"),
        ({"dpi": 5000}, "Expected dpi from 36 to 2400"),
        ({"dpi": 2400, "width": 900}, "Expected dpi <= 1849 for width=900, received 2400"),
        ({"font_size": 40}, "Expected font_size from 4 to 24"),
        ({"font_size": 24, "width": 30}, "Expected width >= 41 for font_size=24, received 30"),
        ({"max_height": 0}, "Expected max_height from 20 to 5080"),
        ({"colormap": "infern"}, "Closest: inferno"),
    ],
)
def test_what_cannot_be_used_is_one_line(given, message):
    with pytest.raises(InputError, match=message) as error:
        MosaicOptions(**given)
    assert "\n" not in str(error.value)


def test_without_scores_pictures_may_be_smaller():
    assert MosaicOptions(scores=False).most_columns > MosaicOptions().most_columns
