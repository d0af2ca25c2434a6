"""xplique's side: Grad-CAM, icons by `optimize` and MaCo, and CRAFT.

It explains Keras models, and gets the very model that ours is made of.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.peers.serving import Numbers, Run, serve
from benchmarks.peers.subjects import Subject, ranking

CONCEPTS = 10
"""CRAFT's concepts, as many as its paper has for most of its examples."""


def load(subject: Subject) -> Any:
    """The network as a Keras model for images of one size, which xplique needs."""
    from tfvis.models import architectures, googlenet

    table = {"googlenet": architectures.BVLC, "critters": architectures.CRITTERS}
    built = googlenet.build(table[subject.network], name=subject.network)
    model = keras.models.clone_model(built, input_tensors=keras.Input(subject.image.shape))
    for layer in model.layers:
        if f"{layer.name}/kernel" in subject.arrays:
            parts = (f"{layer.name}/{part}" for part in ("kernel", "bias"))
            layer.set_weights([subject.arrays[part] for part in parts])
    subject.require_logits(np.asarray(model(subject.image[np.newaxis]))[0])
    return model


def grad_cam(folder: Path) -> Run:
    """Grad-CAM's map of the first class."""
    from xplique.attributions import GradCAM

    subject = Subject.read(folder)
    method = GradCAM(load(subject), conv_layer=subject.layer)
    images = subject.image[np.newaxis]
    targets = np.eye(len(subject.logits), dtype=np.float32)[[subject.classes[0]]]

    def run(calls: int) -> Callable[[], Numbers]:
        found: Any = None
        for _ in range(calls):
            found = method.explain(images, targets).numpy()
        return lambda: {"calls": calls, "array": subject.keep("cam_xplique", found[0, ..., 0])}

    return run


def _objective(subject: Subject, model: Any, count: int | None = None) -> Any:
    """Ours: mean over positions of the group's weighted channels, made as `Objective.channel`."""
    from xplique.features_visualizations import Objective

    layer = model.get_layer(subject.layer)
    weights = [np.broadcast_to(own, layer.output.shape[1:]) for own in subject.groups[:count]]
    names = [f"group {k}" for k in range(len(weights))]

    def mean(output: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(tf.reduce_mean(output * mask, axis=[1, 2]), axis=-1)

    return Objective(model, [layer.output], [weights], [mean], [1.0], [names])


def icons(folder: Path) -> Run:
    """Icons of the groups; each call compiles its step, as `optimize` always does."""
    from xplique.features_visualizations import optimize

    subject = Subject.read(folder)
    objective = _objective(subject, load(subject))

    def run(steps: int) -> Callable[[], Numbers]:
        tf.random.set_seed(0)
        images, _ = optimize(objective, nb_steps=steps, custom_shape=subject.image.shape[:2])
        found = images[-1].numpy()
        return lambda: {"steps": steps, "file": subject.keep("icons_xplique", found)}

    return run


def maco(folder: Path) -> Run:
    """An icon of the first group by MaCo, of which every step sees 32 crops."""
    from xplique.features_visualizations import maco as render

    subject = Subject.read(folder)
    objective = _objective(subject, load(subject), 1)

    def run(steps: int) -> Callable[[], Numbers]:
        tf.random.set_seed(0)
        np.random.seed(0)
        image, _ = render(
            objective, nb_steps=steps, values_range=(0, 1), custom_shape=subject.image.shape[:2]
        )
        file = subject.keep("icons_maco", np.asarray(image)[np.newaxis])
        return lambda: {"steps": steps, "file": file}

    return run


def craft(folder: Path) -> Run:
    """Concepts of the image's crops by NMF, and the importance of each to the class."""
    from xplique.concepts import CraftTf

    subject = Subject.read(folder)
    model = load(subject)
    layer = model.get_layer(subject.layer)
    head, tail = keras.Model(model.input, layer.output), keras.Model(layer.output, model.output)
    images = subject.image[np.newaxis]

    def run() -> Callable[[], Numbers]:
        np.random.seed(0)
        method = CraftTf(head, tail, number_of_concepts=CONCEPTS)
        method.fit(images, class_id=subject.classes[0])
        importance = method.estimate_importance()
        return lambda: {"concepts": len(importance)}

    return run


def deletion(folder: Path) -> Run:
    """How the first class's probability falls while pixels go, in the order of a map."""
    from xplique.metrics import Deletion

    subject = Subject.read(folder)
    targets = np.eye(len(subject.logits), dtype=np.float32)[[subject.classes[0]]]
    images, maps = subject.image[np.newaxis], ranking(subject)[np.newaxis]
    model = load(subject)

    def mean_colour(images: np.ndarray) -> np.ndarray:
        return np.ones_like(images) * images.mean(axis=(1, 2), keepdims=True)

    def run(steps: int) -> Callable[[], Numbers]:
        metric = Deletion(
            model, images, targets, steps=steps, baseline_mode=mean_colour, activation="softmax"
        )
        found = np.array(list(metric.detailed_evaluate(maps).values()))
        return lambda: {"steps": steps, "array": subject.keep("deletion_xplique", found)}

    return run


TASKS = {
    "grad_cam": grad_cam,
    "icons": icons,
    "maco": maco,
    "craft": craft,
    "deletion": deletion,
}

if __name__ == "__main__":
    serve(TASKS)
