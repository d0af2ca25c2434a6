"""The groups in anyone's results."""

from __future__ import annotations

from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroups

from ..explainers.base import ClassMap, NothingSelected

__all__ = ["groups_of"]


def groups_of(result: ClassMap, name: str) -> FeatureGroups | None:
    """The groups of a result; None where no channel stood out.

    Args:
        result: an `Explanation`, or any `ClassMap` with `groups`.
        name: of the explainer, for an error.

    Raises:
        InputError: the result has no groups.
    """
    if isinstance(result, NothingSelected):
        return None
    groups = getattr(result, "groups", None)
    if not isinstance(groups, FeatureGroups):
        raise InputError(
            f"Expected results with groups of channels from {name!r}, received a "
            f"{type(result).__name__} without."
        )
    return groups
