"""Which values have which types, for what is read from files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tfvis.report.field_types import fits, require_types
from tfvis.utils.errors import InputError


@dataclass(frozen=True)
class Own:
    """With fields of some types."""

    name: str
    size: "tuple[int, int] | None" = None
    picture: np.ndarray | None = None


FITTING = [
    (None, None), (True, bool), (3, int), (3, float), (0.5, float), (float("nan"), float),
    ("", str), ("x", str | None), (None, str | None), ((), tuple), ((1, 2), tuple[int, int]),
    ([1, 2], tuple[int, int]), ((), tuple[int, ...]), ([1, 2, 3], Sequence[int]),
    ({}, Mapping[str, float]), ({"a": (None, "b")}, Mapping[str, tuple[str | None, ...]]),
    (np.ones(2), np.ndarray), (np.array([True]), np.ndarray | None), (Own("x"), Own),
    (object(), Any), ({"a": object()}, Mapping[str, Any]), (object(), "unknown"),
]  # fmt: skip

OTHERS = [
    (0, None), (1, bool), (True, int), (3.0, int), (True, float), ("3", float), (3, str),
    (3, str | None), (3, tuple), ("ab", tuple[str, ...]), ((1,), tuple[int, int]),
    ((1, "2"), tuple[int, int]), ((1, None), tuple[int, ...]), (3, Sequence[int]),
    (["3"], Sequence[int]), ([], Mapping[str, float]), ({"a": "b"}, Mapping[str, float]),
    ({1: 2.0}, Mapping[str, float]), (3.0, np.ndarray), ([1.0], np.ndarray),
    (np.array(["a"]), np.ndarray), (np.array([None]), np.ndarray), ("x", Own), (Own, Own),
]  # fmt: skip


@pytest.mark.parametrize(("value", "hint"), FITTING)
def test_values_that_have_a_type(value, hint):
    assert fits(value, hint)


@pytest.mark.parametrize(("value", "hint"), OTHERS)
def test_values_that_have_another_type(value, hint):
    assert not fits(value, hint)


def test_the_first_field_of_another_type_is_named():
    require_types(Own, {"name": "x"})  # the others have defaults
    require_types(Own, {"name": "x", "size": (1, 2), "picture": np.ones(2)})
    with pytest.raises(
        InputError, match=r"Expected size of Own to be tuple\[int, int\] \| None, found str\."
    ):
        require_types(Own, {"name": "x", "size": "1", "picture": 5})
    with pytest.raises(InputError, match="picture of Own .*, found an array of complex128"):
        require_types(Own, {"name": "x", "picture": np.ones(2, complex)})
    with pytest.raises(InputError, match=r"Expected no size of Own in a file\."):
        require_types(Own, {"name": "x", "size": None}, but=["size"])
