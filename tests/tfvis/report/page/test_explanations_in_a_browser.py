"""The page of a real result in a real browser: what it does, and that it asks for nothing."""

import csv
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from browsers import Watched, chromium
from known_networks import load_once

import tfvis
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.report import write
from tfvis.report.rebuilding import rebuild_page
from tfvis.utils.activation_maps import above_quantile

pytestmark = pytest.mark.slow

SIZES = ((375, 800), (1280, 900))
COMMAND = ["tfvis", "explain", "--model", "critters", "--classes", "dog"]


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def explanation():
    """Groups for "dog" rather than "cat" in a scene with both, by the network that knows them."""
    net = load_once("critters")
    explainer = FeatureGroupExplainer(
        net, layer="mixed4d", rather_than="cat", attribution_steps=16,
        icons=tfvis.IconOptions(steps=8, size=64),
    )  # fmt: skip
    (found,) = explainer.explain([tfvis.example_image("dog_cat224", net.input_size)], ["dog"])
    return found


@pytest.fixture(scope="module")
def address(explanation, tmp_path_factory):
    folder = write(explanation, tmp_path_factory.mktemp("out"))
    said = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps(said | {"command": COMMAND}))
    return rebuild_page(folder).as_uri()


@pytest.fixture
def watched(browser, address):
    """The page at 1280 pixels; at the end it has asked for nothing but itself, without an error."""
    found = Watched(browser, address, viewport={"width": 1280, "height": 900})
    yield found
    assert found.requests == [address]
    assert found.complaints == []
    found.context.close()


@pytest.fixture
def page(watched):
    return watched.page


def listed(page):
    """The groups in the list beside the image, with their numbers."""
    found = page.eval_on_selector_all(
        "#active li", "items => items.map(own => [own.dataset.group, own.dataset.value])"
    )
    return [(int(group), float(value)) for group, value in found]


def at(explanation, row, column):
    """What NumPy finds at a position, the strongest first."""
    values = explanation.signed_maps[:, row, column]
    order = np.argsort(-np.abs(values), kind="stable")
    return [(int(k), pytest.approx(float(values[k]), rel=1e-6)) for k in order if values[k]]


def point_at(page, explanation, row, column):
    height, width = explanation.signed_maps.shape[1:]
    page.locator("#stage").scroll_into_view_if_needed()
    box = page.locator("#stage").bounding_box()
    page.mouse.move(
        box["x"] + (column + 0.5) * box["width"] / width,
        box["y"] + (row + 0.5) * box["height"] / height,
    )


def strongest(explanation):
    """The position at which most groups are active, and of those the strongest."""
    maps = np.abs(explanation.signed_maps)
    order = (maps > 0).sum(axis=0) + maps.sum(axis=0) / (1 + maps.sum())
    return np.unravel_index(order.argmax(), maps.shape[1:])


def test_pointing_lists_the_groups_of_the_place(page, explanation):
    row, column = strongest(explanation)
    point_at(page, explanation, row, column)
    assert listed(page) == at(explanation, row, column)
    assert f"Row {row}, column {column}: " in page.inner_text("#place")
    page.mouse.move(5, 5)
    assert listed(page) == []
    assert page.inner_text("#place").startswith("All groups")


def test_icons_are_as_large_as_what_they_add(page, explanation):
    point_at(page, explanation, *strongest(explanation))
    widths = page.eval_on_selector_all(
        "#active .pic", "pictures => pictures.map(own => parseFloat(own.style.width))"
    )
    largest = np.abs(explanation.signed_maps).max()
    values = [value for _, value in listed(page)]
    expected = np.maximum(0.75, 6.75 * np.sqrt(np.abs(values) / largest))
    assert widths == pytest.approx(expected, abs=1e-3)


