"""The attribution of a class to a layer's channels, and its files."""

from __future__ import annotations

import json
import logging
import math
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import tables
from .array_archives import array_headers, require_plausible_size
from .errors import InputError, one_line
from .images import replacing
from .provenance import Provenance

if TYPE_CHECKING:
    from pandas import DataFrame

logger = logging.getLogger(__name__)

AMBIGUOUS = 0.25
"""The share of a channel's influence that both signs must hold if the channel is ambiguous."""


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
        maps: the attribution of every channel at every position, float32 (h, w, C), whose sums over
            positions are `values`; None if unknown.
        directions: w = Σ_xy |A| ∫∂t_c/∂A dα, positive where raising the channel raises the logit:
            float64 (C,). Equal to `values` where no activation is negative; None if unknown.
        ambiguous: the channels that raise the logit at some places and lower it at others: the
            positive and the negative terms of w each hold at least a quarter of the sum of all
            terms' sizes: bool (C,); None if unknown.
        total: t_c(A) − t_c(0), what the values should sum to; None if unknown (read from a file).
        evaluations: forward passes, or gradients, of the tail per class.
        rather_than: the class b whose logit was taken from the class's, so that all of the above is
            of t_c − t_b; None if it is of t_c.
        of_both: with `rather_than`, the values of each of the two classes by itself, whose
            difference are `values`: float64 (2, C); None if unknown.
        provenance: the network, image and options that it is of; None if unknown, as for a text
            file of the reference implementation.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import ChannelAttribution
        >>> phi = ChannelAttribution("IGSG", "layer", 0, np.array([1.0, 2.0]), total=2.5)
        >>> phi.completeness_gap, phi.relative_gap
        (0.5, 0.2)
    """

    method: str
    layer: str
    class_index: int
    values: np.ndarray = field(repr=False)
    standard_error: np.ndarray | None = field(default=None, repr=False)
    total: float | None = None
    evaluations: int = 0
    maps: np.ndarray | None = field(default=None, repr=False)
    directions: np.ndarray | None = field(default=None, repr=False)
    ambiguous: np.ndarray | None = field(default=None, repr=False)
    rather_than: int | None = None
    of_both: np.ndarray | None = field(default=None, repr=False)
    provenance: Provenance | None = field(default=None, repr=False)

    def scores_of(self, logits: np.ndarray) -> np.ndarray:
        """The score that is explained, in some logits: t_c, or t_c − t_b with `rather_than`.

        Args:
            logits: (n, classes).

        Returns:
            (n,).
        """
        own = logits[:, self.class_index]
        return own if self.rather_than is None else own - logits[:, self.rather_than]

    def __post_init__(self) -> None:
        for name in ("values", "standard_error", "directions"):
            given = getattr(self, name)
            if given is not None:
                array = np.asarray(given, np.float64)
                if array.ndim != 1 or array.shape != np.shape(self.values):
                    raise InputError(f"Expected {name} of shape (C,), received {array.shape}.")
                object.__setattr__(self, name, array)
        for name, dtype, ndim in (("maps", np.float32, 3), ("ambiguous", bool, 1)):
            given = getattr(self, name)
            if given is None:
                continue
            array = np.asarray(given)
            fits = array.ndim == ndim and array.shape[-1] == len(self.values)
            if not fits or array.dtype.kind not in "biuf":
                shape = f"(h, w, {len(self.values)})" if ndim == 3 else f"({len(self.values)},)"
                raise InputError(
                    f"Expected {name} of numbers, of shape {shape}, "
                    f"received {array.dtype} of shape {array.shape}."
                )
            object.__setattr__(self, name, array.astype(dtype, copy=False))
        if self.of_both is not None:
            both = np.asarray(self.of_both, np.float64)
            if both.shape != (2, len(self.values)):
                raise InputError(
                    f"Expected of_both of shape (2, {len(self.values)}), received {both.shape}."
                )
            object.__setattr__(self, "of_both", both)
        for name in ("values", "directions", "maps", "of_both"):
            given = getattr(self, name)
            if given is not None and not np.isfinite(given).all():
                raise InputError("Expected finite attributions, received NaN or infinity.")

    @property
    def completeness_gap(self) -> float | None:
        """Σφ − (t_c(A) − t_c(0)), in units of the logit; None if the total is unknown."""
        return None if self.total is None else float(self.values.sum() - self.total)

    @property
    def relative_gap(self) -> float | None:
        """The gap's size over the total's; None if the total is unknown, NaN if it is 0."""
        if self.completeness_gap is None or self.total is None:
            return None
        return abs(self.completeness_gap / self.total) if self.total else math.nan

    @property
    def icon_weights(self) -> np.ndarray:
        """What an icon that shows the channels weighs them by: `directions`, or φ if unknown."""
        return self.values if self.directions is None else self.directions

    @property
    def turned(self) -> np.ndarray:
        """The channels that speak for or against the class by being negative: bool (C,)."""
        return self.values * self.icon_weights < 0

    def to_dataframe(self) -> DataFrame:
        """A row a channel, in the layer's order.

        Returns:
            A `pandas.DataFrame` with the columns `channel`, `attribution` (in units of the logit),
            `standard_error` (NaN where the method has none), `icon_weight` (see `icon_weights`) and
            `ambiguous` (missing where unknown); of a contrast also `of_a` and `of_b`, the
            attributions of each of the two classes by itself.

        Raises:
            InputError: pandas is not installed.

        Example:
            >>> import numpy as np
            >>> from tfvis.utils import ChannelAttribution
            >>> phi = ChannelAttribution("IGSG", "layer", 0, np.array([1.0, 2.0]))
            >>> phi.to_dataframe().nlargest(1, "attribution").channel.tolist()
            [1]
        """
        n = len(self.values)
        errors = self.standard_error
        known = [None] * n if self.ambiguous is None else self.ambiguous.tolist()
        columns = {
            "channel": np.arange(n),
            "attribution": self.values,
            "standard_error": np.full(n, np.nan) if errors is None else errors,
            "icon_weight": self.icon_weights,
            "ambiguous": tables.none_as_missing(known, "boolean"),
        }
        if self.of_both is not None:
            columns |= {"of_a": self.of_both[0], "of_b": self.of_both[1]}
        return tables.table(columns)

    def save(self, file: str | Path) -> None:
        """Write the values as text, one number a line.

        What is known beside the values, maps and provenance above all, is written to an `.npz`
        archive of the same name.

        Raises:
            InputError: the file's name ends in `.npz`.
        """
        file = Path(file)
        if file.suffix == ".npz":
            raise InputError(f"Expected a text file for attributions, received {str(file)!r}.")
        text = "".join(f"{value!r}\n" for value in self.values.tolist())
        known = {name: getattr(self, name) for name in _ARCHIVED}
        known = {name: array for name, array in known.items() if array is not None}
        if self.rather_than is not None:
            known["rather_than"] = np.array(self.rather_than)
        if self.provenance is not None:
            known["provenance"] = np.array(json.dumps(self.provenance.as_json()))
        # Both are whole before one of them takes its place: the disk may be full.
        with replacing(file) as temporary:
            temporary.write_text(text, encoding="ascii")
            if known.keys() - {"total"}:
                with replacing(_archive(file)) as other, other.open("wb") as stream:
                    np.savez_compressed(stream, values=self.values, **known)

    @classmethod
    def load(
        cls,
        file: str | Path,
        *,
        method: str,
        layer: str,
        class_index: int,
        n_channels: int,
        rather_than: int | None = None,
    ) -> ChannelAttribution:
        """Read values that `save` (or the reference implementation) wrote.

        What `save` wrote beside them is read too. Where the text has other values by now, edited
        by hand, only the provenance is, without its options: the image, the network, the layer and
        the class that the file is of stay the same.

        Raises:
            InputError: no such file, a line that is no finite number, or a count of numbers that
                is not the layer's count of channels.
        """
        path = Path(file)
        try:
            if path.exists() and not (path.is_file() or path.is_dir()):
                # Whoever opens a named pipe waits for its other end.
                raise InputError(f"Expected a text file of attributions, {str(path)!r} is no file.")
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
        return _with_archive(cls(method, layer, class_index, values, rather_than=rather_than), path)


_ARCHIVED = ("maps", "directions", "ambiguous", "total", "standard_error", "of_both")


def _archive(file: Path) -> Path:
    """Where maps lie beside a text file of attributions."""
    return file.with_name(f"{file.name.removesuffix('.txt')}.npz")


_UNREADABLE = (
    OSError, ValueError, TypeError, KeyError, EOFError, MemoryError, NotImplementedError,
    RecursionError, RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What NumPy and zipfile raise for archives that are damaged, encrypted or something else."""


