"""Whether two results are the same, field by field."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from tfvis.evaluation.box_results import BoxLocalisation
from tfvis.explainers.base import ClassMap
from tfvis.explainers.masks import Inversion


def require(one, other, path="result"):
    """Raise unless two values are the same: kinds, fields, and arrays bit for bit; also by `==`."""
    assert type(one) is type(other), path
    if isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (other.dtype, other.shape), path
        assert one.tobytes() == other.tobytes(), path
    elif dataclasses.is_dataclass(one):
        if isinstance(one, ClassMap | BoxLocalisation | Inversion):
            assert one == other, path
        for field in dataclasses.fields(one):
            if field.name == "grouper":  # a fitted estimator is not written
                assert other.grouper is None, path
                continue
            name = field.name
            require(getattr(one, name), getattr(other, name), f"{path}.{name}")
    elif isinstance(one, Mapping):
        assert list(one) == list(other), path
        for key in one:
            require(one[key], other[key], f"{path}[{key!r}]")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), path
        for k, (first, second) in enumerate(zip(one, other, strict=True)):
            require(first, second, f"{path}[{k}]")
    else:
        assert repr(one) == repr(other), path  # also of NaN and of -0.0
