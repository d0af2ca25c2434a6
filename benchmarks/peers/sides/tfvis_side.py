"""This project's side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.serving import Numbers, Run, serve
from benchmarks.peers.subjects import Subject, ranking
from tfvis.runtime.startup import start_tensorflow

N_CLASSES = 3
"""How many of the first answers are explained where several classes are."""


def loaded(subject: Subject) -> Any:
    """The subject's network, in TensorFlow as commands start it."""
    start_tensorflow()
    from tfvis import load_model

    return load_model(subject.network, weights=subject.weights_folder)


def export(folder: Path) -> Run:
    """Write the subject that all sides read."""
    start_tensorflow()

    def run(
        network: str, weights: str | None, image: str | None, layer: str, icons: int
    ) -> Callable[[], Numbers]:
        from tfvis import explain, load_model
        from tfvis.datasets.example_images import example_source
        from tfvis.models import spec_of
        from tfvis.utils.image_sources import read_image

        net: Any = load_model(network, weights=weights)
        example = example_source(spec_of(network).example, net.input_size)
        source = example if image is None else read_image(image, net.input_size)
        top = net.top(source, N_CLASSES)
        (explanation,) = explain(
            net, source, top[0][0], layer=layer, icons=None, n_groups=icons, grouping="KMeans"
        )
        Subject(
            network=network,
            weights_folder=weights,
            layer=layer,
            classes=tuple(index for index, _ in top),
            image=source.pixels,
            logits=net.logits(source.pixels[np.newaxis])[0],
            groups=np.asarray(explanation.groups.weights, np.float32),
            arrays={
                f"{name}/{part}": array
                for name, own in net.keras_layers.items()
                if hasattr(own, "kernel")
                for part, array in zip(("kernel", "bias"), own.get_weights(), strict=True)
            },
            folder=folder,
        ).write()
        return lambda: {
            "classes": [net.labels[index] for index, _ in top],
            "image": source.name,
            "channels": net.n_channels(layer),
            "icons": len(explanation.groups.weights),
        }

    return run


def judge(folder: Path) -> Run:
    """The objectives of anybody's icons, without transforms."""
    subject = Subject.read(folder)
    net = loaded(subject)
    from tfvis.utils import losses, rendering

    def run(file: str) -> Callable[[], Numbers]:
        icons = np.load(file)
        objective = losses.channel_mean(subject.layer, subject.groups[: len(icons)])
        values = rendering.evaluate(net, objective, icons)
        return lambda: {"objective": float(values.mean())}

    return run


def icons(folder: Path) -> Run:
    """Icons of the groups, all steps."""
    subject = Subject.read(folder)
    net = loaded(subject)
    from tfvis.utils.icon_options import IconOptions
    from tfvis.utils.icons import render_icons

    def run(steps: int, count: int | None = None) -> Callable[[], Numbers]:
        options = IconOptions(steps=steps, tolerance=0, dtype="float32", size=len(subject.image))
        found = render_icons(net, subject.layer, subject.groups[:count], options)
        return lambda: {"steps": steps, "file": subject.keep("icons_tfvis", found.images)}

    return run


def grad_cam(folder: Path) -> Run:
    """Grad-CAM's map of the first class."""
    subject = Subject.read(folder)
    net = loaded(subject)
    from tfvis.explainers.grad_cam import grad_cam

    def run(calls: int) -> Callable[[], Numbers]:
        a_map = subject.image
        for _ in range(calls):
            net.memory.clear()
            (a_map,) = grad_cam(net, subject.image, subject.layer, classes=subject.classes[:1])
        return lambda: {"calls": calls, "array": subject.keep("cam_tfvis", a_map)}

    return run


def groups(folder: Path) -> Run:
    """The groups of the first class in the image, and their heat maps."""
    subject = Subject.read(folder)
    net = loaded(subject)
    from tfvis import explain

    def run() -> Callable[[], Numbers]:
        net.memory.clear()
        (found,) = explain(net, subject.image, subject.classes[0], layer=subject.layer, icons=None)
        return lambda: {"groups": len(found.groups)}

    return run


def shapley(folder: Path) -> Run:
    """Sampled Shapley values."""
    subject = Subject.read(folder)
    net = loaded(subject)
    from tfvis.utils.attribution import shapley_sampling

    def run(orders: int, classes: int = 1) -> Callable[[], Numbers]:
        net.memory.clear()
        found = shapley_sampling(
            net, subject.image, subject.layer, classes=subject.classes[:classes],
            permutations=orders,
        )  # fmt: skip
        errors: Any = found[0].standard_error
        return lambda: {
            "orders": orders,
            "standard_error": float(np.mean(errors)),
            "array": subject.keep("shapley_tfvis", found[0].values),
        }

    return run


def integrated_gradients(folder: Path) -> Run:
    """Aumann–Shapley values of the first answers."""
    subject = Subject.read(folder)
    net = loaded(subject)
    from tfvis.utils.attribution import aumann_shapley

    def run(steps: int) -> Callable[[], Numbers]:
        net.memory.clear()
        found = aumann_shapley(
            net, subject.image, subject.layer, classes=subject.classes, steps=steps
        )
        return lambda: {
            "steps": steps,
            "gap": max(own.relative_gap or 0.0 for own in found),
            "array": subject.keep("gradients_tfvis", np.stack([own.values for own in found])),
        }

    return run


def inversion(folder: Path) -> Run:
    """The mask of guided feature inversion, both steps, as the reimplementation has its terms."""
    subject = Subject.read(folder)
    net = loaded(subject)
    from tfvis.explainers.guided_inversion import GuidedFeatureInversion

    explainer = GuidedFeatureInversion(
        net, "mixed4e", "mixed5b", preset="reimplementation", dtype="float32"
    )

    def run() -> Callable[[], Numbers]:
        net.memory.clear()
        (found,) = explainer.explain([subject.image], subject.classes[:1])
        return lambda: {"array": subject.keep("mask_tfvis", found.map)}

    return run


def deletion(folder: Path) -> Run:
    """How the first class's probability falls while pixels go, in the order of a map."""
    subject = Subject.read(folder)
    net = loaded(subject)
    from tfvis.evaluation import delete_pixels

    def run(steps: int) -> Callable[[], Numbers]:
        net.memory.clear()
        found = delete_pixels(
            net, subject.image, ranking(subject), subject.classes[0],
            background="mean", steps=steps,
        )  # fmt: skip
        curve = found.scores["probability"]
        return lambda: {"steps": steps, "array": subject.keep("deletion_tfvis", curve)}

    return run


TASKS = {
    "export": export,
    "judge": judge,
    "icons": icons,
    "grad_cam": grad_cam,
    "groups": groups,
    "shapley": shapley,
    "integrated_gradients": integrated_gradients,
    "inversion": inversion,
    "deletion": deletion,
}

if __name__ == "__main__":
    serve(TASKS)
