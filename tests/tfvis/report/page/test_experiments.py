"""The page of an experiment: what was found, and the way to its results."""

import json
from dataclasses import replace
from urllib.parse import unquote

import numpy as np
import pytest
from html_pages import HOSTILE, data_of, parsed, require_self_contained, require_text
from PIL import Image

from tfvis.experiments.outcomes import Experiment, Outcome
from tfvis.report import load_result
from tfvis.report.experiments import experiment_folder, write_experiment
from tfvis.report.page import page_of
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups

FINDINGS = ("Group 0 has 2 channels.", "It is <lost>.")


@pytest.fixture(autouse=True)
def plain_sheets(monkeypatch):
    """Overviews that are grey: to draw one takes a second."""
    for kind in ("explanation", "map"):
        monkeypatch.setattr(
            f"tfvis.explainers.overviews.{kind}_sheet", lambda found: np.full((200, 640, 3), 0.5)
        )


@pytest.fixture
def experiment(made):
    def make(name="two-classes", **changes):
        given = {"title": "two classes in one image", "findings": FINDINGS, "folders": (),
                 "provenance": made(method="experiment")}  # fmt: skip
        return Experiment(name=name, **given | changes)

    return make


@pytest.fixture
def written(experiment, tmp_path):
    """Write an experiment with some results; its summary's folder."""

    def write(*results, name="two-classes"):
        asked = experiment(name)
        outcome = Outcome(
            results=tuple(("photo #1?", own) for own in results), sections=(), findings=FINDINGS
        )
        return write_experiment(outcome, asked, experiment_folder(tmp_path, "net", asked))

    return write


def page_in(folder):
    return page_of(load_result(folder), folder=folder)


def links(page):
    return [own["href"] for own in page.one("main").all("a")]


def test_the_findings_are_there_in_their_order(experiment):
    page = require_self_contained(page_of(experiment()))
    assert [line.text for line in page.one(class_="findings").all("li")] == [*FINDINGS]
    assert data_of(page)["rows"] == [
        {"what": "finding", "text": text, "folder": None} for text in FINDINGS
    ]


def test_each_result_has_a_link_to_its_page(written, class_map, explanation):
    folder = written(class_map(), explanation())
    html = page_in(folder)
    found = links(parsed(html))
    page = require_self_contained(html, links=found)
    assert len(found) == 2
    for address in found:
        target = folder / unquote(address)
        assert (target.parent / "result.json").is_file()
        assert "#" not in address and "?" not in address  # of the image's name
        if not (target).is_file():
            assert target.name == "report.html"
    results = [card.text for card in page.all("article")]
    assert results[0].startswith("map, “cat / dog”, image “photo #1?”")
    assert results[1].startswith("groups of features, for “cat / dog”, layer block/a")


def test_each_result_has_its_overview_as_a_picture(written, class_map):
    folder = written(class_map())
    page = parsed(page_in(folder))
    (place,) = load_result(folder).folders
    assert page.one("article").one(role="img")["aria-label"] == f"{place} at a glance"
    with Image.open(folder.parent / place / "overview.png") as picture:
        width, height = picture.size
    (shown,) = page.one("style").text.split(".s0{aspect-ratio:")[1:]
    own_width, own_height = (int(own) for own in shown.split(";")[0].split("/"))
    assert own_width == 320
    assert own_height == pytest.approx(320 * height / width, abs=1)


def test_a_result_of_a_version_without_pages_is_linked_by_its_overview(written, class_map):
    folder = written(class_map())
    (place,) = load_result(folder).folders
    (folder.parent / place / "report.html").unlink(missing_ok=True)
    (link,) = links(parsed(page_in(folder)))
    assert link.endswith("/overview.png")


def test_the_figure_is_scaled_down_and_linked(written):
    folder = written()
    Image.new("RGB", (1600, 800)).save(folder / "mosaic.png")
    html = page_in(folder)
    page = require_self_contained(html, links=("mosaic.png",))
    assert links(page) == ["mosaic.png"]
    assert ".s0{aspect-ratio:1200/600" in page.one("style").text
    (folder / "mosaic.pdf").write_bytes(b"")
    assert links(parsed(page_in(folder))) == ["mosaic.png", "mosaic.pdf"]


def test_a_figure_that_is_none_is_left_out(written, tmp_path):
    folder = written()
    (folder / "mosaic.png").write_bytes(b"no picture")
    assert not parsed(page_in(folder)).all(id="figure")
    (folder / "mosaic.png").unlink()
    Image.new("RGB", (8, 8)).save(tmp_path / "another.png")
    (folder / "mosaic.png").symlink_to(tmp_path / "another.png")
    assert not parsed(page_in(folder)).all(id="figure")


@pytest.fixture
def groups(explanation):
    return explanation()


