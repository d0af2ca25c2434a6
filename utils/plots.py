"""Pictures of results: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .choices import COLORMAPS
from .errors import InputError, unknown
from .typesetting import any_script

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

_HOT = np.array([1.0, 0.1, 0.05], np.float32)
_COLD = np.array([0.05, 0.35, 1.0], np.float32)
_LIGHT_COLD = np.array([0.2, 0.6, 1.0], np.float32)

_PANELS = 6
"""Panels of `intervals` side by side."""

_LOWEST = {"inferno": 0.45, "magma": 0.45, "plasma": 0.5, "viridis": 0.5}
"""Where in a colour map the weakest colour is: what comes before is black, or too near to blue."""


def overlay(
    image: np.ndarray,
    heat_map: np.ndarray,
    *,
    against: np.ndarray | None = None,
    largest: float | None = None,
    exponent: float = 1.0,
    colormap: str = "red",
) -> np.ndarray:
    """A heat map in colour over the darkened image: float32 (H, W, 3) in [0, 1].

    Args:
        image: (H, W, 3) in [0, 1].
        heat_map: (H, W); values below 0, and those that are not finite, count as 0.
        against: a second heat map, (H, W), drawn in blue where it is larger.
        largest: the value that is drawn in full colour: one for all pictures that are compared.
            The maximum of the maps if left out.
        exponent: the colour's strength is the value's share of `largest` to this power: with 0.5
            weak places can still be seen beside strong ones.
        colormap: "red", a tint over the image's own colours, or one of matplotlib's perceptually
            uniform colour maps, over the image in grey; see `choices.COLORMAPS`.

    Raises:
        InputError: sizes do not fit, or a value cannot be used.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import overlay
        >>> picture = overlay(np.full((2, 2, 3), 0.5), np.array([[0.0, 1.0], [0.0, 0.0]]))
        >>> picture[0, 1].round(2), picture[0, 0].round(2)  # red where the map is strong
        (array([0.78, 0.28, 0.25], dtype=float32), array([0.22, 0.22, 0.22], dtype=float32))
    """
    if colormap not in COLORMAPS:
        raise unknown("colormap", colormap, COLORMAPS)
    maps = [heat_map] if against is None else [heat_map, against]
    for a_map in maps:
        if image.shape[:2] != a_map.shape:
            raise InputError(
                f"Expected a heat map of the image's size {image.shape[:2]}, "
                f"received {a_map.shape}."
            )
    maps = [np.where(np.isfinite(a_map), a_map, 0) for a_map in maps]
    if largest is None:
        largest = max(float(a_map.max(initial=0)) for a_map in maps)
    if not largest >= 0:
        raise InputError(f"Expected largest to be >= 0, received {largest!r}.")
    scaled = [
        np.clip(a_map / largest, 0, 1) if largest > 0 else np.zeros_like(a_map) for a_map in maps
    ]
    share = np.asarray(np.max(scaled, axis=0) ** exponent, np.float32)[..., np.newaxis]
    cold = np.zeros(share.shape, bool)
    if against is not None:
        cold = (scaled[1] > scaled[0])[..., np.newaxis]
    mixed = (
        _tinted(image, share, cold) if colormap == "red" else _mapped(image, share, cold, colormap)
    )
    return np.asarray(np.clip(mixed, 0, 1), np.float32)


def _tinted(image: np.ndarray, share: np.ndarray, cold: np.ndarray) -> np.ndarray:
    colour = np.where(cold, _COLD, _HOT)
    # Where the map is strong the image keeps its full light under the colour.
    light = image * (0.45 + 0.55 * share)
    return light * (1 - 0.55 * share) + 0.55 * share * colour


def _mapped(image: np.ndarray, share: np.ndarray, cold: np.ndarray, name: str) -> np.ndarray:
    from matplotlib import colormaps

    lowest = _LOWEST[name]
    colours = colormaps[name](lowest + (1 - lowest) * share[..., 0])[..., :3]
    colour = np.where(cold, _LIGHT_COLD, np.float32(colours))
    # In grey no colour of the image is taken for one of the map.
    grey = 0.6 * (image @ np.array([0.299, 0.587, 0.114], image.dtype))[..., np.newaxis]
    return grey * (1 - 0.8 * share) + 0.8 * share * colour


def overview(
    title: str,
    rows: Sequence[tuple[Sequence[np.ndarray], str]],
    image: np.ndarray,
    columns: Sequence[str] = ("where it looks", "what it wants"),
) -> np.ndarray:
    """A sheet with some pictures and a text a row.

    Args:
        title: above all.
        rows: for each group, say, its overlay and its icon, (H, W, 3) in [0, 1], and a text.
        image: what is explained, shown above the rows.
        columns: what the pictures are; at least two.

    Returns:
        float32 (height, width, 3) in [0, 1].
    """
    # Not pyplot: it would choose a window system and keep the figure alive.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    n, width = len(rows) + 1, len(columns)
    figure = Figure(figsize=(2.35 * width + 3.3, 2.3 * n), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(n, width + 1, width_ratios=(*[1] * width, 1.4), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    axes[0, 0].imshow(image)
    axes[0, 1].text(0, 0.5, _drawable(title), va="center", fontsize=13, parse_math=False)
    if rows:
        for axis, column in zip(axes[1], columns, strict=False):
            axis.set_title(column)
    for (*left, right), (pictures, text) in zip(axes[1:], rows, strict=True):
        for axis, picture in zip(left, pictures, strict=True):
            axis.imshow(np.nan_to_num(picture))
        right.text(
            0, 0.5, _drawable(text), va="center", fontsize=11, linespacing=1.5, parse_math=False
        )
    return _drawn(canvas)


def figure(picture: np.ndarray) -> Figure:
    """A picture (height, width, 3) in [0, 1] as a figure of its own size, for notebooks."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from .notebook_figures import NotebookFigure

    height, width = picture.shape[:2]
    found = NotebookFigure(figsize=(width / 100, height / 100), dpi=100)
    FigureCanvasAgg(found)
    axis = found.add_axes((0, 0, 1, 1))
    axis.imshow(picture)
    axis.axis("off")
    return found


