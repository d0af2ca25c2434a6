"""The model card of a network that was trained on scenes."""

from __future__ import annotations

import importlib.metadata
import platform
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ..dataset import TEST_SEED, TRAINING_SEED
from ..scene import CLASSES, render_scene
from .evaluation import Accuracy
from .loop import Recipe

_LIBRARIES = ("tensorflow", "keras", "numpy", "pillow", "scipy", "joblib")

_LIMITS = """\
- It knows the sixteen classes of drawn figures and nothing else. On photographs its answers mean
  nothing.
- Figures are drawn upright (turned by at most 18°), from about a third of the image's side large
  where there are one or two, and mostly visible. Smaller, hidden or upside-down ones were never
  seen.
- It is meant for trying methods of explanation on images whose right answer is known, and for a
  first run without a download. It is no benchmark of classifiers.
- It always prefers some class: nothing taught it to say that there is none. Logits are of a softmax
  over scenes with one to four objects, where each object had an equal share.
- Its activations were made sparse on purpose, so its channels' maps are compact and its icons
  excite far more than scenes do. A network that was trained plainly will look worse in both."""


_NETWORKS = {
    "critters": "GoogLeNet in small: the same inception modules with three eighths of the "
    "channels, without local response normalisation",
    "critters_resnet": "ResNet-50 in small: the same bottlenecks in 7 blocks instead of 16, with "
    "a quarter of the channels or a little more",
}
_OPTIONS = {"critters": "", "critters_resnet": " --architecture resnet"}


def model_card(
    name: str,
    recipe: Recipe,
    accuracy: Accuracy,
    *,
    parameters: int,
    sha256: str,
    seconds: Mapping[str, float],
) -> str:
    """Markdown: what the network is, how it was trained, how good it is, where it ends."""
    scenes = sum(stage.scenes for stage in recipe.stages)
    versions = ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES)
    stages = "\n".join(
        f"| {stage.size} × {stage.size} | {stage.scenes} | {stage.epochs} | {stage.steps} "
        f"| {stage.learning_rate:g} |"
        for stage in recipe.stages
    )
    minutes = ", ".join(f"{name} {value / 60:.1f} min" for name, value in seconds.items())
    settings = {key: value for key, value in asdict(recipe).items() if key != "stages"}
    settings = {"shares of scenes with one to four objects": settings.pop("shares"), **settings}
    listed = ", ".join(f"{key} {_plain(value)}" for key, value in settings.items())
    what = textwrap.fill(
        f"{_NETWORKS[name]}; {parameters:,} parameters, stored as float16. Input: 224 × 224 RGB. "
        f"Output: a logit for each of {len(CLASSES)} classes. SHA-256 of the weights:",
        100,
    )
    return f"""\
# {name}: a bundled network

{what}
`{sha256}`.

Written by `python -m tfvis.critters.train{_OPTIONS[name]}`, which trains it from nothing.

## Data

{scenes} scenes rendered by `tfvis.critters.render_scene` with seeds from {TRAINING_SEED} on;
nothing else. Tests have seeds from {TEST_SEED:,} on. Palettes, backgrounds, clutter and places are
drawn without regard to the class; so are most coats. Surfaces (a zebra's stripes, scales, feathers,
bricks, leaves) and details (glass, tyres) may tell the class.

![Scenes of each class, none of them trained on](scenes.jpg)

## Training

| images | scenes | epochs | updates | learning rate |
|---|---|---|---|---|
{stages}

Settings: {listed}.

Each batch of {recipe.stages[0].batch_size} scenes is used twice: as it is, and moved along the
gradient of the loss by up to `radius` in the L2 norm (for 224 pixels a side, in [0, 1]; it grows
from 0 over the share `ramp` of the training). From then on `sparsity` times the density of the
activations of `sparse_layers` is added to the loss: channels that respond to little have icons that
show it. The optimiser is Muon for kernels, AdamW for the rest. Batch normalisation is used in
training and folded into the convolutions.

Time: {minutes}. {platform.machine()}, Python {platform.python_version()}, {versions}.

![Loss and accuracy on the training scenes; the line is the change of resolution](training.png)

## Accuracy on scenes never trained on

- one object ({int(accuracy.confusion.sum())} scenes): its class has the largest logit in
  **{accuracy.single:.1%}**
- two objects ({accuracy.pairs} scenes): their classes have the two largest logits in
  **{accuracy.double:.1%}**

{_class_table(accuracy)}

Confusion matrix (one object; row: its class, column: the largest logit):

{_confusion_table(accuracy.confusion)}

## Limits

{_LIMITS}
"""


def sample_scenes(rows: int = 4, columns: int = 8, size: int = 112) -> np.ndarray:
    """A sheet of scenes, two of each class, float32 (rows * size, columns * size, 3) in [0, 1]."""
    sheet = [
        render_scene([CLASSES[k % len(CLASSES)]], seed=TEST_SEED + k, size=size).image
        for k in range(rows * columns)
    ]
    lines = [np.concatenate(sheet[k * columns : (k + 1) * columns], axis=1) for k in range(rows)]
    return np.concatenate(lines)


def _plain(value: Any) -> str:
    return " / ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"  # TensorFlow has several distributions


def _class_table(accuracy: Accuracy) -> str:
    lines = ["| class | alone | among two |", "|---|---|---|"]
    for k, name in enumerate(CLASSES):
        among = accuracy.found[k] / max(1, accuracy.seen[k])
        lines.append(f"| {name} | {accuracy.per_class[k]:.1%} | {among:.1%} |")
    return "\n".join(lines)


def _confusion_table(confusion: np.ndarray) -> str:
    lines = [f"| | {' | '.join(CLASSES)} |", f"|---|{'---|' * len(CLASSES)}"]
    for name, row in zip(CLASSES, confusion, strict=True):
        lines.append(f"| **{name}** | {' | '.join(str(n) if n else '' for n in row)} |")
    return "\n".join(lines)


def training_curve(
    history: Sequence[Mapping[str, Any]], size: tuple[int, int] = (640, 400)
) -> np.ndarray:
    """A picture of the losses and hits of every epoch, uint8 (height, width, 3)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((size[0] / 100, size[1] / 100), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    epochs = range(1, len(history) + 1)
    axes.plot(epochs, [e["loss"] for e in history], label="loss")
    axes.plot(epochs, [e["adversarial_loss"] for e in history], label="loss, adversarial")
    axes.set_xlabel("epoch")
    axes.set_ylabel("cross-entropy")
    axes.set_ylim(bottom=0)
    right = axes.twinx()
    right.plot(epochs, [e["hits"] for e in history], "k:", label="largest logit right")
    right.set_ylabel("share of training scenes")
    right.set_ylim(0, 1)
    for k in range(1, len(history)):
        if history[k]["stage"] != history[k - 1]["stage"]:
            axes.axvline(k + 0.5, color="0.8")
    figure.legend(loc="outside upper center", ncols=3)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]
