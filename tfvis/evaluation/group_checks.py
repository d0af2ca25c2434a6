"""Can a group be relied on? Found again after noise, and worth more than random channels."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tfvis.utils.channel_sets import logits_with_channels
from tfvis.utils.choices import FIND_THEIR_COUNT
from tfvis.utils.errors import InputError, require_count
from tfvis.utils.feature_groups import FeatureGroups, NothingSelectedError
from tfvis.utils.image_sources import ImageLike, read_image
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..explainers.attributions import attributions_of
from ..explainers.base import Explainer
from ..explainers.feature_groups import FeatureGroupExplainer
from ..explainers.group_check import LEAST_RANK, NOT_SPECIFIC, RELIABLE, UNSTABLE, GroupCheck
from ..explainers.options import FeatureGroupOptions
from .contenders import name_of
from .explaining import explained
from .group_agreement import cosines
from .grouped_results import groups_of
from .small_changes import noisy, with_options

__all__ = ["NOT_SPECIFIC", "RELIABLE", "UNSTABLE", "GroupCheck", "check_groups"]

_STEPS = 16
"""Gradients of the attributions after noise: a quarter of the default."""
_ROUND = 10
"""Random sets of each size that are drawn before it is seen which groups are decided."""
_LEAST = 0.25
"""The share of the random sets that is drawn for each size that a group has."""


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
        n_random: random sets of channels, at most, for each size that a group has; fewer where the
            verdict is clear before, see `is_decided`.
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
        changed = noisy(source.pixels, noise, rng)
        with _quiet():
            others = _groups_again(_changed(explainer, seed + 1 + k, len(groups)), changed, index)
        if others is not None:
            found[k] = cosines(groups, others).max(axis=1)
        progress(k + 1, repeats)
    activations = net.activations_of(source, net.require_layer(groups.attribution.layer))
    ranks, falls = _moved(net, activations, groups, n_random, rng, batch_size)
    return tuple(
        GroupCheck(float(cosine), float(rank), float(fall))
        for cosine, rank, fall in zip(found.mean(axis=0), ranks, falls, strict=True)
    )


_here = threading.local()
"""Whether this thread is quiet."""


def _is_said(record: logging.LogRecord) -> bool:
    """Lets through what other threads say, and errors."""
    return record.levelno >= logging.ERROR or not getattr(_here, "quiet", False)


for _name in ("groupers", "feature_groups"):
    logging.getLogger(f"tfvis.utils.{_name}").addFilter(_is_said)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Groups of a noisy image are not shown: what is to be said of them is not said."""
    before = getattr(_here, "quiet", False)
    _here.quiet = True
    try:
        yield
    finally:
        _here.quiet = before


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
    return with_options(explainer, **changes)


def _groups_again(explainer: Any, image: np.ndarray, class_index: int) -> FeatureGroups | None:
    """The groups that an explainer finds on an image; None where no channel stands out."""
    if type(explainer) is not FeatureGroupExplainer:
        name = name_of(explainer)
        (result,) = explained(name, explainer, [image], [class_index])
        return groups_of(result, name)
    # The same without heat maps and answers, which are a fifth of the time.
    source = read_image(image, explainer.net.input_size)
    (attribution,) = attributions_of(explainer.net, source, [class_index], explainer.options)
    try:
        return explainer.groups(source, attribution)
    except NothingSelectedError:
        return None


def _moved(
    net: Network,
    activations: np.ndarray,
    groups: FeatureGroups,
    n_random: int,
    rng: np.random.Generator,
    batch_size: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Each group's rank among random sets of its size, and how far the class falls without it.

    Sets are drawn in rounds, for the sizes of groups that are not decided yet.
    """
    attribution = groups.attribution
    n_channels = len(attribution.values)
    flip = 1 if groups.sign == "pos" else -1

    def worths(sets: Sequence[Sequence[int] | np.ndarray]) -> np.ndarray:
        out = np.zeros((len(sets), n_channels), bool)
        for row, channels in zip(out, sets, strict=True):
            row[np.asarray(channels, int)] = True
        logits = logits_with_channels(
            net, attribution.layer, activations, ~out, batch_size=batch_size
        )
        return flip * attribution.scores_of(logits)

    active = np.flatnonzero(activations.any(axis=(0, 1)))
    orders = [rng.permutation(active) for _ in range(n_random)]  # each has a set of each size
    whole, *without = worths([(), *(group.channels for group in groups)])
    falls = whole - np.array(without)
    sizes = [min(len(group.channels), len(active)) for group in groups]
    drawn = {size: np.empty(0) for size in sorted(set(sizes))}
    for first in range(0, n_random, _ROUND):
        some = orders[first : first + _ROUND]
        pairs = zip(sizes, falls, strict=True)
        still = sorted(
            {size for size, fall in pairs if not is_decided(size, fall, drawn, n_random)}
        )
        if not still:
            break
        found = whole - worths([order[:size] for size in sorted(still) for order in some])
        for size, own in zip(sorted(still), found.reshape(len(still), len(some)), strict=True):
            drawn[size] = np.append(drawn[size], own)
    pairs = zip(sizes, falls, strict=True)
    ranks = [1 - _lost(fall, drawn[size]) / len(drawn[size]) for size, fall in pairs]
    return np.array(ranks), falls


def is_decided(size: int, fall: float, drawn: Mapping[int, np.ndarray], n_random: int = 40) -> bool:
    """Whether the verdict on a group is known before all random sets are drawn.

    It is if the class does not fall without the group; if so many random sets do better that the
    rank stays too low whatever follows; or if a quarter is drawn and none does better, of the sets
    of as many channels and of more. Of 225 groups, each with ten times 40 sets, 0.5 % had another
    verdict than with all 40, for 0.6 of the evaluations.

    Args:
        size: of the group.
        fall: how far the class falls without it.
        drawn: for each size the falls of the random sets that were drawn, (n,).
        n_random: how many are drawn at most for each size.

    Example:
        >>> import numpy as np
        >>> is_decided(3, 1.0, {3: np.full(10, 0.5), 8: np.full(10, 0.9)})
        True
        >>> is_decided(3, 1.0, {3: np.full(10, 0.5), 8: np.full(10, 1.1)})
        False
    """
    own = drawn[size]
    if not len(own):
        return False
    if fall <= 0 or _lost(fall, own) > (1 - LEAST_RANK) * n_random:
        return True
    most = max(found.max(initial=-np.inf) for other, found in drawn.items() if other >= size)
    return bool(len(own) >= _LEAST * n_random and fall > most)


def _lost(fall: float, drawn: np.ndarray) -> float:
    """How many random sets move the class more than a group; equal ones count half."""
    return float((1 - np.sign(fall - drawn)).sum() / 2)