def test_arrow_keys_move_over_the_positions(page, explanation):
    page.focus("#stage")
    page.keyboard.press("ArrowRight")  # the first one begins in the middle
    assert listed(page) == at(explanation, 7, 7)
    for key in ("ArrowUp", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    assert listed(page) == at(explanation, 6, 5)
    page.keyboard.press("Escape")
    assert page.locator(".cursor").is_hidden()


def test_arrow_keys_stay_on_the_image(page):
    page.focus("#stage")
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    assert page.inner_text("#place").startswith("Row 13, column 7")


def test_a_tap_lists_groups_too(browser, address, explanation):
    watched = Watched(browser, address, viewport={"width": 375, "height": 800}, has_touch=True)
    row, column = strongest(explanation)
    box = watched.page.locator("#stage").bounding_box()
    side = box["width"] / 14
    watched.page.tap("#stage", position={"x": (column + 0.5) * side, "y": (row + 0.5) * side})
    assert listed(watched.page) == at(explanation, row, column)
    watched.context.close()


def pixels(page, selector):
    """What a canvas holds: (height, width, 4)."""
    found = page.eval_on_selector(
        selector,
        """canvas => {
          const copy = document.createElement("canvas");
          [copy.width, copy.height] = [canvas.width, canvas.height];
          const context = copy.getContext("2d", {willReadFrequently: true});
          context.drawImage(canvas, 0, 0);
          const {data} = context.getImageData(0, 0, copy.width, copy.height);
          return [copy.height, copy.width, [...data]];
        }""",
    )
    return np.reshape(found[2], (found[0], found[1], 4))


@pytest.mark.parametrize("q", [0.5, 0.9])
def test_the_slider_hides_what_numpy_cuts(page, explanation, q):
    page.locator(".cut input").first.fill(str(q))
    kept = above_quantile(explanation.signed_maps[0], q) > 0
    assert page.locator(".kept").first.inner_text() == f"{kept.sum()} of 196 positions are shown"
    drawn = pixels(page, ".card[data-group='0'] canvas")[..., 3] > 0
    # Where almost nothing is left of the colour, none may be.
    faint = explanation.signed_maps[0] < 1e-4 * np.abs(explanation.signed_maps).max()
    np.testing.assert_array_equal(drawn[~faint], kept[~faint])


def test_a_pin_shows_one_group_alone(page, explanation):
    both = pixels(page, "#stage canvas")
    page.click(".card[data-group='1'] .pin")
    assert page.get_attribute(".card[data-group='1'] .pin", "aria-pressed") == "true"
    dimmed = page.eval_on_selector_all(".dimmed", "cards => cards.map(own => own.dataset.group)")
    assert dimmed == [str(k) for k in range(len(explanation.groups)) if k != 1]
    # The veil alone where the group is silent.
    silent = explanation.signed_maps[1] <= 0
    alone = pixels(page, "#stage canvas")
    assert (alone[silent][:, 3] == 102).all()
    assert (alone[~silent][:, 3] >= 102).all()
    page.click(".card[data-group='1'] .pin")
    np.testing.assert_array_equal(pixels(page, "#stage canvas"), both)


def test_the_bars_sum_to_the_printed_logit(page, explanation):
    rows = page.locator("table.bars").nth(1).locator("tr[data-value]")
    values = rows.evaluate_all("rows => rows.map(own => own.dataset.value)")
    *parts, total = map(float, values)
    assert sum(parts) == pytest.approx(total, abs=1e-9)
    answers = {answer.label: answer.logit for answer in explanation.answers}
    assert total == pytest.approx(answers["dog"] - answers["cat"], rel=1e-6)


def test_tabs_show_one_panel_each(page):
    tabs = page.locator("[role=tab]")
    assert tabs.all_inner_texts() == [
        "Groups",
        "All channels",
        "A rather than B",
        "How it was made",
    ]
    for k, panel in enumerate(["groups", "channels", "contrast", "made"]):
        tabs.nth(k).click()
        shown = page.locator(".panel:visible")
        assert [own.get_attribute("id") for own in shown.all()] == [panel]
    page.keyboard.press("ArrowRight")  # from the last to the first
    assert page.locator(".panel:visible").get_attribute("id") == "groups"
    assert page.evaluate("document.activeElement.id") == "tab-groups"


def test_channels_are_sorted_and_filtered(page, explanation):
    page.click("#tab-channels")
    values = explanation.groups.attribution.values
    table = page.locator("#all-channels")
    table.get_by_role("button", name="attribution").click()
    column = (
        "rows => rows.filter(own => !own.hidden).map(own => Number(own.cells[2].dataset.value))"
    )
    rows = table.locator("tbody tr")
    np.testing.assert_allclose(rows.evaluate_all(column), np.sort(values)[::-1])
    table.get_by_role("button", name="attribution").click()
    np.testing.assert_allclose(rows.evaluate_all(column), np.sort(values))
    page.fill("[data-filter]", "group 1")
    group = explanation.groups[1]
    assert sorted(rows.evaluate_all(column)) == pytest.approx(sorted(values[group.channels]))
    count = page.inner_text("#all-channels-count")
    assert count == f"{len(group.channels)} of {len(values)}"


def download(page, kind):
    page.click("#tab-made")
    with page.expect_download() as waiting:
        page.click(f"[data-download={kind}]")
    return Path(waiting.value.path()).read_text(encoding="utf-8")


def test_numbers_are_downloaded(page, explanation):
    rows = list(csv.DictReader(io.StringIO(download(page, "csv"))))
    values = explanation.groups.attribution.values
    assert {int(row["channel"]): float(row["attribution"]) for row in rows} == dict(
        enumerate(values)
    )
    data = json.loads(download(page, "json"))
    assert [group["score"] for group in data["groups"]] == [
        group.score for group in explanation.groups
    ]


def test_the_command_is_copied(browser, address):
    watched = Watched(browser, address, permissions=["clipboard-read", "clipboard-write"])
    watched.page.click("#tab-made")
    watched.page.click("[data-copy]")
    watched.page.wait_for_function("document.querySelector('[data-copy]').textContent === 'Copied'")
    assert watched.page.evaluate("navigator.clipboard.readText()") == " ".join(COMMAND)
    watched.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [width for width, _ in SIZES])
def test_nothing_is_inaccessible_or_too_wide(browser, address, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    viewport = {"width": width, "height": 800}
    watched = Watched(browser, address, viewport=viewport, color_scheme=scheme)
    page = watched.page
    for tab in page.locator("[role=tab]").all():
        tab.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = axe.Axe().run(page).response["violations"]
        assert [own["id"] for own in found if own["impact"] in ("serious", "critical")] == []
    folder = Path(os.environ.get("TFVIS_SCREENSHOTS") or "build/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    page.locator("[role=tab]").first.click()
    page.screenshot(path=folder / f"explanation_{width}_{scheme}.png", full_page=True)
    watched.context.close()


def test_without_its_program_the_page_shows_everything(browser, address):
    watched = Watched(browser, address, java_script_enabled=False)
    shown = [own.get_attribute("id") for own in watched.page.locator(".panel:visible").all()]
    assert shown == ["groups", "channels", "contrast", "made"]
    watched.context.close()


def test_it_prints(browser, address, tmp_path):
    watched = Watched(browser, address)
    watched.page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert (tmp_path / "page.pdf").stat().st_size > 20_000
    watched.context.close()
