"""The metrics by name: those that come with tfvis, and one's own."""

import numpy as np
import pytest

from tfvis.evaluation import metric_registry
from tfvis.evaluation.case_metric_registry import (
    CaseMetric,
    case_metric_names,
    case_metrics,
    chosen_metrics,
    register_case_metric,
    unregister_case_metric,
)
from tfvis.evaluation.cases import GRID, IMAGE, KINDS, ONE_OBJECT, TWO_OBJECTS
from tfvis.evaluation.metric_names import ABOUT
from tfvis.evaluation.metric_registry import Metric
from tfvis.utils.errors import InputError

SCENES = (TWO_OBJECTS, ONE_OBJECT, GRID)


def names(metrics):
    return [own.name for own in metrics]


def own_metric(name="mine", **changes):
    return CaseMetric(name, "Mine.", lambda asked: 1.0, **changes)


def test_their_names_are_known_without_tensorflow_and_in_the_same_order():
    assert tuple(ABOUT) == case_metric_names()
    assert all(own.about == ABOUT[own.name] for own in case_metrics())


def test_all_default_ones_that_the_cases_allow_are_computed():
    of_images = chosen_metrics(None, (IMAGE,))
    assert {"pixel_deletion", "average_drop", "group_deletion"} <= set(names(of_images))
    assert not {"pointing", "single_deletion", "grid_pointing"} & set(names(of_images))
    assert all(own.default for own in chosen_metrics(None, KINDS))
    of_scenes = set(names(chosen_metrics(None, SCENES)))
    assert {"pointing", "grid_pointing", "single_deletion"} <= of_scenes


def test_names_and_metrics_of_ones_own_can_be_asked_for():
    mine = own_metric()
    assert names(chosen_metrics(["pixel_deletion_mean", mine], (IMAGE,))) == [
        "pixel_deletion_mean", "mine",
    ]  # fmt: skip


def test_a_metric_that_is_registered_is_known_by_its_name():
    register_case_metric(own_metric())
    try:
        assert names(chosen_metrics(["mine"], (IMAGE,))) == ["mine"]
        with pytest.raises(InputError, match="'mine' is already taken"):
            register_case_metric(own_metric())
    finally:
        unregister_case_metric("mine")
    assert "mine" not in case_metric_names()


def test_metrics_of_maps_on_scenes_are_known_too():
    metric_registry.register_metric(Metric("mass", lambda a_map, mask, other: float(a_map.sum())))
    try:
        (found,) = chosen_metrics(["mass"], SCENES)
        assert found.kinds == (TWO_OBJECTS,)
        assert "mass" in found.about
    finally:
        metric_registry.unregister_metric("mass")


def test_metrics_of_one_family_have_the_same_thresholds():
    families = {}
    for own in case_metrics():
        if own.family is not None:
            families.setdefault(own.family, []).append(own.thresholds)
    assert families
    for steps in families.values():
        for other in steps:
            np.testing.assert_array_equal(steps[0], other)


@pytest.mark.parametrize(
    ("named", "kinds", "message"),
    [
        (["pixel_deletoin"], (IMAGE,), "Unknown metric 'pixel_deletoin'. Closest: pixel_deletion"),
        (["pointing"], (IMAGE,), "'pointing' needs cases of the kind two objects, received image"),
        ([], (IMAGE,), "at least one metric"),
        ("pointing", (IMAGE,), "at least one metric"),
        ([3], (IMAGE,), "a metric's name or a CaseMetric, received 3"),
        ([own_metric(), own_metric()], (IMAGE,), "Two metrics are called 'mine'"),
    ],
)
def test_what_cannot_be_computed_is_an_error(named, kinds, message):
    with pytest.raises(InputError, match=message):
        chosen_metrics(named, kinds)


def test_a_metric_of_an_unknown_kind_of_case_is_an_error():
    with pytest.raises(InputError, match="kind of case 'images'. Closest: image"):
        own_metric(kinds=("images",))
    with pytest.raises(InputError, match="kinds as a list, received 'grid'"):
        own_metric(kinds="grid")
    with pytest.raises(InputError, match="Unknown metric 'mine'"):
        unregister_case_metric("mine")


def test_with_one_of_a_family_come_the_others():
    """Alone, one would be best where it asks for nothing: their threshold is a compromise."""
    assert names(chosen_metrics(["part_deletion"], SCENES)) == [
        "part_deletion", "part_preservation", "controlled_data",
    ]  # fmt: skip


def test_a_family_has_one_set_of_thresholds():
    one, other = (
        own_metric(name, thresholds=np.array(steps), family="mine")
        for name, steps in (("one", [1, 2]), ("other", [1, 2, 3]))
    )
    with pytest.raises(InputError, match="equal thresholds in the family 'mine'"):
        chosen_metrics([one, other], (IMAGE,))


def test_a_metric_that_is_known_is_the_same_by_its_name_and_itself():
    (pointing, *_) = case_metrics()
    assert chosen_metrics(["pointing", pointing], SCENES) == (pointing,)


def test_names_of_other_scores_are_taken_for_metrics_of_maps_too():
    with pytest.raises(InputError, match="'grid_pointing' is already taken"):
        metric_registry.register_metric(Metric("grid_pointing", lambda *given: 1.0))
