"""The metrics by name: each is the function of its name, and names are unique."""

import importlib
import pkgutil
from types import FunctionType, ModuleType

import numpy as np
import pytest

from tfvis import evaluation
from tfvis.evaluation import map_metrics
from tfvis.evaluation.metric_registry import (
    Metric,
    metric_names,
    metrics,
    register_metric,
    unregister_metric,
)
from tfvis.utils.errors import InputError


@pytest.fixture
def scene():
    """A random map, and two rectangles on it."""
    mask, other = np.zeros((2, 12, 16), bool)
    mask[2:6, 1:7] = other[5:11, 9:15] = True
    return np.random.default_rng(0).random((12, 16)), mask, other


def test_each_metric_is_the_function_of_its_name(scene):
    a_map, mask, other = scene
    expected = {
        "pointing": map_metrics.pointing_game(a_map, mask),
        "energy_ratio": map_metrics.energy_ratio(a_map, mask),
        "right_over_other": map_metrics.right_over_other(a_map, mask, other),
        "iou": map_metrics.overlaps(a_map, mask),
    }
    assert metric_names()[: len(expected)] == tuple(expected)
    for metric in metrics()[: len(expected)]:
        np.testing.assert_array_equal(metric.score(a_map, mask, other), expected[metric.name])


def test_every_function_is_a_public_name_of_its_module():
    own = {
        name
        for name, found in vars(map_metrics).items()
        if isinstance(found, FunctionType) and found.__module__ == map_metrics.__name__
    }
    assert {name for name in own if not name.startswith("_")} <= set(map_metrics.__all__)


def test_scores_have_the_shape_that_thresholds_say(scene):
    for metric in metrics():
        shape = () if metric.thresholds is None else np.shape(metric.thresholds)
        assert np.shape(metric.score(*scene)) == shape


def test_a_name_is_taken_once():
    with pytest.raises(InputError, match="The name 'iou' is already taken."):
        register_metric(Metric("iou", lambda a_map, mask, other: 0.0))


def test_a_metric_can_be_registered_and_forgotten():
    mine = Metric("mine", lambda a_map, mask, other: 0.0)
    register_metric(mine)
    assert metrics()[-1] is mine
    unregister_metric("mine")
    assert "mine" not in metric_names()
    with pytest.raises(InputError, match="Unknown metric 'pointin'. Closest: pointing"):
        unregister_metric("pointin")


def test_a_public_name_is_never_hidden_by_a_module():
    """The import of a submodule sets an attribute of the package."""
    for module in pkgutil.iter_modules(evaluation.__path__, f"{evaluation.__name__}."):
        importlib.import_module(module.name)
    for name in evaluation.__all__:
        found = getattr(evaluation, name)
        assert not isinstance(found, ModuleType), name
        assert getattr(evaluation, name) is found
    assert evaluation.metrics() == metrics()
