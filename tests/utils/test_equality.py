"""Values are the same if all that they hold is."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from tfvis.utils.equality import same


@dataclass(frozen=True, eq=False)
class Holder:
    array: np.ndarray
    inner: Any = None
    aside: Any = field(default=None, compare=False)


VALUES = [
    None, True, 0.5, float("nan"), "text", (), [], (1, [2]), {}, {"a": np.ones(2)}, np.ones(3),
    np.ones((3, 1)), np.array([np.nan, 1]), np.array(["a"]), Holder(np.ones(2)),
    Holder(np.ones(2), Holder(np.zeros(2))), Holder(np.ones(2), (Holder(np.ones(2)),)),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(VALUES)))
def test_each_value_is_the_same_as_its_copy_and_as_no_other(place):
    def copied(value):
        if isinstance(value, np.ndarray):
            return value.copy()
        if isinstance(value, Holder):
            return Holder(value.array.copy(), copied(value.inner), object())
        if isinstance(value, dict):
            return {key: copied(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(copied(part) for part in value)
        return float(repr(value)) if isinstance(value, float) else value

    own = copied(VALUES[place])
    assert [k for k, other in enumerate(VALUES) if same(own, other)] == [place]


def test_numbers_of_numpy_are_numbers():
    assert same(np.float64(0.5), 0.5)
    assert same(np.int64(3), 3)
    assert not same(3, "3")
