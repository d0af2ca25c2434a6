"""A row of a batch's page in a real browser: what it says, where it leads, and that it is safe."""

import json
import os
from pathlib import Path

import pytest
from batch_browsing import ROWS, choose, click_head, names
from batch_pages import made_row, unread_row, written_page
from browsers import Watched
from html_pages import HOSTILE

pytestmark = pytest.mark.slow

EVIL = ("</script><img src=x onerror=\"document.title='broken'\">", 'a" onclick="x', "a\nb",
        "javascript:document.title='broken'", "../..", "<b>bold</b>", *HOSTILE)  # fmt: skip


def cells(page, row):
    """The texts of a row's cells, by their columns' keys."""
    found = page.locator(f"tr[data-row='{row}'] td").all()
    return {own.get_attribute("data-key"): own.inner_text() for own in found}


def test_a_row_says_what_it_has(opened, tmp_path):
    row = made_row(
        1, logit=-2.5, probability=0.125, rank=2, answer="dog", answer_logit=7.25, label="cat",
        class_index=2, class_name="crane", scores=(1.5, -0.5), channels=(3, 1), gap=0.0625,
        seconds=1.25, sign="neg", notes="One.\nTwo.",
    )  # fmt: skip
    page = opened(written_page(tmp_path, [row, made_row(2), unread_row(3)]))
    told = cells(page, 0)
    assert told["name"] == row.name
    assert page.locator("tr[data-row='0'] bdi").first.get_attribute("title") == row.image
    assert told["label"] == "cat"
    assert told["answer"].split("\n") == ["dog", "logit 7.25", "≠ label"]
    assert told["class"].split("\n") == ["crane", "against it", "answer 2"]
    assert (told["logit"], told["probability"]) == ("−2.50", "12.5\u00a0%")
    assert (told["groups"], told["gap"], told["seconds"]) == ("2", "6.3\u00a0%", "1.25")
    assert told["strongest"].startswith("1.500")
    bars = page.locator("tr[data-row='0'] svg")
    label = "group 0: 1.500 (3 channels), group 1: −0.500 (1 channel)"
    assert bars.get_attribute("aria-label") == label
    sizes = [float(own.get_attribute("height")) for own in bars.locator("rect").all()]
    assert sizes[1] / sizes[0] == pytest.approx(0.5 / 1.5)
    assert told["problem"] == "Notes"
    page.click("tr[data-row='0'] summary")
    assert cells(page, 0)["problem"].split("\n") == ["Notes", "One.", "Two."]


def test_a_problem_is_told_in_words(opened, tmp_path):
    long = "It is too long. " * 40
    page = opened(written_page(tmp_path, [unread_row(0), made_row(1, problem=long), made_row(2)]))
    assert cells(page, 0)["problem"] == "It is no image."
    for k, expected in ((0, True), (1, True), (2, False)):
        assert ("⚠ problem" in cells(page, k)["name"]) == expected
    page.click("tr[data-row='1'] summary")
    assert long.strip() in cells(page, 1)["problem"]


def test_the_image_leads_to_the_page_of_its_result(opened, address):
    page = opened(f"{address}#size=200")
    above = address.removesuffix("index.html")
    (row,) = [k for k, own in enumerate(ROWS) if own.name == "image00001"]
    expected = f"{above}results/image%2000001/cat%20%26%20dog/report.html"
    links = page.locator(f"tr[data-row='{row}'] a")
    assert [own.evaluate("own => own.href") for own in links.all()] == [expected] * 2
    picture = page.locator(f"tr[data-row='{row}'] img")
    assert picture.get_attribute("loading") == "lazy"
    assert picture.get_attribute("src") == "thumbs/picture%201.png"
    picture.scroll_into_view_if_needed()
    page.wait_for_function("own => own.naturalWidth === 8", arg=picture.element_handle())
    # An image that could not be read has nothing to lead to.
    unread = next(k for k, own in enumerate(ROWS) if own.folder is None)
    assert page.locator(f"tr[data-row='{unread}'] a").count() == 0