@pytest.fixture
def alone(explanation, made):
    """Three channels by themselves: two of group 0, one of group 1."""
    values = np.array([4.0, 3.0, 2.0, 0.5, -1.0, -2.0])
    origin = made(options={"grouping": "single channels"})
    found = explanation(origin=origin)
    parts = np.random.default_rng(1).random((3, 8, 8), np.float32)
    channels = [[0], [2], [1]]
    return replace(
        found,
        map=parts.sum(axis=0),
        parts=parts,
        groups=FeatureGroups(
            tuple(FeatureGroup(np.array(c), values[c], values[c]) for c in channels),
            found.groups.attribution, "pos", np.array([3]), None,
        ),
        signed_maps=np.ones((3, 4, 4), np.float32),
        icons=np.random.default_rng(2).random((3, 16, 16, 3), np.float32),
        icon_objectives=np.ones(3),
        image_objectives=np.ones(3),
    )  # fmt: skip


def test_single_channels_stand_beside_their_groups(written, groups, alone):
    folder = written(groups, alone, name="single-channels")
    html = page_in(folder)
    page = require_self_contained(html, links=links(parsed(html)))
    rows = page.all(class_="beside")
    told = [[(own.one("b").text, float(own["data-value"])) for own in row if own.all("b")
             and "data-value" in own.attributes] for row in rows]  # fmt: skip
    assert told == [
        [("group 0", 6.0), ("channel 0", 4.0), ("channel 2", 2.0)],
        [("group 1", 3.0), ("channel 1", 3.0)],
    ]
    assert [len(row.all("figure")) for row in rows] == [6, 4]


def test_groups_of_another_class_are_not_beside_single_channels(
    written, explanation, alone, groups
):
    other = explanation(class_index=0)
    assert not parsed(page_in(written(other, alone, name="single-channels"))).all(id="beside")
    assert not parsed(page_in(written(groups, name="single-channels"))).all(id="beside")
    assert not parsed(page_in(written(groups, alone))).all(id="beside")


def test_a_damaged_result_is_linked_all_the_same(written, groups, alone):
    folder = written(groups, alone, name="single-channels")
    place = load_result(folder).folders[0]
    (folder.parent / place / "arrays.npz").write_bytes(b"no archive")
    page = parsed(page_in(folder))
    assert len(page.all("article")) == 2
    assert not page.all(id="beside")


@pytest.mark.parametrize("said", ["[]", "{}", '{"class": 1, "layer": [], "grouping": {}}', "x"])
def test_a_result_may_say_anything_of_itself(written, class_map, said):
    folder = written(class_map())
    place = load_result(folder).folders[0]
    file = folder.parent / place / "result.json"
    mark = {"format": {"name": "tfvis result", "kind": 5}, "files": []}
    told = json.dumps({**json.loads(said), **mark}) if said.startswith("{") else said
    file.write_text(told)
    assert len(parsed(page_in(folder)).all("article")) == 1


def test_a_place_outside_is_neither_linked_nor_looked_at(experiment, tmp_path):
    folder = tmp_path / "summary"
    folder.mkdir()
    places = ("../../secret", "/etc", "images/../../x", "javascript:alert(1)/x", "images/..\\x")
    html = page_of(experiment(folders=places), folder=folder)
    assert links(parsed(html)) == ["../javascript%3Aalert%281%29/x/report.html"]


def test_the_numbers_of_a_result_are_beside_its_own_folder(experiment, written, class_map):
    folder = written(class_map())
    (place,) = load_result(folder).folders
    html = page_of(experiment(folders=("../secret", place)), folder=folder)
    rows = [row for row in data_of(parsed(html))["rows"] if row["what"] == "result"]
    assert [row["folder"] for row in rows] == [place]
    assert rows[0]["text"]


def test_names_of_others_are_text(experiment):
    for name in HOSTILE:
        origin = replace(experiment().provenance, image_name=name, network=name)
        place = f"images/{name.replace('/', '_')}"
        found = experiment(name, title=name, findings=(name,), folders=(place,), provenance=origin)
        html = page_of(found, ["tfvis", name])
        page = require_self_contained(html, links=links(parsed(html)))
        require_text(page, name)
        assert all(own.startswith("../images/") for own in links(page))


def test_missing_provenance_results_and_findings_are_no_error(experiment, tmp_path):
    found = experiment(provenance=None, findings=(), folders=("images/\ud800", "images/\udcff"))
    for folder in (None, tmp_path / "nowhere"):
        html = page_of(found, folder=folder)
        page = require_self_contained(html, links=links(parsed(html)))
        assert "Nothing was found." in page.text
        assert links(page) == ["../images/%3F/report.html", "../images/%FF/report.html"]
    assert "There are no results." in parsed(page_of(experiment())).text
