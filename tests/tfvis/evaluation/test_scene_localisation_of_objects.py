"""Explainers of one's own, with what may go wrong with them, on scenes."""

import logging
import re
from dataclasses import replace

import coloured_scenes
import numpy as np
import pytest
from coloured_scenes import SIDE, SQUARE, Redness, squares

from tfvis.evaluation.metric_registry import metric_names
from tfvis.evaluation.scene_localisation import localise_scenes
from tfvis.utils.errors import InputError

METRICS = metric_names()


@pytest.fixture(scope="module")
def detector():
    return coloured_scenes.detector()


@pytest.fixture(scope="module")
def scenes():
    return coloured_scenes.all_pairs()


def test_an_explainer_of_ones_own_beside_a_named_one(detector, scenes):
    chosen = [scene for scene in scenes if set(scene.labels) <= {"red", "green", "blue"}]
    found = localise_scenes(detector, chosen, [Redness(), "Grad-CAM"], layer="coarse")
    assert list(found.scores) == ["Redness", "Grad-CAM"]
    # The mask itself as a map: nothing is better.
    assert (found.scores["Redness"]["iou"] == 1).all()
    assert (found.scores["Redness"]["pointing"] == 1).all()
    np.testing.assert_allclose(found.scores["Redness"]["energy_ratio"], SIDE**2 / SQUARE**2)
    alone = localise_scenes(detector, chosen, ["Grad-CAM"], layer="coarse")
    for metric in METRICS:
        np.testing.assert_array_equal(
            found.scores["Grad-CAM"][metric], alone.scores["Grad-CAM"][metric]
        )
    assert found.estimate("Redness", "pointing").mean == 1


class Failing(Redness):
    """Cannot explain one class, and says so."""

    def explain(self, images, classes, *, progress=None):
        nan = np.full((SIDE, SIDE), np.nan)
        return tuple(
            replace(found, map=nan, problem="It diverged.") if found.label == "red" else found
            for found in super().explain(images, classes)
        )


def test_a_map_that_is_not_finite_scores_as_chance_and_is_counted(detector, caplog):
    chosen = [squares(("red", "green"), 0), squares(("blue", "red"), 1)]
    with caplog.at_level(logging.WARNING):
        found = localise_scenes(detector, chosen, [Failing(), Redness(), "uniform"])
    assert found.scores["Failing"].problems == (("It diverged.", None), (None, "It diverged."))
    failed = np.array([[True, False], [False, True]])
    for metric in METRICS:
        values = {name: scores.values[metric] for name, scores in found.scores.items()}
        np.testing.assert_allclose(values["Failing"][failed], values["uniform"][failed])
        np.testing.assert_array_equal(values["Failing"][~failed], values["Redness"][~failed])
    assert caplog.messages == [
        "Failing: something went wrong with 2 of 4 maps. The first: It diverged."
    ]


class Raising(Redness):
    """Cannot explain one class, nor another one in the same call."""

    shows = "every"
    error: Exception = ZeroDivisionError("division by zero")

    def explain(self, images, classes, *, progress=None):
        if "red" in classes:
            raise self.error
        return super().explain(images, classes)


def test_what_an_explainer_raises_scores_as_chance_and_is_counted(detector, caplog):
    chosen = [squares(("red", "green"), 0), squares(("blue", "red"), 1)]
    with caplog.at_level(logging.WARNING):
        found = localise_scenes(detector, chosen, [Raising(), Redness(), "uniform"])
    reason = "ZeroDivisionError: division by zero"
    assert found.scores["Raising"].problems == ((reason, None), (None, reason))
    failed = np.array([[True, False], [False, True]])
    for metric in METRICS:
        values = {name: scores.values[metric] for name, scores in found.scores.items()}
        np.testing.assert_allclose(values["Raising"][failed], values["uniform"][failed])
        np.testing.assert_array_equal(values["Raising"][~failed], values["Redness"][~failed])
    assert caplog.messages == [
        f"Raising: something went wrong with 2 of 4 maps. The first: {reason}"
    ]


class Broken(Redness):
    def explain(self, images, classes, *, progress=None):
        raise RuntimeError("out of\nmemory")


def test_an_explainer_with_an_error_of_its_own_is_named_at_the_first_scene(detector, scenes):
    done = []
    message = "'Broken' cannot explain the first scene: RuntimeError: out of memory"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$") as error:
        localise_scenes(
            detector,
            scenes[:2],
            ["uniform", Broken()],
            progress=lambda *counts: done.append(counts),
        )
    assert isinstance(error.value.__cause__, RuntimeError)
    assert done == []


class Refusing(Redness):
    def explain(self, images, classes, *, progress=None):
        raise InputError("Expected something else.")


def test_an_explainer_that_refuses_everything_does_not_cost_the_others_their_scores(
    detector, scenes, caplog
):
    found = localise_scenes(detector, scenes[:2], ["uniform", Refusing()])
    assert found.scores["Refusing"].problems == (("Expected something else.",) * 2,) * 2
    assert "Refusing: something went wrong with 4 of 4 maps" in caplog.text
    with pytest.raises(InputError, match="None of 4 objects can be explained. The first: Expec"):
        localise_scenes(detector, scenes[:2], [Refusing()])


def test_a_wrong_result_is_an_error_whatever_else_can_be_explained(detector, scenes):
    class Wrong(Redness):
        def explain(self, images, classes, *, progress=None):
            return super().explain(images, classes)[:1]

    with pytest.raises(InputError, match="Expected 2 results, one a pair, from 'Wrong', received"):
        localise_scenes(detector, scenes[:2], ["uniform", Wrong()])


class EveryColour(Redness):
    """Several maps an object, each of which counts: of its colour, and of nothing."""

    shows = "every"

    def explain(self, images, classes, *, progress=None):
        return tuple(
            replace(found, parts=np.stack([found.map, np.ones_like(found.map)]))
            for found in super().explain(images, classes)
        )


def test_each_part_of_an_explainer_of_ones_own_is_scored(detector):
    chosen = [squares(("red", "green"), 0), squares(("blue", "red"), 1)]
    found = localise_scenes(detector, chosen, [EveryColour(), Redness(), "uniform"])
    for metric in METRICS:
        every, first, second = (scores.values[metric] for scores in found.scores.values())
        np.testing.assert_allclose(every, (first + second) / 2)
