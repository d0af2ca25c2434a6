"""The page of a batch in a real browser: it opens at once, filters and sorts, and stays safe."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from batch_pages import CLASSES, EXPLAINERS, made_row, some_rows, unread_row, written_page
from browsers import Watched, chromium
from html_pages import HOSTILE

pytestmark = pytest.mark.slow

ROWS = some_rows(180)
"""They fit on one page of the table."""
WORTHS = {
    "name": lambda row: row.name,
    "label": lambda row: row.label,
    "answer": lambda row: row.answer,
    "class": lambda row: row.class_name,
    "logit": lambda row: row.logit,
    "probability": lambda row: row.probability,
    "explainer": lambda row: row.explainer,
    "groups": lambda row: len(row.scores) or None,
    "strongest": lambda row: row.scores[0] if row.scores else None,
    "gap": lambda row: row.gap,
    "seconds": lambda row: row.seconds,
    "problem": lambda row: row.problem,
}
TEXTS = ("name", "label", "answer", "class", "explainer", "problem")
EVIL = ("</script><img src=x onerror=\"document.title='broken'\">", 'a" onclick="x', "a\nb",
        "javascript:document.title='broken'", "../..", "<b>bold</b>", *HOSTILE)  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return written_page(tmp_path_factory.mktemp("batch"), ROWS, Network="critters", Images="180")


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The address of a page of 10,000 rows, and the rows."""
    rows = some_rows(10_000)
    return written_page(tmp_path_factory.mktemp("large"), rows), rows


@pytest.fixture
def opened(browser):
    """Opens pages; at the end they asked for nothing but pictures, and complained of nothing."""
    found = []

    def opened(address, **context):
        given = {"viewport": {"width": 1280, "height": 900}}
        found.append(Watched(browser, address, **given | context))
        found[-1].page.set_default_timeout(10_000)
        return found[-1].page

    yield opened
    for own in found:
        folder = own.page.url.split("index.html")[0]
        asked = [url for url in own.requests if not url.startswith(f"{folder}thumbs/")]
        assert {url.split("#")[0] for url in asked} == {f"{folder}index.html"}
        assert own.complaints == []
        own.context.close()


def names(page):
    """The names in the table, from above."""
    return page.locator("#rows td[data-key=name] bdi").all_text_contents()


def choose(page, **values):
    for name, value in values.items():
        page.select_option(f"[name={name}]", str(value))


def click_head(page, key):
    page.click(f"#rows th[data-key={key}] button")


def sorted_rows(rows, key, down):
    """Rows by a column as Python sorts them: equal ones in their order, missing ones last."""
    worth = WORTHS[key]
    full = [row for row in rows if worth(row) is not None]
    # reverse=True keeps the order of equal rows.
    return sorted(full, key=worth, reverse=down) + [row for row in rows if worth(row) is None]


def named(rows):
    return [row.name for row in rows]


# The first rows are in the page: milliseconds since the page was asked for.
FIRST_ROWS = """
new MutationObserver(() => {
  if (window.first_rows === undefined && document.querySelector("#rows tbody tr")) {
    window.first_rows = performance.now();
  }
}).observe(document, {childList: true, subtree: true});
"""


def test_ten_thousand_rows_open_in_less_than_a_second(browser, large):
    """The best of three openings: others may use the machine."""
    times = []
    for _ in range(3):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.add_init_script(FIRST_ROWS)
        page.goto(large[0])
        assert page.locator("#rows tbody tr").count() == 50
        times.append(page.evaluate("first_rows"))
        context.close()
    assert min(times) < 1000, times


@pytest.mark.parametrize("size", [50, 100, 200])
def test_only_one_page_of_rows_is_in_the_document(opened, large, size):
    address, rows = large
    page = opened(f"{address}#size={size}")
    assert page.locator("tr[data-row]").count() == size
    click_head(page, "logit")
    page.fill("[name=search]", "image0")
    page.click("[data-turn=next] >> nth=0")
    assert page.locator("tr[data-row]").count() == size
    expected = sorted_rows(rows, "logit", down=True)[size : 2 * size]
    assert names(page) == named(expected)


