"""Do masks of guided inversion stay on their animal when an image gets noise too weak to see?

    python -m benchmarks.inversion_noise [--weights FOLDER] [--pictures NAME ...] [--copies 8]
    python -m benchmarks.inversion_noise --variants "tfvis; tfvis, restart=0.015; reimplementation"
    python -m benchmarks.inversion_noise --copies 1 --deviation 0  # the pictures themselves

Each picture shows two animals. It gets Gaussian noise with a seed of its own for each copy, and all
copies are explained in one batch. A variant is a preset and fields of `Preset` that differ. Printed
are: of how many copies the mask's maximum lies in the class's animal's box, and in the other's; of
how many the mask is denser there than on the other animal; how dense it is on both relative to the
whole image; the mean overlap of the copies' masks (the sum of their minima over that of their
maxima); the mean of how much more probable the class is on what is hidden than on what is kept; and
the seconds a mask, step 1 included, all variants run in turn.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.pairs import photograph
from benchmarks.running import in_one_line
from tfvis.runtime.terminal import Parser, aligned
from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.images import load

if TYPE_CHECKING:
    from tfvis.explainers.masks import MaskExplanation

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Picture:
    """Two animals and a class of the first.

    Attributes:
        files: one photograph, or two whose middle halves stand side by side.
        label: the class.
        own: its animal's box, left, top, right, bottom, without what the other animal's covers.
        other: the other animal's.
    """

    files: tuple[str, ...]
    label: str
    own: Box
    other: Box

    def pixels(self, side: int) -> np.ndarray:
        """The picture, float32 (side, side, 3) in [0, 1]."""
        parts = [load(photograph(file), (side, side)) for file in self.files]
        if len(parts) == 1:
            return parts[0]
        quarter = side // 4
        return np.concatenate([part[:, quarter : quarter + side // 2] for part in parts], axis=1)


_DOG, _CAT = (0, 18, 165, 160), (165, 15, 224, 224)
_LEFT, _RIGHT = (0, 0, 112, 224), (112, 0, 224, 224)

PICTURES = {
    "cat": Picture(("dog_cat224",), "tiger cat", _CAT, _DOG),
    "dog": Picture(("dog_cat224",), "golden retriever", _DOG, _CAT),
    "cat head": Picture(("cathead224", "doghead224"), "tiger cat", _LEFT, _RIGHT),
    "dog head": Picture(("cathead224", "doghead224"), "Labrador retriever", _RIGHT, _LEFT),
    "elephant": Picture(("elephants", "lorikeet"), "African elephant", _LEFT, _RIGHT),
    "lorikeet": Picture(("elephants", "lorikeet"), "lorikeet", _RIGHT, _LEFT),
}
HEADER = (
    "picture", "terms", "maximum on it", "on the other", "denser on it", "density on it",
    "on the other", "overlap", "loss", "iterations", "s a mask",
)  # fmt: skip


def copies(pixels: np.ndarray, count: int, deviation: float) -> np.ndarray:
    """The picture with noise of seeds 0, 1, ...: float32 (count, H, W, 3) in [0, 1]."""
    noise = [
        np.random.default_rng(seed).normal(0, deviation, pixels.shape) for seed in range(count)
    ]
    return np.clip(pixels + np.array(noise), 0, 1).astype(np.float32)


def terms(variant: str) -> tuple[str, dict[str, Any]]:
    """A preset's name and what differs: "tfvis, epsilon=1e-4"."""
    preset, *changes = variant.split(", ")
    return preset, {name: _value(own) for name, _, own in (c.partition("=") for c in changes)}


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text  # a name


def density(mask: np.ndarray, box: Box) -> float:
    """The mask's mean in a box over its mean."""
    left, top, right, bottom = box
    return float(mask[top:bottom, left:right].mean() / max(mask.mean(), 1e-12))


def inside(mask: np.ndarray, box: Box) -> bool:
    """Whether the mask's maximum is in a box."""
    y, x = np.unravel_index(mask.argmax(), mask.shape)
    left, top, right, bottom = box
    return bool(left <= x < right and top <= y < bottom)