def histogram(
    title: str, values: Mapping[str, np.ndarray], edges: np.ndarray, counted: str
) -> np.ndarray:
    """How often values fall into each bin: a row of bars a series, one above the other.

    Args:
        title: above all.
        values: each series' own, by its name.
        edges: of the bins, rising.
        counted: what is counted.

    Returns:
        float32 (height, width, 3) in [0, 1].
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 1 + 1.6 * len(values)), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(len(values), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for axis, (name, own) in zip(axes, values.items(), strict=True):
        axis.hist(own, bins=edges, color="tab:red", edgecolor="white")
        axis.set_title(_drawable(name), fontsize=10, loc="left", parse_math=False)
        axis.set_ylabel(counted)
        axis.yaxis.get_major_locator().set_params(integer=True)
    axes[-1].set_xlabel(title)
    return _drawn(canvas)


def intervals(
    title: str, values: Mapping[str, Mapping[str, tuple[float, float, float]]]
) -> np.ndarray:
    """Means and their intervals as points with bars: a panel a quantity, a line a series.

    Six panels stand side by side, further ones below.

    Args:
        title: above all.
        values: by the quantity's name and the series' name: mean, lower and upper bound. Bounds
            that are not finite are not drawn, and neither is a series that a quantity lacks.

    Returns:
        float32 (height, width, 3) in [0, 1].

    Example:
        >>> from tfvis.utils.plots import intervals
        >>> intervals("Scores", {"pointing": {"mine": (0.8, 0.7, 0.9)}}).shape[-1]
        3
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(name for own in values.values() for name in own))
    columns = min(max(1, len(values)), _PANELS)
    rows = max(1, -(-len(values) // columns))
    size = (3 + 2.2 * columns, rows * (1.2 + 0.28 * len(names)))
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axis in panels.ravel()[len(values) :]:
        axis.set_visible(False)
    for axis, (quantity, own) in zip(panels.ravel(), values.items(), strict=False):
        for line, name in enumerate(names):
            if name not in own:
                continue
            mean, low, high = own[name]
            if np.isfinite([low, high]).all():
                axis.plot([low, high], [line, line], color="tab:red", linewidth=1.5)
            axis.plot([mean], [line], "o", color="tab:red", markersize=4)
        axis.set_title(_drawable(quantity), fontsize=10, parse_math=False)
        axis.grid(axis="x", alpha=0.3)
    for axis in panels[:, 0]:
        axis.set_yticks(range(len(names)), map(_drawable, names), parse_math=False)
    panels[0, 0].invert_yaxis()
    figure.suptitle(_drawable(title), fontsize=10, parse_math=False)
    return _drawn(canvas)


def _drawable(text: str) -> str:
    """Text that a font can draw: file names need not be that."""
    return text.encode("utf-8", "replace").decode()


def _drawn(canvas: FigureCanvasAgg) -> np.ndarray:
    """A canvas's pixels: float32 (height, width, 3) in [0, 1]."""
    with any_script():
        canvas.draw()
    return np.asarray(canvas.buffer_rgba(), np.float32)[..., :3] / 255
