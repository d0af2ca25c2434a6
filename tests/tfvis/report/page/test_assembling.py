"""A page is one file of bounded size, with a policy that fits what is in it."""

import base64
import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest

from tfvis.report.page import page_of
from tfvis.report.page.assembling import (
    LIMIT,
    Contents,
    PageTooLargeError,
    assembled,
    float32_base64,
    hue,
    jsonable,
)
from tfvis.report.page.sprites import Pictures
from tfvis.utils.feature_groups import FeatureGroup


def noisy(n, side, data=None):
    """A page of pictures that hardly compress."""
    rng, pictures = np.random.default_rng(0), Pictures()
    for k in range(n):
        pictures.add(rng.random((side, side, 3)), f"noise {k}")
    return Contents("base.html", "noise", {}, data or {}, pictures)


def inside(page, tag):
    return re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.S)


def test_the_policy_admits_our_style_and_program_alone(explanation):
    page = page_of(explanation())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; img-src data:;")
    for tag, name in (("style", "style-src"), ("script", "script-src")):
        (text,) = inside(page, tag)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy


def test_the_program_is_small():
    (program,) = inside(assembled(noisy(1, 8)), "script")
    assert len(program.encode()) <= 15_000


def test_pictures_are_scaled_down_until_the_page_fits():
    page = assembled(noisy(60, 224))
    assert len(page.encode()) <= LIMIT
    assert "scaled down from 224 to" in page


def test_a_page_that_fits_is_left_alone():
    assert "scaled down" not in assembled(noisy(2, 64))


def test_pictures_become_as_small_as_they_may_before_numbers_are_refused():
    """The numbers nearly fill the page, so that scaling by the page's size would end too early."""
    page = assembled(noisy(25, 224, {"numbers": "9" * 1_380_000}))
    assert len(page.encode()) <= LIMIT


def test_numbers_that_never_fit_are_refused():
    with pytest.raises(PageTooLargeError, match="Expected a page of at most 50,000 bytes, found "):
        assembled(noisy(1, 64, {"numbers": list(range(20_000))}), 50_000)


def test_data_holds_no_end_of_its_script():
    page = assembled(noisy(1, 8, {"text": "</script><!-- & \u2028"}))
    data = re.search(r'id="data">(.*?)</script>', page, re.S).group(1)
    assert data == r'{"text":"\u003c/script\u003e\u003c!-- \u0026 \u2028"}'


def test_json_has_neither_nan_nor_arrays():
    given = {"a": np.array([1.0, np.nan]), "b": (np.float32(2), np.inf), 3: "a\udcff"}
    assert jsonable(given) == {"a": [1.0, None], "b": [2.0, None], "3": "a\\udcff"}


def test_numbers_survive_to_the_bit():
    numbers = np.float32([0.1, -2e-30, 3e30])
    found = np.frombuffer(base64.b64decode(float32_base64(numbers)), "<f4")
    np.testing.assert_array_equal(found, numbers)


def test_neighbouring_groups_have_distant_hues():
    for k in range(12):
        apart = abs(hue(k) - hue(k + 1))
        assert min(apart, 360 - apart) > 90


def test_thirteen_groups_at_224_pixels_fit(explanation):
    """Photographs of noise, which no real ones are, need less than twice the limit."""
    found = explanation()
    groups = tuple(FeatureGroup(np.array([k % 6]), np.array([1.0])) for k in range(13))
    rng = np.random.default_rng(0)
    parts = rng.random((13, 224, 224), np.float32)
    found = replace(
        found, groups=replace(found.groups, groups=groups), map=parts.sum(0),
        parts=parts, image=rng.random((224, 224, 3), np.float32), zero_gradient=(),
        signed_maps=rng.random((13, 14, 14), np.float32),
        icons=rng.random((13, 224, 224, 3), np.float32), icon_objectives=np.ones(13),
        image_objectives=np.ones(13),
    )  # fmt: skip
    assert len(page_of(found).encode()) <= LIMIT
