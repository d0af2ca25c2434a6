"""The page of a batch in a real browser: it opens at once, filters and sorts, and stays safe."""

from collections import Counter

import pytest
from batch_browsing import ROWS, choose, click_head, names
from batch_pages import CLASSES, EXPLAINERS, made_row, unread_row, written_page
from browsers import Watched

pytestmark = pytest.mark.slow

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


def test_a_narrow_page_is_sorted_by_a_list(opened, address):
    page = opened(f"{address}#size=200", viewport={"width": 375, "height": 800})
    choose(page, sort="seconds")
    assert names(page) == named(sorted_rows(ROWS, "seconds", down=False))
    choose(page, order="down")
    assert names(page) == named(sorted_rows(ROWS, "seconds", down=True))
