"""The attribution of a class to a layer's channels, and its text file."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .errors import InputError
from .images import replacing


@dataclass(frozen=True, eq=False)
class ChannelAttribution:
    """The attribution of one class's logit to the channels of one layer.

    Attributes:
        method: "Shap" (sampled Shapley values) or "IGSG" (Aumann–Shapley values).
        layer: the layer's name.
        class_index: the class.
        values: φ, float64 (C,), in units of the logit.
        standard_error: of each value, float64 (C,); None where the method has none, NaN after a
            single sample.
        total: t_c(A) − t_c(0), what the values should sum to; None if unknown (read from a file).
        evaluations: forward passes, or gradients, of the tail per class.
    """

    method: str
    layer: str
    class_index: int
    values: np.ndarray = field(repr=False)
    standard_error: np.ndarray | None = field(default=None, repr=False)
    total: float | None = None
    evaluations: int = 0

    def __post_init__(self) -> None:
        for name in ("values", "standard_error"):
            given = getattr(self, name)
            if given is not None:
                array = np.asarray(given, np.float64)
                if array.ndim != 1 or array.shape != np.shape(self.values):
                    raise InputError(f"Expected {name} of shape (C,), received {array.shape}.")
                object.__setattr__(self, name, array)
        if not np.isfinite(self.values).all():
            raise InputError("Expected finite attributions, received NaN or infinity.")

    @property
    def completeness_gap(self) -> float | None:
        """Σφ − (t_c(A) − t_c(0)), in units of the logit; None if the total is unknown."""
        return None if self.total is None else float(self.values.sum() - self.total)

    @property
    def relative_gap(self) -> float | None:
        """The gap's size over the total's; None if the total is unknown, NaN if it is 0."""
        if self.total is None:
            return None
        return abs(self.completeness_gap / self.total) if self.total else math.nan

    def save(self, file: str | Path) -> None:
        """Write the values as text, one number a line."""
        with replacing(Path(file)) as temporary:
            temporary.write_text(
                "".join(f"{value!r}\n" for value in self.values.tolist()), encoding="ascii"
            )

    @classmethod
    def load(
        cls, file: str | Path, *, method: str, layer: str, class_index: int, n_channels: int
    ) -> ChannelAttribution:
        """Read values that `save` (or the reference implementation) wrote.

        Raises:
            InputError: no such file, a line that is no finite number, or a count of numbers that
                is not the layer's count of channels.
        """
        path = Path(file)
        try:
            lines = path.read_text(encoding="ascii", errors="replace").split()
        except OSError as error:
            raise InputError(
                f"Cannot read the attributions {str(path)!r}: {error.strerror}."
            ) from None
        values = np.empty(len(lines))
        for number, line in enumerate(lines):
            try:
                values[number] = float(line)
            except ValueError:
                values[number] = math.nan
            if not math.isfinite(values[number]):
                raise InputError(
                    f"Expected a finite number on every line of {str(path)!r}, "
                    f"received {line[:40]!r} as number {number + 1}."
                )
        if len(values) != n_channels:
            raise InputError(
                f"Expected {n_channels} attributions, one a channel of {layer}, "
                f"received {len(values)} in {str(path)!r}."
            )
        return cls(method, layer, class_index, values)
