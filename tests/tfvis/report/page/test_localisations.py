"""The page of a localisation says what the result says."""

from dataclasses import replace

import numpy as np
import pytest
from html_pages import HOSTILE, data_of, parsed, require_self_contained, require_text
from PIL import Image

from tfvis.datasets.boxed_images import FailedBox
from tfvis.evaluation.box_results import BoxLocalisation, LocatedObject
from tfvis.report.page import page_of

ALPHAS = (0.0, 1.0, 2.0)
N = 30


@pytest.fixture
def found(made):
    """Thirty objects of fifteen images, two methods and three alphas; "b" is the better one."""

    def make(n=N, methods=("a", "b"), **changes):
        rng = np.random.default_rng(0)
        objects = tuple(
            LocatedObject(f"{k // 2}.png", (40, 80), k % 4, f"class {k % 4}",
                          np.array([[8.0, 4, 40, 20]]), 1.0)
            for k in range(n)
        )  # fmt: skip
        overlaps = {m: rng.random((n, 3)) ** (2 - k) for k, m in enumerate(methods)}
        boxes = np.broadcast_to([16.0, 10, 32, 30], (n, 3, 4)).copy()
        boxes[0] = np.nan
        given = {
            "alphas": ALPHAS,
            "objects": objects,
            "overlaps": overlaps,
            "found": dict.fromkeys(methods, boxes),
            "problems": {m: ("it is silent", *[None] * (n - 1)) for m in methods},
            "title": "my/table",
            "provenance": made(None, image=None, image_file=None, image_name="my/table"),
            "seconds": 1.25,
        }
        return BoxLocalisation(**given | changes)

    return make


def best(overlaps):
    """The best alpha's number, by definition: fewest missed, then the largest mean overlap."""
    return min(range(3), key=lambda a: ((overlaps[:, a] < 0.5).mean(), -overlaps[:, a].mean()))


def test_the_table_has_each_methods_best_alpha_the_better_method_first(found):
    result = found()
    page = require_self_contained(page_of(result))
    expected = []
    for method, overlaps in result.overlaps.items():
        k = best(overlaps)
        missed, mean = (overlaps[:, k] < 0.5).mean(), overlaps[:, k].mean()
        expected.append((missed, -mean, method, [ALPHAS[k], missed, mean, 1]))
    rows = page.one("table", id="methods").one("tbody").all("tr")
    for row, (_, _, method, numbers) in zip(rows, sorted(expected), strict=True):
        assert row.one("th").text == method
        np.testing.assert_allclose(row.values("td"), numbers, rtol=1e-12)


def test_the_lines_are_the_shares_that_are_missed(found):
    result = found()
    page = parsed(page_of(result))
    errors = np.array([(own < 0.5).mean(axis=0) for own in result.overlaps.values()])
    lines = page.all("polyline")
    for line, missed in zip(lines, errors, strict=True):
        points = [tuple(map(float, own.split(","))) for own in line["points"].split()]
        np.testing.assert_allclose(
            points, [(50 * k, 100 - 100 * own) for k, own in enumerate(missed)], atol=0.01
        )
    numbers = [row.values("td") for row in page.all("details")[0].one("tbody").all("tr")]
    np.testing.assert_allclose(numbers, [[a, *errors[:, k]] for k, a in enumerate(ALPHAS)])
    assert data_of(page)["errors"][1] == {
        "alpha": 1.0, "missed by a": errors[0, 1], "missed by b": errors[1, 1],
    }  # fmt: skip


def test_the_histogram_counts_overlaps_at_the_best_alpha(found):
    result = found()
    page = parsed(page_of(result))
    counts = [
        np.histogram(own[:, best(own)], np.linspace(0, 1, 11))[0]
        for own in result.overlaps.values()
    ]
    section = page.one("section", id="overlaps")
    assert section.values("rect") == [*counts[0], *counts[1]]
    assert [row.values("td") for row in section.one("tbody").all("tr")] == np.transpose(
        counts
    ).tolist()


