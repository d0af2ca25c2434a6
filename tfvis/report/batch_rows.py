"""A row of a batch's index: an image, a class and an explainer, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from tfvis.utils.errors import InputError

__all__ = ["BatchRow"]


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """What an explainer found for a class of an image, or why it found nothing.

    An image that could not be read has one row, without a class and an explainer.

    Attributes:
        image: the image, as its manifest or the command line names it.
        name: of the image's folder in the batch.
        label: the class that a manifest gives the image.
        answer: the network's first answer.
        answer_logit: its logit.
        class_index: the class that is explained.
        class_name: its name.
        logit: of the class.
        probability: of the class, in [0, 1].
        rank: of the class among the network's first answers, from 1; None where it is not there.
        explainer: the explainer's name.
        layer: that it looks at.
        sign: "pos" or "neg" where the explainer tells features for a class from those against it.
        scores: of the groups, the strongest first.
        channels: how many each group has.
        gap: by how much the attributions' sum misses the score, as a share of it.
        folder: the result folder, from the batch's folder, with "/" between names.
        picture: a picture of the result, from the batch's folder.
        problem: why there is no result, or what went wrong; None if nothing did.
        notes: warnings, one a line.
        seconds: that the explainer took for the image and this class.
    """

    image: str
    name: str
    label: str | None = None
    answer: str | None = None
    answer_logit: float | None = None
    class_index: int | None = None
    class_name: str | None = None
    logit: float | None = None
    probability: float | None = None
    rank: int | None = None
    explainer: str | None = None
    layer: str | None = None
    sign: str | None = None
    scores: tuple[float, ...] = ()
    channels: tuple[int, ...] = ()
    gap: float | None = None
    folder: str | None = None
    picture: str | None = None
    problem: str | None = None
    notes: str | None = None
    seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The row as JSON can hold it."""
        return dict(vars(self))

    @classmethod
    def of_json(cls, found: Any) -> BatchRow:
        """The row that JSON holds.

        Raises:
            InputError: it holds none.
        """
        kinds = _KINDS
        if not isinstance(found, Mapping) or set(found) != set(kinds):
            raise InputError(f"Expected a row of a batch, received {str(found)[:60]!r}.")
        cells = {name: _cell(name, found[name], kind) for name, kind in kinds.items()}
        return cls(**cells)


def _cell(name: str, value: Any, kind: str) -> Any:
    """A value of the kind that a field's annotation names, or an `InputError`."""
    if kind.startswith("tuple"):
        inner: type | tuple[type, ...] = int if "int" in kind else (int, float)
        if isinstance(value, list | tuple) and all(_is(own, inner) and _fits(own) for own in value):
            return tuple(value)
    elif value is None and "None" in kind:
        return None
    else:
        plain = {"str": str, "int": int, "float": (int, float)}[kind.split(" ")[0]]
        if _is(value, plain) and (isinstance(value, str) or _fits(value)):
            return value
    raise InputError(f"Expected {name} of a batch's row to be {kind}, received {value!r}.")


def _is(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _fits(value: Any) -> bool:
    """Whether a table can hold a number: 64 bits, and no NaN."""
    return abs(value) < _LARGEST


_LARGEST = 2**63
_KINDS = {own.name: str(own.type) for own in fields(BatchRow)}