def _with_archive(attribution: ChannelAttribution, file: Path) -> ChannelAttribution:
    """The same with what lies beside its text file; of other values the provenance alone.

    Raises:
        InputError: the archive is damaged, or its arrays do not fit.
    """
    archive = _archive(file)
    if not archive.is_file():
        return attribution
    try:
        with archive.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            headers = array_headers(arrays)
            names = ("values", *_ARCHIVED, "rather_than", "provenance")
            names = [name for name in names if name in headers]
            require_plausible_size([headers[name] for name in names], archive.stat().st_size)
            found = {name: arrays[name] for name in names}
        made = _provenance(found.pop("provenance", None))
        other = found.pop("rather_than", None)
        if attribution.rather_than != (None if other is None else int(other)):
            raise InputError("They are of a contrast with another class than the one asked for.")
        if not np.array_equal(found.pop("values", ()), attribution.values):
            logger.warning(
                "%s holds maps of other attributions than %s: maps are unknown.", archive, file.name
            )
            # How the values were made is unknown, but not what they are of.
            return replace(attribution, provenance=made and replace(made, options={}))
        if "total" in found:
            found["total"] = float(found["total"])
        found["provenance"] = made
        whole = replace(attribution, **found)
        _require_sums(whole)
    except (*_UNREADABLE, InputError) as error:
        raise InputError(
            f"Cannot read the maps {str(archive)!r}: {one_line(error)} Remove the file, or compute "
            "the attributions again."
        ) from None
    return whole


