"""The page of a batch holds its rows, and nothing that could run or lead elsewhere."""

import math
import re

import pytest
from batch_pages import CLASSES, EXPLAINERS, made_row, some_rows, unread_row
from html_pages import HOSTILE, data_of, parsed, require_self_contained, require_text

from tfvis.report.page.batch_index import batch_page

ELSEWHERE = (
    "/etc/passwd", "..", "../..", "a/../../b", "a//b", "", ".", "./a", "a/", "a\\b", "\\\\host\\a",
    "C:/a", "C:a", "javascript:alert(1)", "https://example.org/a", "//example.org/a",
    "data:text/html,a", "file:///etc", "a/b:c", "a\0b", "a\udcff",
)  # fmt: skip
HERE = ("a", "a/b", "results/a b/c & d", "Größe/名前", "a%2e%2e", "..a", "a#b?c", "'<>\"")


def page_of_rows(rows, title="A batch", **facts):
    return batch_page(rows, title=title, facts=facts)


def column(html, name):
    """A column of the page's data, texts put back in their places."""
    data = data_of(parsed(html))
    found = data["columns"].get(name, [None] * data["rows"])
    if isinstance(found, list):
        return found
    return [None if place < 0 else found["texts"][place] for place in found["at"]]


@pytest.mark.parametrize(
    "name", ["image", "name", "label", "answer", "explainer", "layer", "sign", "problem", "notes",
             "folder", "picture", "rank", "logit", "answer_logit", "probability", "gap", "seconds"],
)  # fmt: skip
def test_the_page_holds_what_the_rows_say(name):
    rows = some_rows(200)
    found = column(page_of_rows(rows), name)
    assert found == [getattr(row, name) for row in rows]


def test_scores_and_channels_of_the_groups_are_there():
    rows = some_rows(50)
    html = page_of_rows(rows)
    assert column(html, "scores") == [list(row.scores) or None for row in rows]
    assert column(html, "channels") == [list(row.channels) or None for row in rows]


def test_a_page_is_self_contained():
    page = require_self_contained(page_of_rows(some_rows(100), Network="critters"))
    require_text(page, "A batch", "Network", "critters")


def test_its_policy_admits_pictures_beside_it_and_its_own_program():
    page = parsed(page_of_rows(some_rows(3)))
    (policy,) = (own["content"] for own in page.all("meta", http_equiv="Content-Security-Policy"))
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.keys() == {
        "default-src", "img-src", "style-src", "script-src", "base-uri", "form-action",
    }  # fmt: skip
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "'self' file:"
    assert re.fullmatch(r"'sha256-[\w+/]+='", rules["script-src"])


def test_texts_from_outside_stand_there_as_text():
    told = HOSTILE[0]
    page = parsed(page_of_rows([made_row(0)], title=HOSTILE[1], **{told: HOSTILE[2]}))
    require_text(page, *HOSTILE[:3])


@pytest.mark.parametrize("name", [*HOSTILE, '"', "a\nb", "<!-- <script>", "\u2028", "]]>"])
def test_no_text_of_a_row_ends_the_data(name):
    row = made_row(0, image=name, name=name, label=name, answer=name, class_name=name,
                   explainer=name, layer=name, problem=name, notes=name)  # fmt: skip
    html = page_of_rows([row, made_row(1)])
    assert require_self_contained(html)
    (held,) = re.findall('<script type="application/json" id="data">(.*?)</script>', html, re.S)
    assert not set(held) & set("<>&\u2028\u2029\n")
    assert column(html, "name") == [name, made_row(1).name]
    assert name in [text for _, text in data_of(parsed(html))["classes"]]


@pytest.mark.parametrize("place", ELSEWHERE)
def test_what_leads_elsewhere_has_no_address(place):
    html = page_of_rows([made_row(0, folder=place, picture=place), made_row(1)])
    for name in ("folder", "picture"):
        assert column(html, name) == [None, getattr(made_row(1), name)]


