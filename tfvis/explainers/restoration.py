"""What returns if a change of some channels is undone: a causal check of what a comparison names.

The activations of some channels are put back to what they were before, all others stay as they are
after. This is activation patching (Vig et al. 2020, arXiv 2004.12265; Meng et al. 2022, arXiv
2202.05262, who call it causal tracing), with groups of channels as what is put back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.channel_sets import logits_with_channels
from tfvis.utils.errors import InputError, require_count
from tfvis.utils.feature_groups import (
    Grouper,
    NothingSelectedError,
    group_channels,
    select_channels,
)
from tfvis.utils.image_sources import SourceImage
from tfvis.utils.network import Network

from .attributions import attributions_of, layer_of
from .options import FeatureGroupOptions

__all__ = ["Restoration", "restore", "restored_shares"]

_BATCH = 16


@dataclass(frozen=True, eq=False, kw_only=True)
class Restoration:
    """How much of a margin returns when the most changed groups of channels are put back.

    The margin is the logit of class a, the answer before, less that of class b, the answer after.

    Attributes:
        a: the answer before, by index.
        b: the answer after, by index.
        labels: the names of both.
        margin_before: of the image before.
        margin_after: of the image after.
        groups: the channels of the most changed groups, those whose attribution to the margin fell
            most together first: int arrays.
        n_selected: how many channels were grouped: those whose attribution fell more than the mean
            of all that fell.
        n_channels: of the layer.
        share: the part of the margin's fall that returns when `groups` are put back; 1 is all of
            it.
        selected_share: the same for all selected channels.
        random_shares: the same for random sets of as many channels as `groups` have, (n,).
        answer: what the network answers with `groups` put back, by index.
        selected_answer: the same with all selected channels.
    """

    a: int
    b: int
    labels: tuple[str, str]
    margin_before: float
    margin_after: float
    groups: tuple[np.ndarray, ...] = field(repr=False)
    n_selected: int
    n_channels: int
    share: float
    selected_share: float
    random_shares: np.ndarray = field(repr=False)
    answer: int
    selected_answer: int

    @property
    def n_restored(self) -> int:
        """How many channels were put back."""
        return sum(len(channels) for channels in self.groups)

    @property
    def random_share(self) -> float:
        """The mean of `random_shares`."""
        return float(np.mean(self.random_shares))

    def sentence(self) -> str:
        """The finding in a sentence."""
        a, b = self.labels
        count = len(self.groups)
        subject, verb = f"Put back to what they were, the {count} groups that fell most", "return"
        if count == 1:
            subject, verb = "Put back to what it was, the group that fell most", "returns"
        again = f"; the answer is {a} again" if self.answer == self.a else ""
        return (
            f"Causal check: channels whose attribution to {a} rather than {b} fell were grouped by "
            f"themselves. {subject} ({self.n_restored} of {self.n_channels} "
            f"channels) {verb} {self.share:.0%} of what the margin lost, random sets of as "
            f"many channels {self.random_share:.0%}, all {self.n_selected} selected channels "
            f"{self.selected_share:.0%}{again}."
        )


def restored_shares(
    net: Network,
    layer: str,
    before: np.ndarray,
    after: np.ndarray,
    sets: Sequence[np.ndarray],
    *,
    a: int,
    b: int,
    batch_size: int = _BATCH,
) -> tuple[np.ndarray, np.ndarray]:
    """The part of a margin's change that returns with each of some sets of channels put back.

    With margin m = t_a − t_b, that is (m(put back) − m(after)) / (m(before) − m(after)).

    Args:
        net: the network.
        layer: the layer whose channels are put back.
        before: its activations before, (h, w, C).
        after: its activations after, (h, w, C).
        sets: of channels, by index.
        a: a class, by index.
        b: another class.
        batch_size: activations that are evaluated at once; bounds the memory.

    Returns:
        The shares, float64 (sets,), and what the network answers, int (sets,).

    Raises:
        InputError: the margin is the same before and after, or a logit is not finite.
    """
    ends = net.logits_from(layer, np.stack([before, after])).astype(np.float64)
    start, end = ends[:, a] - ends[:, b]
    if start == end:
        raise InputError("Expected a margin that changed, received two images that have the same.")
    put_back = np.zeros((len(sets), net.n_channels(layer)), bool)
    for row, channels in zip(put_back, sets, strict=True):
        row[np.asarray(channels, int)] = True
    logits = logits_with_channels(net, layer, before, put_back, absent=after, batch_size=batch_size)
    return (logits[:, a] - logits[:, b] - end) / (start - end), logits.argmax(axis=1)


def restore(
    net: Network,
    before: SourceImage,
    after: SourceImage,
    options: FeatureGroupOptions,
    grouper: Grouper,
    *,
    n_groups: int = 3,
    n_random: int = 20,
) -> Restoration | None:
    """What returns of the first answer's margin if the most changed groups are put back.

    The channels whose attribution to t_a − t_b fell more than the mean of all that fell are
    grouped, on the activations of both images.

    Args:
        net: the network.
        before: the image before.
        after: the image after.
        options: the layer, how scores are attributed, and the seed of the random sets.
        grouper: how channels are grouped.
        n_groups: so many groups are put back, those that fell most.
        n_random: so many random sets of as many channels are put back beside them.

    Returns:
        None where the network's answers to both images are the same, or no attribution fell.
    """
    require_count("n_groups", n_groups)
    require_count("n_random", n_random)
    layer = layer_of(net, options.layer)
    a, b = (net.top(image, 1)[0][0] for image in (before, after))
    if a == b:
        return None
    options = replace(options, layer=layer, rather_than=b)
    first, second = (attributions_of(net, image, (a,), options)[0] for image in (before, after))
    # What fell is what the change took from the first class or gave the second.
    fall = ChannelAttribution(first.method, layer, a, first.values - second.values)
    activations = [net.activations_of(image, layer) for image in (before, after)]
    try:
        groups = group_channels(np.concatenate(activations), fall, grouper=grouper)
    except NothingSelectedError:
        return None
    most = tuple(group.channels for group in groups.groups[:n_groups])
    selected = select_channels(fall)
    count, n = sum(map(len, most)), len(fall.values)
    rng = np.random.default_rng(options.seed)
    random = [rng.choice(n, count, replace=False) for _ in range(n_random)]
    shares, answers = restored_shares(
        net, layer, activations[0], activations[1], [np.concatenate(most), selected, *random],
        a=a, b=b,
    )  # fmt: skip
    logits = [net.logits_of(image).astype(np.float64) for image in (before, after)]
    return Restoration(
        a=a,
        b=b,
        labels=(net.labels[a], net.labels[b]),
        margin_before=float(logits[0][a] - logits[0][b]),
        margin_after=float(logits[1][a] - logits[1][b]),
        groups=most,
        n_selected=len(selected),
        n_channels=n,
        share=float(shares[0]),
        selected_share=float(shares[1]),
        random_shares=shares[2:],
        answer=int(answers[0]),
        selected_answer=int(answers[1]),
    )