def badness(found: MaskExplanation) -> float:
    """How much more probable the class is on what is hidden than on what is kept."""
    c = found.class_index
    shares = [
        np.exp(logits[1] - logits[1].max()) / np.exp(logits[1] - logits[1].max()).sum()
        for logits in (found.hidden_logits, found.kept_logits)
    ]
    return float(shares[0][c] - shares[1][c])


def cells(picture: Picture, found: Sequence[MaskExplanation]) -> tuple[str, ...]:
    """What `HEADER` names, but for names and seconds."""
    own = [density(one.mask, picture.own) for one in found]
    other = [density(one.mask, picture.other) for one in found]
    n = len(found)
    return (
        f"{sum(inside(one.mask, picture.own) for one in found)} of {n}",
        f"{sum(inside(one.mask, picture.other) for one in found)} of {n}",
        f"{sum(a > b for a, b in zip(own, other, strict=True))} of {n}",
        f"{np.mean(own):.2f}",
        f"{np.mean(other):.2f}",
        f"{overlap([one.mask for one in found]):.2f}",
        f"{np.mean([badness(one) for one in found]):.3f}",
        f"{np.mean([one.iterations for one in found]):.0f}",
    )


def overlap(masks: Sequence[np.ndarray]) -> float:
    """The mean over all pairs of Σ min / Σ max; 1 of a single mask."""
    shares = [
        np.minimum(one, other).sum() / np.maximum(one, other).sum()
        for one, other in itertools.combinations(masks, 2)
    ]
    return float(np.mean(shares)) if shares else 1.0


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--weights", type=Path, help="a file or folder")
    parser.add_argument("--pictures", nargs="+", default=list(PICTURES), metavar="NAME")
    parser.add_argument("--variants", default="tfvis; reimplementation", help="apart by ;")
    parser.add_argument("--copies", type=int, default=8)
    parser.add_argument("--deviation", type=float, default=0.002)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--save", type=Path, help="write the masks to this folder")
    _run(parser.parse_args())


def _run(arguments: argparse.Namespace) -> None:
    from tfvis import load_model
    from tfvis.explainers.guided_inversion import GuidedFeatureInversion

    require_count("--copies", arguments.copies)
    require_count("--repeats", arguments.repeats)
    for name in arguments.pictures:
        if name not in PICTURES:
            raise unknown("picture", name, PICTURES)
    if not arguments.deviation >= 0:
        raise InputError(f"Expected --deviation of at least 0, received {arguments.deviation}.")
    net = load_model("googlenet", weights=arguments.weights)
    variants = [variant.strip() for variant in arguments.variants.split(";")]
    inversions = {}
    for variant in variants:
        preset, changes = terms(variant)
        inversions[variant] = GuidedFeatureInversion(
            net, preset=preset, batch_size=arguments.copies, **changes
        )
    rows: list[tuple[str, ...]] = [HEADER]
    for name in arguments.pictures:
        picture = PICTURES[name]
        images = copies(picture.pixels(net.input_size[0]), arguments.copies, arguments.deviation)
        found: dict[str, Sequence[MaskExplanation]] = {}
        seconds: dict[str, list[float]] = {variant: [] for variant in variants}
        for _ in range(arguments.repeats):
            for variant, own in inversions.items():
                start = time.perf_counter()
                found[variant] = own.discriminate(images, [picture.label] * len(images))
                seconds[variant].append((time.perf_counter() - start) / len(images))
        for variant in variants:
            spent = statistics.median(seconds[variant])
            rows.append((name, variant, *cells(picture, found[variant]), f"{spent:.2f}"))
            print("; ".join(rows[-1]), flush=True)
            _save(arguments.save, f"{name}, {variant}", found[variant])
    print("\n".join(aligned(rows)))


def _save(folder: Path | None, name: str, found: Sequence[MaskExplanation]) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        held: Mapping[str, Any] = {
            "masks": np.array([one.mask for one in found]),
            "losses": np.array([one.losses[-1] for one in found]),
        }
        np.savez(folder / f"{name}.npz", **held)


if __name__ == "__main__":
    in_one_line(run)
