"""What `tfvis experiments` is asked."""

import pytest

from tfvis.experiments.options import ExperimentOptions
from tfvis.experiments.registry import EXPERIMENTS
from tfvis.settings.experiments import ExperimentSettings
from tfvis.utils.errors import InputError


def test_all_experiments_are_run_where_none_is_named():
    assert [own.name for own in ExperimentSettings().experiments] == list(EXPERIMENTS)
    assert [own.name for own in ExperimentSettings(names=("no-class",) * 2).experiments] == [
        "no-class"
    ]
    with pytest.raises(InputError, match="Unknown experiment 'noclass'. Closest: no-class"):
        ExperimentSettings(names=("noclass",))


def test_the_runs_seed_is_that_of_the_experiments():
    settings = ExperimentSettings(experiment=ExperimentOptions(icon_steps=8), seed=3)
    assert (settings.options.icon_steps, settings.options.seed) == (8, 3)
    assert settings.options.feature_groups("mixed4d").seed == 3