@pytest.mark.parametrize("n", [N, 7])
def test_the_best_and_the_worst_twelve_are_named(found, n):
    result = found(n)
    page = parsed(page_of(result))
    for part in page.all("details", class_="method"):
        method = part.one("summary").text
        overlaps = result.overlaps[method][:, best(result.overlaps[method])]
        ordered = np.sort(overlaps)
        rows = part.one("tbody").all("tr")
        values = {
            which: [row.values("td")[0] for row in rows if row.all("td")[0].text == which]
            for which in ("worst", "best")
        }
        count = min(12, (n + 1) // 2)
        assert values["best"] == ordered[::-1][:count].tolist()
        assert values["worst"] == ordered[: min(12, n - count)].tolist()


def test_without_the_files_the_table_stands_alone(found):
    page = require_self_contained(page_of(found()))
    assert "The images are not at hand" in page.text
    assert not page.all(class_="boxed")


def test_images_that_are_there_are_shown_with_their_boxes(found, tmp_path, made):
    for k in range(3):
        Image.new("RGB", (80, 40), "red").save(tmp_path / f"{k}.png")
    origin = made(None, image=None, options={"folder": str(tmp_path)})
    result = found(6, provenance=origin)
    page = require_self_contained(page_of(result))
    part = page.all("details", class_="method")[0]
    figures = part.all("figure")
    assert len(figures) == 6
    truth = [[float(rect[key]) for key in ("x", "y", "width", "height")]
             for rect in part.all("rect", class_="truth")]  # fmt: skip
    assert truth == [[10, 10, 40, 40]] * 6
    own = [rect for rect in part.all("rect") if "class" not in rect.attributes]
    assert [[float(rect[key]) for key in ("x", "y", "width", "height")] for rect in own] == [
        [20, 25, 20, 50]
    ] * 5  # of the first object nothing was found
    assert ".s2{aspect-ratio:80/40" in page.one("style").text  # one picture an image


def test_what_was_left_out_is_listed_up_to_a_limit(found):
    result = found(
        unreadable=tuple((f"{k}.png", "It is missing.") for k in range(13)),
        failed=(FailedBox("0.png", "cat", (1, 2, 3, 4), "It is outside."),),
    )
    lines = parsed(page_of(result)).one("section", id="left-out").all("li")
    assert [line.text for line in lines] == [
        *(f"{k}.png: It is missing." for k in range(10)), "… and 3 more",
        "0.png, cat: It is outside.",
    ]  # fmt: skip
    assert not parsed(page_of(found())).all(id="left-out")


def test_the_downloads_have_a_row_an_object_up_to_a_limit(found):
    result = found()
    page = parsed(page_of(result))
    rows = data_of(page)["rows"]
    assert len(rows) == N
    assert rows[3] == {
        "image": "1.png", "class": "class 3", "logit": 1.0,
        **{f"IoU of {m}": own[3, best(own)] for m, own in result.overlaps.items()},
    }  # fmt: skip
    assert "objects.csv" not in page.text
    many = parsed(page_of(found(2500)))
    assert len(data_of(many)["rows"]) == 2000
    assert "the first 2000 of 2500 objects" in many.text


def test_names_of_others_are_text(found):
    for name in HOSTILE:
        result = found(
            4, methods=(name,), title=name, problems={name: (name, *[None] * 3)},
            unreadable=((name, name),), failed=(FailedBox(name, name, (1, 2, 3, 4), name),),
        )  # fmt: skip
        objects = tuple(replace(own, image=name, label=name) for own in result.objects)
        page = require_self_contained(page_of(replace(result, objects=objects), ["tfvis", name]))
        require_text(page, name)


def test_names_that_are_no_text_and_missing_data_are_no_error(localisation):
    for changes in ({}, {"provenance": None, "seconds": float("nan")}):
        page = require_self_contained(page_of(localisation(**changes)))
        assert page.one("table", id="methods")


def test_a_method_may_have_the_name_of_a_column(found):
    page = parsed(page_of(found(methods=("alpha", "b"))))
    rows = page.all("details")[0].one("tbody").all("tr")
    assert [len(row.values("td")) for row in rows] == [3] * len(ALPHAS)