def _provenance(stored: np.ndarray | None) -> Provenance | None:
    return None if stored is None else Provenance.from_json(json.loads(str(stored)))


def stored_provenance(file: Path) -> Provenance | None:
    """What the attributions in a text file are of, whatever its text is by now.

    Returns:
        None where nothing beside the file says so, or what does cannot be read.
    """
    archive = _archive(file)
    if not archive.is_file():
        return None
    try:
        with archive.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return _provenance(arrays.get("provenance"))
    except _UNREADABLE:
        return None


def _require_sums(attribution: ChannelAttribution) -> None:
    """Raise unless maps sum to the values, as far as float32 can."""
    if attribution.total is not None and not math.isfinite(attribution.total):
        raise InputError(f"Expected a finite total, received {attribution.total}.")
    both = attribution.of_both
    if both is not None and not np.allclose(both[0] - both[1], attribution.values, atol=1e-6):
        raise InputError("Expected two classes whose difference are the values, received others.")
    if attribution.maps is None:
        return
    sums = attribution.maps.sum(axis=(0, 1), dtype=np.float64)
    sizes = np.abs(attribution.maps).sum(axis=(0, 1), dtype=np.float64)
    if (np.abs(sums - attribution.values) > 1e-5 * sizes + 1e-12).any():
        raise InputError("Expected maps that sum to the values, received others.")
