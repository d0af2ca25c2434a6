"""The page of a comparison in a real browser: both images answer together."""

import numpy as np
import pytest
from browsers import Watched, chromium

from tfvis.report.page import page_of

pytestmark = pytest.mark.slow

N = 4  # positions across and down


@pytest.fixture(scope="module")
def maps():
    """Maps of three groups, and of the rest, before and after."""
    rng = np.random.default_rng(3)
    found = rng.standard_normal((2, 4, N, N)).astype(np.float32)
    found[:, 0, 1, 2] = 0  # where group 0 is nothing
    return found


@pytest.fixture(scope="module")
def address(comparison, maps, tmp_path_factory):
    found = comparison(signed_before=maps[0], signed_after=maps[1])
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(page_of(found), encoding="utf-8")
    return file.as_uri()


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser, address):
    """At the end it has asked for nothing but itself, and complained of nothing."""
    watched = Watched(browser, address, viewport={"width": 1280, "height": 900})
    yield watched.page
    assert watched.requests == [address]
    assert watched.complaints == []
    watched.context.close()


def listed(page):
    found = page.eval_on_selector_all(
        "#active li", "items => items.map(own => [own.dataset.group, own.dataset.value])"
    )
    return {int(group): [float(each) for each in values.split()] for group, values in found}


@pytest.mark.parametrize("stage", ["#stage-0", "#stage-1"])
def test_pointing_at_either_image_lists_what_groups_are_before_and_after(page, maps, stage):
    box = page.locator(stage).bounding_box()
    row, column = 1, 2
    page.mouse.move(
        box["x"] + (column + 0.5) * box["width"] / N, box["y"] + (row + 0.5) * box["height"] / N
    )
    found = listed(page)
    assert found.keys() == {1, 2}
    for k, values in found.items():
        assert values == pytest.approx(maps[:, k, row, column].tolist(), rel=1e-6)
    largest = np.abs(maps[:, :3, row, column]).max(axis=0)
    assert list(found) == sorted(found, key=lambda k: -largest[k])
    assert [own.is_visible() for own in page.locator(".cursor").all()] == [True, True]
    arrow = " \N{RIGHTWARDS ARROW} "
    assert all(arrow in text for text in page.locator("#active li").all_inner_texts())


def test_the_slider_cuts_both_heat_maps_at_their_own_quantiles(page, maps):
    card = page.locator(".card[data-group='1']")
    card.locator("input").fill("0.75")
    kept = [int((own[1] > max(0, np.quantile(own[1], 0.75))).sum()) for own in maps]
    told = card.locator(".kept").inner_text()
    assert told == f"{kept[0]} and {kept[1]} of {N * N} positions are shown"
    canvases = card.locator("canvas").all()
    painted = [
        canvas.evaluate(
            "own => [...own.getContext('2d').getImageData(0, 0, own.width, own.height).data]"
            ".filter((_, k) => k % 4 === 3).filter(Boolean).length"
        )
        for canvas in canvases
    ]
    assert painted == kept


@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_is_wider_than_the_screen(browser, address, width):
    watched = Watched(browser, address, viewport={"width": width, "height": 800})
    for tab in watched.page.locator("[role=tab]").all():
        tab.click()
        assert watched.page.evaluate("document.documentElement.scrollWidth") == width
    watched.context.close()
