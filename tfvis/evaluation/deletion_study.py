"""Deletion and insertion of groups over many images, beside what they are compared with."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import tables
from tfvis.utils.errors import require_count, unknown
from tfvis.utils.image_sources import Images
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import Provenance

from ..explainers.base import Explainer, Pairs
from .contenders import contenders_of, provenance_of
from .estimates import Estimate, estimate_of_images
from .explaining import explained
from .group_deletion import GROUPS, ORDERS, GroupDeletion, delete_groups, insert_groups
from .grouped_results import groups_of

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["DeletionStudy", "study_deletion"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, kw_only=True)
class DeletionStudy:
    """What the groups of some explainers carry of a class, over many images.

    Attributes:
        found: by explainer: of each pair of an image and a class; None where no channel stood out.
        images: of each pair the number of its image, int (pairs,).
        inserted: whether groups were inserted rather than deleted.
        seed: of random groups and of the bootstrap.
        provenance: what made the result.
    """

    found: Mapping[str, tuple[GroupDeletion | None, ...]] = field(repr=False)
    images: np.ndarray = field(repr=False)
    inserted: bool
    seed: int
    provenance: Provenance | None = field(default=None, repr=False)

    def effects(self, explainer: str, order: str = GROUPS, score: str = "logit") -> np.ndarray:
        """See `GroupDeletion.effect`: (pairs,), NaN where no channel stood out."""
        if explainer not in self.found:
            raise unknown("explainer", explainer, self.found)
        return np.array(
            [np.nan if own is None else own.effect(order, score) for own in self.found[explainer]]
        )

    def estimate(
        self,
        explainer: str,
        order: str = GROUPS,
        score: str = "logit",
        *,
        confidence: float = 0.95,
    ) -> Estimate:
        """The mean effect of an order over the images, and its bootstrap interval.

        Images are resampled, not pairs, since the pairs of an image depend on each other.
        """
        return self._bootstrap(self.effects(explainer, order, score), confidence)

    def advantage(
        self,
        explainer: str,
        over: str,
        score: str = "logit",
        *,
        confidence: float = 0.95,
    ) -> Estimate:
        """How much more the groups move the score than another order does; see `estimate`.

        Args:
            explainer: whose groups.
            over: one of `ORDERS`, or another explainer's name for its groups on the same pairs.
            score: "logit" or "probability".
            confidence: in (0, 1).
        """
        own = self.effects(explainer, GROUPS, score)
        if over in ORDERS:
            other = self.effects(explainer, over, score)
        else:
            other = self.effects(over, GROUPS, score)
        return self._bootstrap(own - other, confidence)

    def to_dataframe(self) -> DataFrame:
        """A row for each explainer, pair, order and score.

        Returns:
            A `pandas.DataFrame` with the columns `explainer`, `image`, `pair`, `order`, `score`,
            `auc` and `effect`; see `GroupDeletion`. Pairs without groups are left out.

        Raises:
            InputError: pandas is not installed.
        """
        rows = [
            (name, int(image), pair, order, score, own.auc(order, score), own.effect(order, score))
            for name, results in self.found.items()
            for pair, (own, image) in enumerate(zip(results, self.images, strict=True))
            if own is not None
            for score, orders in own.scores.items()
            for order in orders
        ]
        names = ("explainer", "image", "pair", "order", "score", "auc", "effect")
        return tables.table_of_rows(names, rows)

    def _bootstrap(self, effects: np.ndarray, confidence: float) -> Estimate:
        return estimate_of_images(effects, self.images, seed=self.seed, confidence=confidence)


def study_deletion(
    net: Network,
    images: Images,
    classes: Sequence[str | int],
    explainers: Sequence[str | Explainer] = ("all groups",),
    *,
    insert: bool = False,
    absent: np.ndarray | None = None,
    n_random: int = 100,
    options: Iterable[object] = (),
    layer: str | None = None,
    seed: int = 0,
    batch_size: int = 64,
    progress: Progress = silent,
) -> DeletionStudy:
    """Delete, or insert, the groups that explainers find for many pairs of an image and a class.

    Args:
        net: the network that is asked. An explainer may have found its groups on another one, such
            as a randomised twin, as long as the layer is the same.
        images: one a pair; an image may be in several pairs.
        classes: one a pair, by index, WordNet id or name.
        explainers: names of `tfvis.explainers.methods()`, and objects with `explain`, whose results
            have `groups`, as an `Explanation` has.
        insert: whether groups are inserted into a layer without channels, rather than deleted.
        absent: what takes the place of channels that are out; see `delete_groups`.
        n_random: draws of random groups a pair.
        options: of named explainers, as dataclasses.
        layer: of named explainers.
        seed: random seed of named explainers, of random groups and of the bootstrap.
        batch_size: sets of channels that are evaluated at once; bounds the memory.
        progress: called with pairs done and pairs in all, over all explainers.

    Raises:
        InputError: an explainer whose results have no groups.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> found = study_deletion(net, [image] * 2, ["dog", "cat"], ["all groups"], n_random=20)
        >>> found.advantage("all groups", "random groups").mean > 0
        True
    """
    require_count("n_random", n_random)
    contenders = contenders_of(net, explainers, options, layer=layer, seed=seed)
    pairs = Pairs.of(net, images, classes)
    move = insert_groups if insert else delete_groups
    total, done = len(contenders) * len(pairs), 0
    found: dict[str, tuple[GroupDeletion | None, ...]] = {}
    for own in contenders:
        results: dict[int, GroupDeletion | None] = {}
        for source, indices, places in pairs.by_image():
            made = explained(own.name, own.explainer, [source.pixels] * len(places), indices)
            for place, result in zip(places, made, strict=True):
                groups = groups_of(result, own.name)
                results[place] = None
                if groups is not None:
                    results[place] = move(
                        net, source.pixels, groups,
                        absent=absent, n_random=n_random, seed=seed, batch_size=batch_size,
                    )  # fmt: skip
                done += 1
                progress(done, total)
        found[own.name] = tuple(results[k] for k in range(len(pairs)))
        missing = sum(result is None for result in found[own.name])
        if missing:
            logger.warning("%s: no channel stands out for %d of %d.", own.name, missing, len(pairs))
    made = provenance_of(
        "insertion of groups" if insert else "deletion of groups",
        net,
        contenders,
        n_random=n_random,
        absent="zero" if absent is None else "given",
        seed=seed,
    )
    return DeletionStudy(
        found=found, images=pairs.image_numbers, inserted=insert, seed=seed, provenance=made
    )
