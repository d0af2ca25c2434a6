"""What all sides work on, as arrays in a folder: a network's weights, an image, classes, groups.

It runs in the peers' environments too, and so needs NumPy alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DELETION_STEPS = 32
"""Parts in which an image's pixels go."""

TOLERANCE = 1e-3
"""How far a peer's logits may be from ours, as a share of the largest."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What is explained, the same for all sides.

    Attributes:
        network: its name here, "critters" or "googlenet".
        weights_folder: where its weights are; None if they come with tfvis.
        layer: the layer.
        classes: the network's first answers, by index.
        image: float32 (H, W, 3) in [0, 1].
        logits: of the image: (classes,).
        groups: weights of the layer's channels, a row an icon: (n, C).
        arrays: kernels and biases by layer, as TensorFlow has them: `conv2d0/kernel`.
        folder: where results go.
    """

    network: str
    weights_folder: str | None
    layer: str
    classes: tuple[int, ...]
    image: np.ndarray
    logits: np.ndarray
    groups: np.ndarray
    arrays: dict[str, np.ndarray]
    folder: Path

    def write(self) -> None:
        """Into its folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        named = {"image": self.image, "logits": self.logits, "groups": self.groups}
        np.savez(self.folder / "subject.npz", **named, **self.arrays)  # pyright: ignore[reportArgumentType]
        words = {
            "network": self.network, "weights_folder": self.weights_folder, "layer": self.layer,
            "classes": self.classes,
        }  # fmt: skip
        (self.folder / "subject.json").write_text(json.dumps(words), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Subject:
        """What `write` wrote."""
        words = json.loads((folder / "subject.json").read_text(encoding="utf-8"))
        words["classes"] = tuple(words["classes"])
        with np.load(folder / "subject.npz") as stored:
            arrays = dict(stored)
        named = {name: arrays.pop(name) for name in ("image", "logits", "groups")}
        return cls(**words, **named, arrays=arrays, folder=folder)

    def require_logits(self, found: np.ndarray) -> None:
        """Raise a `ValueError` unless a side's network computes the same.

        Args:
            found: the image's logits there: (classes,).
        """
        worst = np.abs(found - self.logits).max() / np.abs(self.logits).max()
        if not worst <= TOLERANCE:
            raise ValueError(f"Expected the network's logits, received some {worst:.1%} off.")

    def keep(self, name: str, array: np.ndarray) -> str:
        """Write an array, such as icons, for the other sides to read; returns its file."""
        file = self.folder / f"{name}.npy"
        np.save(file, np.asarray(array, np.float32))
        return str(file)


def ranking(subject: Subject) -> np.ndarray:
    """A map of the image's size in which no two pixels are equal: float32 (H, W)."""
    height, width = subject.image.shape[:2]
    order = np.random.default_rng(0).permutation(height * width)
    return order.reshape(height, width).astype(np.float32)
