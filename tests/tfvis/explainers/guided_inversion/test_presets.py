from dataclasses import FrozenInstanceError, replace

import pytest

from tfvis.explainers.guided_inversion.presets import PRESETS, InversionOptions, Preset
from tfvis.utils.errors import InputError


def test_ours_is_the_authors_but_for_what_step_2_returns_and_when_steps_end():
    assert replace(PRESETS["tfvis"], keep="last", tolerance=0.0) == PRESETS["authors"]
    assert PRESETS["tfvis"].keep == "best"


def test_the_learning_rate_is_halved_every_few_iterations():
    preset = Preset(iterations=(5, 2), learning_rate=0.4, halve_every=2)
    assert preset.rates(0) == [0.4, 0.4, 0.2, 0.2, 0.1]
    assert preset.rates(1) == [0.4, 0.4]
    assert replace(preset, halve_every=0).rates(0) == [0.4] * 5


def test_options_are_values_that_name_or_hold_their_terms():
    assert InversionOptions() == InversionOptions()
    assert hash(InversionOptions()) == hash(InversionOptions())
    assert InversionOptions(preset="authors").terms is PRESETS["authors"]
    own = Preset(sigma=3.0)
    assert InversionOptions(preset=own).terms is own
    with pytest.raises(FrozenInstanceError):
        own.sigma = 4.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"preset": "author"}, "Unknown preset 'author'. Closest: authors"),
        ({"step": 3}, "Expected step 1 or 2, received 3"),
        ({"dtype": "float16"}, "Unknown dtype 'float16'. Closest: bfloat16"),
        ({"batch_size": 0}, "Expected batch_size to be a whole number >= 1"),
        ({"seed": -1}, "Expected seed to be a whole number >= 0, received -1"),
    ],
)
def test_options_that_cannot_be_used(changes, message):
    with pytest.raises(InputError, match=message):
        InversionOptions(**changes)
