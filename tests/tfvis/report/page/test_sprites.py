"""Pictures on a sheet: none lies over another, and each is shown whole."""

import re

import numpy as np
import pytest

from tfvis.report.page.sprites import Pictures

SIZES = [(20, 30), (8, 8), (20, 20), (5, 60), (8, 8)]


@pytest.fixture
def pictures():
    found = Pictures()
    for k, size in enumerate(SIZES):
        found.add(np.full((*size, 3), (k + 1) / 8), f"grey {k}")
    return found


def cut_out(sheet, sprite):
    return sheet.pixels[sprite.top : sprite.top + sprite.height,
                        sprite.left : sprite.left + sprite.width]  # fmt: skip


def test_each_picture_is_where_its_sprite_says(pictures):
    sheet = pictures.sheet(100)
    for k, (sprite, size) in enumerate(zip(sheet.sprites, SIZES, strict=True)):
        own = cut_out(sheet, sprite)
        assert own.shape == (*size, 3)
        assert np.unique(own).tolist() == [round(255 * (k + 1) / 8)]


def test_the_edge_of_a_picture_goes_on_around_it(pictures):
    sheet = pictures.sheet(100)
    for sprite in sheet.sprites:
        around = sheet.pixels[sprite.top - 2 : sprite.top + sprite.height + 2,
                              sprite.left - 2 : sprite.left + sprite.width + 2]  # fmt: skip
        assert len(np.unique(around)) == 1


def test_larger_pictures_are_made_smaller(pictures):
    sheet = pictures.sheet(20)
    assert [max(own.width, own.height) for own in sheet.sprites] == [20, 8, 20, 20, 8]
    assert (sheet.sprites[0].width, sheet.sprites[0].height) == (20, 13)


def test_css_places_a_picture_in_percent(pictures):
    sheet = pictures.sheet(100)
    height, width = sheet.pixels.shape[:2]
    for k, sprite in enumerate(sheet.sprites):
        rule = re.search(
            rf"\.s{k}{{aspect-ratio:(\d+)/(\d+);background-size:([\d.]+)% ([\d.]+)%;"
            r"background-position:([\d.]+)% ([\d.]+)%}",
            sheet.css(),
        )
        across, down, wide, high, left, top = map(float, rule.groups())
        assert (across, down) == (sprite.width, sprite.height)
        # As CSS has it: the sheet in units of the element, and where their edges meet.
        scale = wide / 100 * sprite.width / width
        assert scale == pytest.approx(1, rel=1e-4)
        assert high / 100 * sprite.height / height == pytest.approx(1, rel=1e-4)
        assert left / 100 * (width - sprite.width) == pytest.approx(sprite.left, abs=0.01)
        assert top / 100 * (height - sprite.height) == pytest.approx(sprite.top, abs=0.01)


def test_the_sheet_is_in_the_page_once(pictures):
    assert pictures.sheet(100).css().count("base64") == 1


def test_what_is_not_finite_is_black():
    pictures = Pictures()
    pictures.add(np.full((4, 4, 3), np.nan), "nothing")
    assert cut_out(pictures.sheet(10), pictures.sheet(10).sprites[0]).max() == 0


def test_no_pictures_need_no_rules():
    assert Pictures().sheet(0).css() == ""
    assert Pictures().largest == 0


@pytest.mark.parametrize(
    ("n", "size"), [(1, (70_000, 4)), pytest.param(40, (2600, 1100), marks=pytest.mark.slow)]
)
def test_a_sheet_is_no_higher_than_a_jpeg_may_be(n, size):
    found = Pictures()
    for _ in range(n):
        found.add(np.zeros((*size, 3), np.float32), "black")
    sheet = found.sheet(found.largest)
    assert sheet.pixels.shape[0] <= 65_500
    assert "data:image/jpeg" in sheet.css()
