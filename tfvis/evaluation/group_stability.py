"""Are the same groups found again if something is changed that should not matter?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.feature_groups import FeatureGroups
from tfvis.utils.image_sources import Images
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import Provenance

from ..explainers.base import Explainer, Pairs
from .contenders import contenders_of, provenance_of
from .estimates import Estimate, estimate_of_images
from .explaining import explained
from .group_agreement import adjusted_rand_index, matched_cosine
from .grouped_results import groups_of
from .small_changes import CROP_SIDE, cropped, has_option, noisy, with_options

__all__ = ["CHANGES", "StabilityStudy", "allows", "study_stability"]

SEED, NOISE, CROP, MORE, FEWER = "seed", "noise", "crop", "one group more", "one group fewer"
CHANGES = (SEED, NOISE, CROP, MORE, FEWER)
"""What is changed: the explainer's seed, the image by noise or a crop, the number of groups."""
_OPTIONS = {SEED: "seed", MORE: "n_groups", FEWER: "n_groups"}
"""The option that a change is made by."""
METRICS: Mapping[str, Callable[[FeatureGroups, FeatureGroups], float]] = {
    "rand_index": adjusted_rand_index,
    "cosine": matched_cosine,
}
NOISE_DEVIATION = 0.01

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, kw_only=True)
class StabilityStudy:
    """How alike the groups are that an explainer finds before and after changes.

    Attributes:
        scores: by change and metric: float64 (pairs, repeats), NaN where no channel stood out, and
            for one group fewer where there is one alone. The metrics are "rand_index", see
            `adjusted_rand_index`, and "cosine", see `matched_cosine`.
        images: of each pair the number of its image, int (pairs,).
        seed: of the changes and of the bootstrap.
        provenance: what made the result.
    """

    scores: Mapping[str, Mapping[str, np.ndarray]] = field(repr=False)
    images: np.ndarray = field(repr=False)
    seed: int
    provenance: Provenance | None = field(default=None, repr=False)

    def estimate(
        self, change: str, metric: str = "rand_index", *, confidence: float = 0.95
    ) -> Estimate:
        """The mean over the images, and its bootstrap interval."""
        if change not in self.scores:
            raise unknown("change", change, self.scores)
        if metric not in self.scores[change]:
            raise unknown("metric", metric, self.scores[change])
        values = self.scores[change][metric]
        known = ~np.isnan(values)
        counts = known.sum(axis=1)
        means = np.full(len(values), np.nan)
        np.divide(np.where(known, values, 0).sum(axis=1), counts, out=means, where=counts > 0)
        return estimate_of_images(means, self.images, seed=self.seed, confidence=confidence)