def test_pictures_far_below_are_not_asked_for(browser, tmp_path):
    """Pictures of other pages are not, nor those far below what is seen."""
    rows = [made_row(k, picture=f"thumbs/picture {k}.png") for k in range(500)]
    address = written_page(tmp_path, rows)
    for k in range(500):
        (tmp_path / "thumbs" / f"picture {k}.png").write_bytes(
            (tmp_path / "thumbs" / "picture 0.png").read_bytes()
        )
    watched = Watched(browser, f"{address}#size=200", viewport={"width": 1280, "height": 600})
    watched.page.wait_for_function("document.querySelector('#rows img').naturalWidth > 0")
    asked = [url for url in watched.requests if "/thumbs/" in url]
    folder = address.split("index.html")[0]
    assert f"{folder}thumbs/picture%200.png" in asked
    assert 5 < len(asked) < 100
    watched.context.close()


def test_a_missing_picture_is_said(browser, tmp_path):
    address = written_page(tmp_path, [made_row(0, picture="thumbs/gone.png"), unread_row(1)])
    watched = Watched(browser, address)
    watched.page.wait_for_function("!document.querySelector('#rows img')")
    cells = watched.page.locator("td.picture").all_text_contents()
    assert cells == ["no picture", "no picture"]
    watched.context.close()


def test_rows_begin_in_the_order_of_the_batch(opened, address):
    page = opened(f"{address}#size=200")
    assert names(page) == named(ROWS)
    n = sum(row.problem is not None for row in ROWS)
    told = f"180 of 180 rows, {n} with a problem. Shown: 1 to 180."
    assert page.inner_text("#count") == told


@pytest.mark.parametrize("key", WORTHS)
def test_a_column_sorts_both_ways_what_is_missing_comes_last(opened, address, key):
    page = opened(f"{address}#size=200")
    down = key not in TEXTS
    for _ in range(2):
        click_head(page, key)
        assert names(page) == named(sorted_rows(ROWS, key, down))
        (head,) = page.locator("#rows th[aria-sort]").all()
        assert head.get_attribute("data-key") == key
        assert head.get_attribute("aria-sort") == ("descending" if down else "ascending")
        down = not down


def test_numbers_in_names_are_sorted_by_their_values(opened, tmp_path):
    rows = [made_row(k, name=f"photo {k}") for k in (10, 9, 100, 1)]
    page = opened(written_page(tmp_path, rows))
    click_head(page, "name")
    assert names(page) == ["photo 1", "photo 9", "photo 10", "photo 100"]


def test_a_head_is_a_button_that_the_keyboard_reaches(opened, address):
    page = opened(f"{address}#size=200")
    button = page.locator("#rows th[data-key=gap] button")
    button.focus()
    page.keyboard.press("Enter")
    assert names(page) == named(sorted_rows(ROWS, "gap", down=True))
    page.keyboard.press("Space")
    assert names(page) == named(sorted_rows(ROWS, "gap", down=False))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Seconds"


@pytest.mark.parametrize("index", range(len(CLASSES)))
def test_rows_of_a_class(opened, address, index):
    page = opened(f"{address}#size=200")
    choose(page, **{"class": index})
    expected = [row for row in ROWS if row.class_index == index]
    assert names(page) == named(expected)
    assert page.inner_text("#count").startswith(f"{len(expected)} of 180 rows")


def test_classes_have_counts(opened, address):
    page = opened(address)
    told = page.locator("[name=class] option").all_text_contents()
    counts = Counter(row.class_name or "no class" for row in ROWS)
    expected = [f"{name} ({counts[name]})" for name in (*sorted(CLASSES), "no class")]
    assert told == ["all classes", *expected]


FITS = {
    "search": lambda row: "image0001" in row.name,
    "search for a path": lambda row: "part 2/" in row.image,
    "search for nothing": lambda row: False,
    "explainer": lambda row: row.explainer == EXPLAINERS[1],
    "with": lambda row: row.problem is not None,
    "without": lambda row: row.problem is None,
    "differs": lambda row: None not in (row.label, row.answer) and row.label != row.answer,
    "no class": lambda row: row.class_index is None,
}
ACTS = {
    "search": lambda page: page.fill("[name=search]", " IMAGE0001"),
    "search for a path": lambda page: page.fill("[name=search]", "part 2/"),
    "search for nothing": lambda page: page.fill("[name=search]", "tiger"),
    "explainer": lambda page: choose(page, explainer=EXPLAINERS[1]),
    "with": lambda page: choose(page, problem="with"),
    "without": lambda page: choose(page, problem="without"),
    "differs": lambda page: page.check("[name=differs]"),
    "no class": lambda page: choose(page, **{"class": "none"}),
}


