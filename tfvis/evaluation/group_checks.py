"""Can a group be relied on? Found again after noise, and worth more than random channels."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tfvis.utils.channel_sets import logits_with_channels
from tfvis.utils.choices import FIND_THEIR_COUNT
from tfvis.utils.errors import InputError, require_count
from tfvis.utils.feature_groups import FeatureGroups
from tfvis.utils.image_sources import ImageLike, read_image
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..explainers.base import Explainer
from ..explainers.group_check import NOT_SPECIFIC, RELIABLE, UNSTABLE, GroupCheck
from ..explainers.options import FeatureGroupOptions
from .group_agreement import cosines
from .grouped_results import groups_of

__all__ = ["NOT_SPECIFIC", "RELIABLE", "UNSTABLE", "GroupCheck", "check_groups"]

_STEPS = 16
"""Gradients of the attributions after noise: a quarter of the default."""


def check_groups(
    net: Network,
    image: ImageLike,
    groups: FeatureGroups,
    explainer: Explainer,
    *,
    repeats: int = 2,
    noise: float = 0.01,
    n_random: int = 40,
    seed: int = 0,
    batch_size: int = 64,
    progress: Progress = silent,
) -> tuple[GroupCheck, ...]:
    """Whether each group is found again after noise, and is worth more than random channels.

    Args:
        net: the network.
        image: that was explained; see `read_image`.
        groups: what the explainer found: `explanation.groups`.
        explainer: the one that found them. One of tfvis gets another seed each time, takes 16
            gradients, and forms as many groups as there are.
        repeats: how often the image is explained again, each time with other noise.
        noise: its standard deviation, for colours from 0 to 1.
        n_random: random sets of channels, for each size that a group has.
        seed: random seed of the noise and of the sets.
        batch_size: sets of channels that are evaluated at once; bounds the memory.
        progress: called with explanations done and explanations in all.

    Returns:
        A check a group, in their order.

    Raises:
        InputError: the explainer's results have no groups.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> explainer = tfvis.explainers.FeatureGroupExplainer(net, layer="mixed4d")
        >>> (found,) = explainer.explain([image], ["dog"])
        >>> check_groups(net, image, found.groups, explainer)[0].verdict
        'reliable'
    """
    require_count("repeats", repeats)
    require_count("n_random", n_random)
    require_count("seed", seed, 0)
    if not 0 <= noise < 1:
        raise InputError(f"Expected noise of 0 or more and below 1, received {noise!r}.")
    source = read_image(image, net.input_size)
    rng = np.random.default_rng(seed)
    found = np.zeros((repeats, len(groups)))
    index = groups.attribution.class_index
    for k in range(repeats):
        noisy = source.pixels + noise * rng.standard_normal(source.pixels.shape)
        noisy = np.clip(noisy, 0, 1).astype(np.float32)
        again = _changed(explainer, seed + 1 + k, len(groups))
        with _quiet():
            (result,) = again.explain([noisy], [index], progress=silent)
        others = groups_of(result, type(explainer).__name__)
        if others is not None:
            found[k] = cosines(groups, others).max(axis=1)
        progress(k + 1, repeats)
    activations = net.activations_of(source, net.require_layer(groups.attribution.layer))
    ranks, falls = _moved(net, activations, groups, n_random, rng, batch_size)
    return tuple(
        GroupCheck(float(cosine), float(rank), float(fall))
        for cosine, rank, fall in zip(found.mean(axis=0), ranks, falls, strict=True)
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Groups of a noisy image are not shown: what is to be said of them is not said."""
    loggers = [logging.getLogger(f"tfvis.utils.{name}") for name in ("groupers", "feature_groups")]
    levels = [own.level for own in loggers]
    try:
        for own in loggers:
            own.setLevel(logging.ERROR)
        yield
    finally:
        for own, level in zip(loggers, levels, strict=True):
            own.setLevel(level)


def _changed(explainer: Any, seed: int, n_groups: int) -> Explainer:
    """The same explainer with another seed, where it is one of tfvis; and quicker."""
    options = getattr(explainer, "options", None)
    if not isinstance(options, FeatureGroupOptions):
        return explainer
    changes: dict[str, Any] = {"seed": seed}
    if options.attribution_steps is None:
        changes["attribution_steps"] = _STEPS
    if isinstance(options.grouping, str) and options.grouping not in FIND_THEIR_COUNT:
        changes["n_groups"] = n_groups  # to look for the number takes longest
    return type(explainer)(explainer.net, replace(options, **changes))


def _moved(
    net: Network,
    activations: np.ndarray,
    groups: FeatureGroups,
    n_random: int,
    rng: np.random.Generator,
    batch_size: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Each group's rank among random sets of its size, and how far the class falls without it."""
    attribution = groups.attribution
    n_channels = len(attribution.values)
    active = np.flatnonzero(activations.any(axis=(0, 1)))
    counts = sorted({min(len(group.channels), len(active)) for group in groups})
    sets: list[Sequence[int] | np.ndarray] = [(), *(group.channels for group in groups)]
    for _ in range(n_random):  # an order has a set of each size
        order = rng.permutation(active)
        sets += [order[:count] for count in counts]
    out = np.zeros((len(sets), n_channels), bool)
    for row, channels in zip(out, sets, strict=True):
        row[np.asarray(channels, int)] = True
    logits = logits_with_channels(net, attribution.layer, activations, ~out, batch_size=batch_size)
    worths = attribution.scores_of(logits)
    flip = 1 if groups.sign == "pos" else -1
    falls = flip * (worths[0] - worths[1:])
    own, drawn = falls[: len(groups)], falls[len(groups) :].reshape(n_random, len(counts))
    of_size = [counts.index(min(len(group.channels), len(active))) for group in groups]
    ranks = (np.sign(own - drawn[:, of_size]) + 1).mean(axis=0) / 2
    return ranks, own