def study_stability(
    net: Network,
    images: Images,
    classes: Sequence[str | int],
    explainer: str | Explainer = "all groups",
    *,
    changes: Sequence[str] | None = None,
    known: Sequence[FeatureGroups | None] | None = None,
    repeats: int = 3,
    noise: float = NOISE_DEVIATION,
    options: Sequence[object] = (),
    layer: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> StabilityStudy:
    """Explain pairs of an image and a class again and again with small changes.

    Args:
        net: the network.
        images: one a pair.
        classes: one a pair, by index, WordNet id or name.
        explainer: a name of `tfvis.explainers.methods()`, or an object with `explain` whose results
            have `groups`.
        changes: some of `CHANGES`; all that the explainer allows if left out. "seed" and the
            numbers of groups need an explainer that has `net` and `options`, a dataclass with
            `seed` and `n_groups`, and that is made from both; those of tfvis are.
        known: of each pair the groups that the explainer has found already, None where no channel
            stood out. The images are then explained with changes alone.
        repeats: of each change; the numbers of groups are changed once.
        noise: standard deviation of the noise, for colours from 0 to 1.
        options: of a named explainer, as dataclasses.
        layer: of a named explainer.
        seed: random seed of the explainer, of the changes and of the bootstrap.
        progress: called with explanations done and explanations in all.

    Raises:
        InputError: an unknown change, or one that the explainer does not allow; an explainer whose
            results have no groups; known groups that are not one a pair.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> found = study_stability(net, [image], ["dog"], changes=["noise"], repeats=1)
        >>> 0 <= found.estimate("noise", "cosine").mean <= 1
        True
    """
    require_count("repeats", repeats)
    require_count("seed", seed, 0)
    if not 0 <= noise < 1:
        raise InputError(f"Expected noise of 0 or more and below 1, received {noise!r}.")
    contenders = contenders_of(net, [explainer], options, layer=layer, seed=seed)
    own = contenders[0]
    changes = _changes_of(own.explainer, own.name, changes)
    pairs = Pairs.of(net, images, classes)
    times = {change: 1 if change in (MORE, FEWER) else repeats for change in changes}
    if known is not None and len(known) != len(pairs):
        raise InputError(f"Expected known groups of {len(pairs)} pairs, received {len(known)}.")
    total, done = len(pairs) * ((known is None) + sum(times.values())), 0
    scores = {
        change: {metric: np.full((len(pairs), n), np.nan) for metric in METRICS}
        for change, n in times.items()
    }
    for number, (source, indices, places) in enumerate(pairs.by_image()):

        def found_by(
            by: Explainer, image: np.ndarray, indices: Sequence[int] = indices
        ) -> list[FeatureGroups | None]:
            nonlocal done
            made = explained(own.name, by, [image] * len(indices), indices)
            done += len(indices)
            progress(done, total)
            return [groups_of(result, own.name) for result in made]

        def left_out() -> None:
            nonlocal done
            done += 1
            progress(done, total)

        if known is None:
            before = found_by(own.explainer, source.pixels)
        else:
            before = [known[place] for place in places]
        rng = np.random.default_rng([seed, number])
        for change, n in times.items():
            for k in range(n):
                if change in (MORE, FEWER):
                    # How many groups there are differs from class to class.
                    after = [
                        found_by(
                            with_options(own.explainer, n_groups=_count(groups, change)),
                            source.pixels,
                            [index],
                        )[0]
                        if groups is not None and _count(groups, change)
                        else left_out()
                        for groups, index in zip(before, indices, strict=True)
                    ]
                elif change == SEED:
                    after = found_by(with_options(own.explainer, seed=seed + 1 + k), source.pixels)
                else:
                    changed = noisy(source.pixels, noise, rng)
                    if change == CROP:
                        changed = cropped(source.pixels, rng)
                    after = found_by(own.explainer, changed)
                for place, first, second in zip(places, before, after, strict=True):
                    if first is not None and second is not None:
                        for metric, score in METRICS.items():
                            scores[change][metric][place, k] = score(first, second)
    made = provenance_of(
        "stability of groups", net, contenders, repeats=repeats, noise=noise, crop=CROP_SIDE,
        seed=seed,
    )  # fmt: skip
    return StabilityStudy(scores=scores, images=pairs.image_numbers, seed=seed, provenance=made)


def allows(explainer: object, change: str) -> bool:
    """Whether an explainer allows a change: those of images all do."""
    return change not in _OPTIONS or has_option(explainer, _OPTIONS[change])


def _changes_of(explainer: Explainer, name: str, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The changes that are meant and that an explainer allows."""
    for change in wanted or ():
        if change not in CHANGES:
            raise unknown("change", change, CHANGES)
    refused = [change for change in CHANGES if not allows(explainer, change)]
    for change in wanted or ():
        if change in refused:
            raise InputError(
                f"Expected an explainer with `net` and `options.{_OPTIONS[change]}` for the change "
                f"{change!r}, received {name!r} without."
            )
    if wanted is not None:
        return tuple(dict.fromkeys(wanted))
    if refused:
        logger.info("%s: not changed, since it has no such option: %s.", name, ", ".join(refused))
    return tuple(change for change in CHANGES if change not in refused)


def _count(groups: FeatureGroups, change: str) -> int:
    return len(groups) + 1 if change == MORE else len(groups) - 1
