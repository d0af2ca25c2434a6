"""The experiments by name."""

import pytest

from tfvis.experiments.registry import EXPERIMENTS, experiments_of
from tfvis.utils.errors import InputError


def test_every_experiment_can_be_run():
    assert list(EXPERIMENTS) == [
        "two-classes", "single-channels", "lost-features", "no-class", "other-networks",
    ]  # fmt: skip
    for name, spec in EXPERIMENTS.items():
        assert spec.name == name
        assert callable(spec.run)


def test_an_unknown_name_is_told_with_the_closest():
    assert [own.name for own in experiments_of(["no-class", "no-class"])] == ["no-class"]
    with pytest.raises(
        InputError, match="Unknown experiment 'lost-feature'. Closest: lost-features"
    ):
        experiments_of(["lost-feature"])
