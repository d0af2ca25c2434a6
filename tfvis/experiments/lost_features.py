"""What attacks take from an image's features, and what they add (Shi et al., section 4.3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfvis.utils.feature_groups import NothingSelectedError
from tfvis.utils.image_sources import read_image
from tfvis.utils.mosaics import MosaicPanel, MosaicSection
from tfvis.utils.network import Network

from ..attacks.gradient_attacks import fgsm
from ..attacks.patch import AdversarialPatch
from ..attacks.samples import AdversarialSample
from ..critters import CLASSES, render_scene
from ..critters.dataset import TEST_SEED
from ..explainers.compared import Comparison
from ..explainers.comparison import ImageComparison
from ..explainers.mosaics import signed
from .outcomes import Outcome, StageProgress, Subject, silent_stages

__all__ = ["comparison_sections", "patch_of", "run", "training_images"]

_SCENES = 32
_DIGITS = 8  # of a sample's digest in the name of its folder
_SHORT = {"weakened": "weaker", "strengthened": "stronger"}  # so that captions fit
_TARGET = 5  # the place of the patch's class among the network's answers


def run(subject: Subject, *, progress: StageProgress = silent_stages) -> Outcome:
    """Attack an image by FGSM and by a patch, and compare its features before and after.

    The patch stands for the network's sixth answer, a class that is hardly in the image. It is
    trained on rendered scenes where the network knows those, else on the image itself.

    Args:
        subject: the network and the image.
        progress: called with the name of a stage, returns what is called with its progress.
    """
    samples = _samples(subject, progress)
    results: list[tuple[str, object]] = []
    sections: list[MosaicSection] = []
    findings: list[str] = []
    if len(training_images(subject)) == 1:
        findings.append("The patch was trained on this image alone; elsewhere it may do nothing.")
    name = subject.source.name or "image"
    for sample in samples:
        results.append((name, sample))
        findings.append(_outcome(sample))
        if not sample.change.any():
            continue
        found, words = _compared(subject, sample, progress)
        # A sample of other bits, from another machine, say, is another image.
        digest = read_image(sample.sample).digest[:_DIGITS]
        results += [(f"{name}_{sample.method}_{digest}", own) for own in found]
        for own in found:
            sections += comparison_sections(own, sample.method)
        findings += words
    return Outcome(results=tuple(results), sections=tuple(sections), findings=tuple(findings))


def patch_of(subject: Subject) -> AdversarialPatch:
    """The patch, not trained yet.

    Raises:
        InputError: it does not fit into the image.
    """
    answers = subject.net.top(subject.source, _TARGET + 1)
    patch = AdversarialPatch(subject.net, answers[-1][0], options=subject.options.patch)
    patch.check([subject.source])
    return patch


def _samples(subject: Subject, progress: StageProgress) -> list[AdversarialSample]:
    net, source, options = subject.net, subject.source, subject.options
    patch = patch_of(subject)
    (by_gradient,) = fgsm(net, [source], options=options.fgsm, progress=progress("fgsm"))
    patch.fit(training_images(subject), progress=progress("patch"))
    (by_patch,) = patch.attack([source], seed=options.seed)
    return [by_gradient, by_patch]


def training_images(subject: Subject) -> list[np.ndarray]:
    """What the patch is trained on: scenes where the network knows these, else the image."""
    net = subject.net
    if {*CLASSES} != {*net.labels}:
        return [subject.source.pixels]
    rng = np.random.default_rng(subject.options.seed)
    seeds = TEST_SEED + 60_000_000 + rng.choice(10_000, _SCENES, replace=False)
    scenes = [
        render_scene([CLASSES[k % len(CLASSES)]], seed=int(seed)).image
        for k, seed in enumerate(seeds)
    ]
    return [read_image(image, net.input_size).pixels for image in scenes]


def _compared(
    subject: Subject, sample: AdversarialSample, progress: StageProgress
) -> tuple[list[Comparison], list[str]]:
    """The comparison of each class that is an answer, and what it shows in words."""
    net: Network = subject.net
    before, after = (read_image(image, net.input_size) for image in (sample.image, sample.sample))
    comparison = ImageComparison(
        net, subject.options.feature_groups(subject.layer), icons=subject.icons()
    )
    classes = comparison.classes_of(before, after, None)
    pairs = comparison.attributions(
        before, after, classes, progress=progress(f"{sample.method}: attributions")
    )
    restoration = comparison.restoration(before, after)
    found, words = [], [] if restoration is None else [f"{sample.method}: {restoration.sentence()}"]
    for pair in pairs:
        try:
            own = comparison.without_icons(before, after, *pair, restoration=restoration)
        except NothingSelectedError as error:
            words.append(f"{sample.method}: {error}")
            continue
        stage = f"{sample.method}, {own.label}: icons"
        found.append(comparison.with_icons(own, progress=progress(stage)))
        words.append(
            f"{sample.method}, {own.label}: logit {own.logit_before:.2f} to {own.logit_after:.2f}; "
            f"groups: {own.kinds}."
        )
    return found, words


def _outcome(sample: AdversarialSample) -> str:
    if sample.answer == sample.class_index:
        return f"{sample.method}: the network still answers {sample.label}."
    wanted = ", as intended" * (sample.answer == sample.target)
    return f"{sample.method}: {sample.label} becomes {sample.answer_label}{wanted}."


def comparison_sections(found: Comparison, change: str) -> Sequence[MosaicSection]:
    """A comparison as two sections of a mosaic: icons and heat maps before, heat maps after.

    Args:
        found: the comparison.
        change: what was done to the image, in a word.
    """
    before, after = found.overlays()
    first, second = [], []
    for k, group in enumerate(found.groups):
        icon = None if found.icons is None else found.icons[k]
        first.append(MosaicPanel(icon=icon, heat_map=before[k], caption=signed(group.before)))
        caption = f"{signed(group.after)} {_SHORT.get(group.kind, group.kind)}"
        second.append(MosaicPanel(heat_map=after[k], caption=caption))
    return (
        MosaicSection(heading=found.label, detail=f"before {change}", panels=first),
        MosaicSection(heading=found.label, detail=f"after {change}", panels=second),
    )
