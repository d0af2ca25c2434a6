"""Whether two values are the same, where `==` compares arrays place by place or objects by id."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, with all that they hold.

    Dataclasses by their kind and their fields, but for those that are left out of comparisons;
    arrays by their shape and what they hold; NaN equals NaN.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils.equality import same
        >>> same({"a": [np.ones(2)]}, {"a": [np.ones(2)]}), same((1,), (2,))
        (True, False)
    """
    one, other = (v.item() if isinstance(v, np.generic) else v for v in (one, other))
    if one is other:
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == other.dtype.kind == "f")
    if dataclasses.is_dataclass(one):
        names = [f.name for f in dataclasses.fields(one) if f.compare]
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other or (one != one and other != other))
