"""The exact game of groups on the page of an explanation."""

from dataclasses import replace

import numpy as np
import pytest
from html_pages import HOSTILE, Page

from tfvis.explainers.group_worths import GroupWorths
from tfvis.report.page import page_of
from tfvis.report.page.group_worths import PAIRS, worths_on_page

GAME = GroupWorths(
    values=np.array([5.0, 3.5, -2.0]),
    attributed=np.array([6.0, 3.0, -2.5]),
    interactions=np.array([[0.0, 1.25, 0.0], [1.25, 0.0, -2.5], [0.0, -2.5, 0.0]]),
    total=6.5,
)


def test_each_group_has_its_sum_its_value_and_the_difference(explanation):
    page = Page(page_of(explanation(game=GAME)))
    table = page.one("table", id="worths-of-groups")
    rows = page.all("tr", within=page.one("tbody", within=table))
    names = [page.one("th", within=row).text for row in rows]
    assert names == ["group 0", "group 1", "the channels in no group", "all channels"]
    numbers = [[float(cell["data-value"]) for cell in page.all("td", within=row)] for row in rows]
    assert numbers == [[6.0, 5.0, -1.0], [3.0, 3.5, 0.5], [-2.5, -2.0, 0.5], [6.5, 6.5, 0.0]]


def test_pairs_are_in_sentences_the_strongest_first(explanation):
    page = Page(page_of(explanation(game=GAME)))
    pairs = page.all("li", within=page.one("ul", class_="pairs"))
    assert [own.text for own in pairs] == [
        "Group 1 and the channels in no group are worth 2.5 less together.",
        "Group 0 and group 1 are worth 1.25 more together.",
    ]
    # The table has all pairs; a group has none with itself.
    assert page.values(page.one("table", id="interactions")) == [1.25, 0.0, 1.25, -2.5, 0.0, -2.5]


def test_only_the_strongest_of_many_pairs_are_listed(explanation):
    n = 9
    game = GroupWorths(
        values=np.ones(n), attributed=np.ones(n), interactions=1 - np.eye(n), total=float(n)
    )
    found = explanation()
    object.__setattr__(found, "game", game)
    assert len(worths_on_page(found).pairs) == PAIRS
    assert len(worths_on_page(found).matrix) == n


def test_groups_that_do_not_interact_are_said_not_to(explanation):
    page = Page(page_of(explanation(game=replace(GAME, interactions=np.zeros((3, 3))))))
    assert "each is worth the same whatever else is there" in page.one("section", id="worths").text
    assert page.all("ul", class_="pairs") == []


def test_without_a_game_there_is_no_part_of_it(explanation):
    page = Page(page_of(explanation()))
    assert page.all("section", id="worths") == []
    assert page.data["game"] is None
    assert "Worth of groups" not in page.one("div", class_="tabs").text


@pytest.mark.parametrize("problem", ["There are 14 players, too many.", *HOSTILE])
def test_why_there_is_none_is_shown_as_text(explanation, problem):
    page = Page(page_of(explanation(game_problem=problem)))
    assert " ".join(problem.split()) in page.one("section", id="worths").text
    assert page.all("img") == []
    assert page.all("table", id="worths-of-groups") == []


@pytest.mark.parametrize("label", HOSTILE)
def test_names_of_classes_stay_text(explanation, label):
    found = explanation(label=label, contrast=(label, label), game=GAME)
    page = Page(page_of(found))
    assert page.all("img") == []
    assert " ".join(label.split()) in page.one("section", id="worths").text


def test_downloads_have_all_numbers(explanation):
    game = Page(page_of(explanation(game=GAME))).data["game"]
    assert game["shapley_values"] == GAME.values.tolist()
    assert game["attributed"] == GAME.attributed.tolist()
    assert game["difference"] == GAME.difference.tolist()
    assert game["interactions"] == GAME.interactions.tolist()
    assert game["total"] == GAME.total