@pytest.mark.parametrize("name", FITS)
def test_filters_leave_the_rows_that_fit(opened, address, name):
    page = opened(f"{address}#size=200")
    ACTS[name](page)
    expected = [row for row in ROWS if FITS[name](row)]
    assert names(page) == named(expected)
    begin = f"{len(expected)} of 180 rows" if expected else "No row of 180 fits"
    assert page.inner_text("#count").startswith(begin)


def test_filters_go_together_and_all_is_shown_again(opened, address):
    page = opened(f"{address}#size=200")
    choose(page, problem="without", explainer=EXPLAINERS[1])
    page.check("[name=differs]")
    click_head(page, "probability")
    fit = [
        row for row in ROWS
        if row.problem is None and row.explainer == EXPLAINERS[1] and row.label != row.answer
    ]  # fmt: skip
    assert len(fit) > 5
    assert names(page) == named(sorted_rows(fit, "probability", down=True))
    page.click("text=Show all")
    assert names(page) == named(ROWS)
    assert not page.is_checked("[name=differs]")
    assert page.url == f"{address}#size=200"


def test_the_address_keeps_what_is_shown(opened, address):
    page = opened(address)
    choose(page, problem="without", size=50)
    page.fill("[name=search]", "image & 0")
    page.fill("[name=search]", "image0")
    click_head(page, "logit")
    click_head(page, "logit")
    page.click("[data-turn=next] >> nth=1")
    fit = [row for row in ROWS if row.problem is None]
    expected = named(sorted_rows(fit, "logit", down=False)[50:100])
    assert names(page) == expected
    page.reload()
    assert names(page) == expected
    assert page.input_value("[name=search]") == "image0"
    assert page.input_value("[name=problem]") == "without"
    assert page.get_attribute("th[data-key=logit]", "aria-sort") == "ascending"
    assert names(opened(page.url)) == expected
    # A link that changes the address alone is followed, too.
    page.evaluate("location.hash = '#size=200&problem=with'")
    page.wait_for_function("document.querySelector('[name=problem]').value === 'with'")
    assert names(page) == named(row for row in ROWS if row.problem is not None)


def test_the_skip_link_keeps_what_is_shown(opened, address):
    page = opened(f"{address}#size=200&sort=gap&order=down")
    page.focus("a.skip")
    page.keyboard.press("Enter")
    page.wait_for_function("!location.hash.includes('main')")
    assert page.url == f"{address}#sort=gap&order=down&size=200"
    assert names(page) == named(sorted_rows(ROWS, "gap", down=True))


@pytest.mark.parametrize(
    "state",
    [
        "sort=__proto__&order=x",
        "page=-3",
        "page=1e99&size=7",
        "class=constructor",
        "%00%ff",
        "search=%3Cimg%20src=x%20onerror=alert(1)%3E&search=",
        "explainer=tiger&problem=&differs=",
    ],
)
def test_an_address_that_is_nonsense_does_nothing(opened, address, state):
    page = opened(f"{address}#{state}")
    assert page.locator("img[onerror]").count() == 0
    assert page.is_visible("#count")


def test_pages_are_turned(opened, address):
    page = opened(address)

    def shown(number):
        assert names(page) == named(ROWS[50 * (number - 1) : 50 * number])
        assert page.locator(".turning input").first.input_value() == str(number)

    shown(1)
    for where, number in (("next", 2), ("last", 4), ("next", 4), ("previous", 3), ("first", 1)):
        page.locator(f"[data-turn={where}]").first.focus()
        page.keyboard.press("Enter")  # a button that leads nowhere takes it, too
        shown(number)
    page.locator(".turning input").first.fill("3")
    page.keyboard.press("Enter")
    shown(3)
    page.locator(".turning input").first.fill("77")
    page.keyboard.press("Enter")
    shown(4)
    page.fill("[name=search]", ROWS[5].name)  # one page of rows begins at the first
    assert names(page) == [ROWS[5].name]
    assert not page.locator(".turning").first.is_visible()


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


def test_a_narrow_page_is_sorted_by_a_list(opened, address):
    page = opened(f"{address}#size=200", viewport={"width": 375, "height": 800})
    choose(page, sort="seconds")
    assert names(page) == named(sorted_rows(ROWS, "seconds", down=False))
    choose(page, order="down")
    assert names(page) == named(sorted_rows(ROWS, "seconds", down=True))
