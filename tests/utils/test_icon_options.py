from dataclasses import FrozenInstanceError, fields

import pytest

from tfvis.utils.errors import InputError
from tfvis.utils.icon_options import MAXIMUM_SIDE, IconOptions
from tfvis.utils.transforms import Jitter


def test_they_are_values_with_help_texts():
    assert IconOptions() == IconOptions(steps=512, size=224)
    assert hash(IconOptions(transforms=(Jitter(4),))) == hash(IconOptions(transforms=(Jitter(4),)))
    with pytest.raises(FrozenInstanceError):
        IconOptions().steps = 3
    for field in fields(IconOptions):
        assert field.metadata["help"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "Expected icon_steps to be a whole number >= 1, received 0"),
        ({"steps": 1.5}, "Expected icon_steps to be a whole number"),
        ({"size": 14}, "Expected icon_size to be a whole number >= 16, received 14"),
        ({"size": 33}, "Expected icon_size to be even, received 33. Closest: 34"),
        ({"size": MAXIMUM_SIDE + 2}, "Expected icon_size to be at most 4096, received 4098"),
        ({"batch_size": 0}, "Expected icon_batch_size to be a whole number >= 1"),
        ({"redirected_relu_steps": -1}, "Expected icon_redirected_relu_steps to be .* >= 0"),
        ({"redirected_relu_steps": True}, "Expected icon_redirected_relu_steps to be a whole"),
        ({"learning_rate": 0}, "Expected icon_learning_rate above 0, received 0"),
        ({"beta_1": 1}, "Expected icon_beta_1 from 0 to below 1, received 1"),
        ({"beta_2": -0.5}, "Expected icon_beta_2 from 0 to below 1, received -0.5"),
        ({"decay": float("inf")}, "Expected icon_decay above 0, received inf"),
        ({"cosine_power": -1}, "Expected icon_cosine_power of 0 or more, received -1"),
        ({"area": 0}, "Expected icon_area above 0 and at most 1, received 0"),
        ({"area": 1.5}, "Expected icon_area above 0 and at most 1, received 1.5"),
        ({"dtype": "float64"}, "Unknown icon_dtype 'float64'. Closest: .*float32"),
        ({"parameterisation": "align"}, "Unknown icon_parameterisation 'align'. Closest: aligned"),
        (
            {"parameterisation": "phases", "decay": 2.0},
            "Expected icon_decay to be 1 with icon_parameterisation phases, .* received 2.0",
        ),
        ({"transforms": "jitters"}, "Unknown icon_transforms 'jitters'. Closest: jitter"),
    ],
)
def test_what_cannot_be_used(changes, message):
    with pytest.raises(InputError, match=message):
        IconOptions(**changes)
