"""The grid pointing game: of several images in one, which does a class's map look at?

Böhle, Fritz, Schiele (2021), arXiv 2104.00032.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tfvis.utils import images as image_files
from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.image_sources import Images, read_image
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import Provenance

from ..explainers.base import Explainer
from .contenders import contenders_of, provenance_of
from .estimates import Estimate, estimate_of_images
from .explaining import explain_all

__all__ = ["GridPointing", "grid_of", "grid_share", "study_grid_pointing"]

SIDE = 2
"""Cells in a row and in a column."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GridPointing:
    """The share of each explainer's maps that lies in the right cell of grids of images.

    Attributes:
        shares: by explainer: of each cell of each grid, float64 (grids, cells), in [0, 1]. Chance
            is one over the number of cells.
        seed: of the bootstrap and of the grids.
        provenance: what made the result.
    """

    shares: Mapping[str, np.ndarray] = field(repr=False)
    seed: int
    provenance: Provenance | None = field(default=None, repr=False)

    def estimate(self, explainer: str, *, confidence: float = 0.95) -> Estimate:
        """The mean share over the grids, and its bootstrap interval. Grids are resampled."""
        return self._bootstrap(self._of(explainer), confidence)

    def difference(self, first: str, second: str, *, confidence: float = 0.95) -> Estimate:
        """How much larger the share of `first` is than that of `second` on the same grids."""
        return self._bootstrap(self._of(first) - self._of(second), confidence)

    def _of(self, explainer: str) -> np.ndarray:
        if explainer not in self.shares:
            raise unknown("explainer", explainer, self.shares)
        return self.shares[explainer]

    def _bootstrap(self, values: np.ndarray, confidence: float) -> Estimate:
        grids = np.repeat(np.arange(len(values)), values.shape[1])
        return estimate_of_images(values.ravel(), grids, seed=self.seed, confidence=confidence)


def grid_of(images: Sequence[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Four images in one, row by row, each at half the height and width.

    Args:
        images: four, each (H, W, 3) in [0, 1].
        size: (height, width) of the result, even numbers.

    Returns:
        float32 (height, width, 3).

    Example:
        >>> import numpy as np
        >>> shades = [np.full((8, 8, 3), value) for value in (0.0, 0.2, 0.4, 1.0)]
        >>> grid_of(shades, (4, 4))[::2, ::2, 0].round(1)
        array([[0. , 0.2],
               [0.4, 1. ]], dtype=float32)
    """
    if len(images) != SIDE**2:
        raise InputError(f"Expected {SIDE**2} images, received {len(images)}.")
    height, width = size
    if height % SIDE or width % SIDE:
        raise InputError(f"Expected a size of even numbers, received {size}.")
    cell = height // SIDE, width // SIDE
    small = [image_files.resize(np.asarray(image), cell) for image in images]
    rows = [np.concatenate(small[k : k + SIDE], axis=1) for k in range(0, SIDE**2, SIDE)]
    return np.concatenate(rows)


def grid_share(a_map: np.ndarray, cell: int) -> float:
    """The share of a map's sum in one of the four cells of a grid.

    A map that is zero everywhere prefers no cell: it scores what is chance.

    Args:
        a_map: (H, W), ≥ 0.
        cell: its number, row by row.

    Example:
        >>> import numpy as np
        >>> grid_share(np.diag([3.0, 1.0]), 0), grid_share(np.zeros((2, 2)), 0)
        (0.75, 0.25)
    """
    a_map = np.asarray(a_map, np.float64)
    if a_map.ndim != 2 or not (np.isfinite(a_map).all() and (a_map >= 0).all()):
        raise InputError("Expected a map (H, W) of finite values >= 0, received others.")
    if not 0 <= cell < SIDE**2:
        raise InputError(f"Expected a cell from 0 to {SIDE**2 - 1}, received {cell!r}.")
    height, width = a_map.shape
    row, column = divmod(cell, SIDE)
    rows = slice(row * height // SIDE, (row + 1) * height // SIDE)
    columns = slice(column * width // SIDE, (column + 1) * width // SIDE)
    total = a_map.sum()
    return float(a_map[rows, columns].sum() / total) if total else 1 / SIDE**2


def study_grid_pointing(
    net: Network,
    images: Images,
    classes: Sequence[str | int],
    explainers: Sequence[str | Explainer] = ("all groups", "Grad-CAM"),
    *,
    n_grids: int = 50,
    options: Iterable[object] = (),
    layer: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> GridPointing:
    """Put images of different classes into grids of four, and explain each cell's class.

    Args:
        net: the network.
        images: one object each, if the figure is to say anything.
        classes: of each image, by index, WordNet id or name; at least four different ones.
        explainers: names of `tfvis.explainers.methods()`, and objects with `explain`.
        n_grids: how many grids are drawn.
        options: of named explainers, as dataclasses.
        layer: of named explainers.
        seed: random seed of named explainers, of the grids and of the bootstrap.
        progress: called with grids done and grids in all.

    Raises:
        InputError: fewer than four classes; whatever an explainer raises.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> names = ["dog", "owl", "car", "tree"]
        >>> images = [tfvis.critters.render_scene([name], seed=1).image for name in names]
        >>> found = study_grid_pointing(net, images, names, ["Grad-CAM"], n_grids=1)
        >>> found.estimate("Grad-CAM").mean > 0.25
        True
    """
    require_count("n_grids", n_grids)
    require_count("seed", seed, 0)
    contenders = contenders_of(net, explainers, options, layer=layer, seed=seed)
    sources = [read_image(image, net.input_size) for image in images]
    indices = np.array([net.class_index(name) for name in classes])
    if len(sources) != len(indices):
        raise InputError(
            f"Expected as many classes as images, received {len(indices)} classes for "
            f"{len(sources)} images."
        )
    if len(set(indices.tolist())) < SIDE**2:
        raise InputError(
            f"Expected images of at least {SIDE**2} classes, received {len(set(indices.tolist()))}."
        )
    rng = np.random.default_rng(seed)
    shares: dict[str, list[list[float]]] = {own.name: [] for own in contenders}
    for number in range(n_grids):
        chosen = _drawn(indices, rng)
        grid = grid_of([sources[k].pixels for k in chosen], net.input_size)
        wanted = [int(indices[k]) for k in chosen]
        found = explain_all(contenders, [grid] * len(wanted), wanted)
        for name, pairs in found.items():
            shares[name].append(
                [
                    float(np.mean([grid_share(a_map, cell) for a_map in pair.maps]))
                    for cell, pair in enumerate(pairs)
                ]
            )
        progress(number + 1, n_grids)
    made = provenance_of("grid pointing game", net, contenders, n_grids=n_grids, seed=seed)
    return GridPointing(
        shares={name: np.array(own) for name, own in shares.items()}, seed=seed, provenance=made
    )


def _drawn(indices: np.ndarray, rng: np.random.Generator) -> list[int]:
    """Numbers of four images of different classes."""
    wanted = rng.choice(np.unique(indices), SIDE**2, replace=False)
    return [int(rng.choice(np.flatnonzero(indices == own))) for own in wanted]
