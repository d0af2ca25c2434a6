"""Objects that belong to no class: what the network sees in them (Shi et al., section 4.4)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tfvis.utils.image_sources import SourceImage, read_image
from tfvis.utils.network import Network

from ..critters import CLASSES, UNKNOWN_FIGURES, render_scene
from ..critters.dataset import TEST_SEED
from ..datasets.example_images import example_source
from ..explainers.explanation import Explanation
from .outcomes import Outcome, StageProgress, Subject, silent_stages
from .two_classes import explanations, sentence

__all__ = ["images_of_no_class", "run"]

_FIGURES = UNKNOWN_FIGURES[:4]


def run(subject: Subject, *, progress: StageProgress = silent_stages) -> Outcome:
    """Explain what the network answers for objects of no class.

    Args:
        subject: the network; its image is not looked at.
        progress: called with the name of a stage, returns what is called with its progress.
    """
    net, results, findings = subject.net, [], []
    for source in images_of_no_class(net, subject.options.seed):
        own = replace(subject, source=source, classes=())
        findings.append(_answers(net, source))
        index = net.top(source, 1)[0][0]
        for found in explanations(
            own, net, [subject.layer], [index], ("pos",),
            progress=lambda stage, name=source.name: progress(f"{name}: {stage}"),
        ):  # fmt: skip
            if isinstance(found, Explanation):
                results.append((source.name or "image", found))
                findings.append(f"{source.name}: {sentence(found)}")
            else:
                findings.append(f"{source.name}: {found}")
    return Outcome(
        results=tuple(results),
        sections=tuple(found for _, found in results),
        findings=tuple(findings),
    )


def images_of_no_class(net: Network, seed: int) -> list[SourceImage]:
    """Images of objects that a network has no class for.

    Rendered figures for a network that knows rendered scenes; else a photograph of a person, of
    whom ImageNet has no class.

    Args:
        net: the network.
        seed: of the rendered figures.
    """
    if {*CLASSES} != {*net.labels}:
        return [example_source("astronaut", net.input_size)]
    found = []
    for k, name in enumerate(_FIGURES):
        scene = render_scene([name], seed=_seed(seed, k))
        image = read_image(scene.image, net.input_size)
        found.append(replace(image, name=f"{name}224"))
    return found


def _seed(seed: int, k: int) -> int:
    """The seed of the k-th figure; seeds of scenes are below 2³²."""
    return TEST_SEED + 70_000_000 + 100 * (seed % 100_000) + k


def _answers(net: Network, source: SourceImage) -> str:
    logits = net.logits_of(source).astype(np.float64)
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    order = np.argsort(-shares)[:3]
    answers = ", ".join(f"{net.labels[int(k)]} {shares[k]:.0%}" for k in order)
    return f"{source.name}: the network answers {answers}."
