"""What groups are worth exactly: differences and interactions in words."""

import numpy as np
import pytest

from tfvis.explainers.group_worths import GroupWorths
from tfvis.utils.errors import InputError


@pytest.fixture
def worths():
    """Three groups and the channels in none, with interactions of several sizes."""
    interactions = np.zeros((4, 4))
    for (i, j), value in {(0, 2): 1.25, (0, 1): -0.5, (2, 3): -3.0}.items():
        interactions[i, j] = interactions[j, i] = value
    return GroupWorths(
        values=np.array([3.0, 2.0, 1.0, -1.5]),
        attributed=np.array([2.5, 2.0, 1.5, -1.0]),
        interactions=interactions,
        total=4.5,
    )


def test_the_difference_is_the_value_less_the_sum(worths):
    np.testing.assert_array_equal(worths.difference, [0.5, 0.0, -0.5, -0.5])


def test_the_strongest_pairs_come_first_and_those_without_are_left_out(worths):
    assert [own.text for own in worths.strongest()] == [
        "group 2 and the channels in no group are worth 3 less together",
        "group 0 and group 2 are worth 1.25 more together",
        "group 0 and group 1 are worth 0.5 less together",
    ]
    assert [(own.first, own.second, own.value) for own in worths.strongest(1)] == [(2, 3, -3.0)]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("values", np.ones((2, 2))),
        ("values", np.ones(0)),
        ("attributed", np.ones(3)),
        ("interactions", np.ones((4, 3))),
    ],
)
def test_shapes_must_fit(worths, name, wrong):
    with pytest.raises(InputError, match=r"Expected \w+ of \d players, received the shape \("):
        GroupWorths(**vars(worths) | {name: wrong})