def test_a_click_on_a_picture_opens_the_result(browser, tmp_path):
    row = made_row(0, folder="results/a b#c")
    address = written_page(tmp_path, [row])
    (tmp_path / row.folder).mkdir(parents=True)
    (tmp_path / row.folder / "report.html").write_text("<!doctype html><title>of a b#c</title>")
    watched = Watched(browser, address)
    watched.page.click("#rows img")
    watched.page.wait_for_url("**/report.html")
    assert watched.page.title() == "of a b#c"
    watched.context.close()


@pytest.mark.parametrize("text", EVIL)
def test_hostile_names_are_text(opened, tmp_path, text):
    row = made_row(
        0, image=text, name=text, label=text, answer=f"{text}!", class_index=0, class_name=text,
        explainer=text, layer=text, problem=text, notes=text, folder=None, picture=None,
    )  # fmt: skip
    rows = [row, made_row(1, class_index=1)]
    page = opened(written_page(tmp_path, rows))
    assert page.locator("tr[data-row='0'] td[data-key=name] bdi").text_content() == text
    assert page.locator("tr[data-row='0'] td[data-key=label]").text_content() == text
    page.locator("tr[data-row='0'] summary").last.click()
    assert page.locator("tr[data-row='0'] .lines").last.text_content() == text
    choose(page, **{"class": "0"}, explainer=text)
    for each in ("name", "problem", "class"):
        click_head(page, each)
    page.hover("tr[data-row='0'] td[data-key=name] bdi")
    assert names(page) == [text]
    assert page.title() == "A batch"
    assert (
        page.locator("[onerror], [onclick], tbody :is(img, b, script), [href*='example']").count()
        == 0
    )
    assert page.locator("script").count() == 2


@pytest.mark.parametrize(
    "place",
    ["javascript:document.title='x'", "../..", "/etc", "C:/a", "a\\b", "https://a.org", "", "a//b"],
)
def test_the_program_itself_refuses_what_leads_elsewhere(browser, tmp_path, place):
    """The data of a page that somebody changed: the check in Python does not help there."""
    written_page(tmp_path, [made_row(0), made_row(2)])
    file = tmp_path / "index.html"
    text = file.read_text(encoding="utf-8")
    for own in (made_row(0).folder, made_row(0).picture):
        held = json.dumps(own).replace("&", "\\u0026")
        assert held in text
        text = text.replace(held, json.dumps(place))
    file.write_text(text, encoding="utf-8")
    watched = Watched(browser, file.as_uri())
    assert watched.page.locator("tr[data-row='0'] :is(a, img)").count() == 0
    assert watched.page.locator("tr[data-row='1'] a").count() == 2
    watched.context.close()


def test_an_empty_batch_is_a_page_too(opened, tmp_path):
    page = opened(written_page(tmp_path, []))
    assert "This batch has no rows" in page.inner_text("main")


def test_without_its_program_the_page_names_the_csv(opened, address):
    page = opened(address, java_script_enabled=False)
    assert "index.csv beside this page has all 180 rows" in page.inner_text("main")
    assert not page.is_visible("form")
    assert not page.is_visible("#rows")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1100, 1280])
def test_nothing_is_inaccessible_or_too_wide(opened, address, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(address, viewport={"width": width, "height": 800}, color_scheme=scheme)
    for state in ("", "#sort=problem", "#search=tiger"):
        page.goto(address + state)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = axe.Axe().run(page).response["violations"]
        assert [own["id"] for own in found if own["impact"] in ("serious", "critical")] == []
    page.goto(f"{address}#sort=logit")
    folder = Path(os.environ.get("TFVIS_SCREENSHOTS") or "build/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"batch_index_{width}_{scheme}.png")


@pytest.mark.parametrize("width", [375, 1100, 1280])
def test_long_names_make_nothing_wider(opened, tmp_path, width):
    long = "x" * 200
    row = made_row(0, image=long, name=long, label=long, answer=long, class_name=long, notes=long,
                   explainer=long, layer=long, problem=long)  # fmt: skip
    page = opened(written_page(tmp_path, [row, made_row(1)], **{long: long}),
                  viewport={"width": width, "height": 800})  # fmt: skip
    assert page.evaluate("document.documentElement.scrollWidth") <= width