@pytest.mark.parametrize("place", HERE)
def test_what_lies_below_the_batch_has_one(place):
    html = page_of_rows([made_row(0, folder=place, picture=f"{place}/b.png")])
    assert column(html, "folder") == [place]
    assert column(html, "picture") == [f"{place}/b.png"]


def test_an_empty_batch_says_so():
    page = require_self_contained(page_of_rows([], Images="0"))
    require_text(page, "This batch has no rows", "Images")
    assert not page.all("table", id="rows")
    assert not page.all("form")


def test_without_a_program_the_reader_is_sent_to_the_csv():
    page = parsed(page_of_rows(some_rows(12)))
    assert "index.csv beside this page has all 12 rows" in page.one("noscript").text


def heads(rows):
    page = parsed(page_of_rows(rows))
    return [own["data-key"] for own in page.one("thead").all("th", data_key=...)]


def test_columns_that_no_row_fills_are_left_out():
    assert heads([unread_row(0), unread_row(1)]) == ["name", "class", "problem"]
    assert "problem" not in heads([made_row(0)])
    assert "label" not in heads([made_row(0, label=None), made_row(1, label="")])
    assert "explainer" not in heads([made_row(0), made_row(2), unread_row(1)])
    assert heads(some_rows(40)) == [
        "name", "label", "answer", "class", "logit", "probability", "explainer", "groups",
        "strongest", "gap", "seconds", "problem",
    ]  # fmt: skip


def test_filters_fit_the_rows():
    def filters(rows):
        page = parsed(page_of_rows(rows))
        return {own["name"] for own in page.one("form") if "name" in own.attributes}

    assert {"explainer", "differs"} <= filters(some_rows(40))
    assert not {"explainer", "differs"} & filters([made_row(0, label=None)])


def test_counts_of_explainers_and_problems_are_told():
    rows = some_rows(60)
    form = parsed(page_of_rows(rows)).one("form")
    for name in EXPLAINERS:
        n = sum(row.explainer == name for row in rows)
        assert form.one("option", value=name).text == f"{name} ({n})"
    n = sum(row.problem is not None for row in rows)
    assert form.one("option", value="with").text == f"with a problem ({n})"
    assert form.one("option", value="without").text == f"without a problem ({60 - n})"


def test_classes_of_one_name_are_told_apart():
    rows = [
        made_row(0, class_index=517, class_name="crane"),
        made_row(1, class_index=134, class_name="crane"),
        made_row(2, class_index=3, class_name="ant"),
        made_row(3, class_index=7, class_name=None),
        made_row(4, class_index=None, class_name="bee"),
        unread_row(5),
    ]
    data = data_of(parsed(page_of_rows(rows)))
    names = [None if k is None else data["classes"][k] for k in data["columns"]["class"]]
    assert names == [
        ["517", "crane (517)"], ["134", "crane (134)"], ["3", "ant"], ["7", "class 7"],
        ["=bee", "bee"], None,
    ]  # fmt: skip


def test_classes_are_in_the_order_of_their_names():
    data = data_of(parsed(page_of_rows(some_rows(100))))
    assert [text for _, text in data["classes"]] == sorted(CLASSES)


def test_numbers_that_are_none_are_missing():
    row = made_row(0, logit=math.nan, probability=math.inf, gap=-math.inf, scores=(math.nan, 1.0))
    html = page_of_rows([row, made_row(1)])
    for name in ("logit", "probability", "gap"):
        assert column(html, name)[0] is None
    assert column(html, "scores")[0] == [None, 1.0]


def test_numbers_have_seven_digits():
    html = page_of_rows([made_row(0, logit=1 / 3, seconds=12345678.9)])
    assert column(html, "logit") == [0.3333333]
    assert column(html, "seconds") == [12345680.0]


def test_ten_thousand_rows_need_little_room():
    """What repeats stands there once; an object a row would need more than twice as much."""
    rows = some_rows(10_000)
    html = page_of_rows(rows)
    assert len(html.encode()) < 2_500_000
    assert html.count("It is no image of kind 1.") == 1
