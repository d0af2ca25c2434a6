"""Do explanations lose their meaning as a network loses what it has learnt, layer by layer?

Cascading randomisation of Adebayo et al. (2018), arXiv 1810.03292: the weights are made fresh from
the output down, a few layers more each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.feature_groups import FeatureGroups
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.image_sources import Images
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..explainers.base import ClassMap, Explainer, Pairs
from ..models.keras_network import KerasNetwork
from .contenders import name_of
from .estimates import Estimate, estimate_of_images
from .explaining import explained
from .group_agreement import adjusted_rand_index, cosines
from .grouped_results import icons_of
from .randomisation import is_learnt, randomised

__all__ = ["Cascade", "rank_correlation", "study_cascade"]

MAP, ATTRIBUTIONS, GROUPS, ICONS = "map", "attributions", "groups", "icons"


@dataclass(frozen=True, eq=False, kw_only=True)
class Cascade:
    """How alike explanations stay while a network's weights are made fresh from the output down.

    Attributes:
        layers: at each stage the Keras layer that was reached last: the first one is no layer, of
            the network as it is.
        counts: how many layers with weights are fresh at each stage: int (stages,). Those of
            preprocessing stay as they are, and do not count.
        similarities: by what is compared: float64 (stages, pairs). "map" and "attributions" are
            rank correlations, of all pixels and of all channels; "groups" is the adjusted Rand
            index. The last two are there for results with `groups`; NaN where one has none. "icons"
            is there if it was asked for: the mean rank correlation of the grey pixels of icons
            whose groups are matched one to one, so that the sum of the cosines of their channels'
            weights is largest. A group without a partner counts 0.
        images: of each pair the number of its image, int (pairs,).
        seed: of the weights and of the bootstrap.
    """

    layers: tuple[str, ...]
    counts: np.ndarray
    similarities: Mapping[str, np.ndarray] = field(repr=False)
    images: np.ndarray = field(repr=False)
    seed: int

    def estimate(self, stage: int, of: str = MAP, *, confidence: float = 0.95) -> Estimate:
        """The mean similarity at a stage over the images, and its bootstrap interval.

        Args:
            stage: its number; -1 for the last one.
            of: "map", "attributions", "groups" or "icons".
            confidence: in (0, 1).
        """
        if of not in self.similarities:
            raise unknown("similarity", of, self.similarities)
        values = self.similarities[of][stage]
        return estimate_of_images(values, self.images, seed=self.seed, confidence=confidence)


def study_cascade(
    net: KerasNetwork,
    images: Images,
    classes: Sequence[str | int],
    make: Callable[[Network], Explainer],
    *,
    stages: int = 6,
    icons: IconOptions | bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Cascade:
    """Explain the same pairs with more and more of the network's weights made fresh.

    Icons of all stages are rendered from the same seed. With another one even those of the same
    groups have nothing in common pixel by pixel: the figure says what the weights change, and not
    whether two icons look alike.

    Args:
        net: the network.
        images: one a pair.
        classes: one a pair, by index, WordNet id or name.
        make: from a network to the explainer: `lambda net: GradCAM(net)`, or the class itself.
        stages: how often weights are made fresh, each time of as many more layers; at the last one
            all are.
        icons: whether icons are compared too, which takes most of the time: how they are rendered,
            the network's own way if True. Icons that the explainer's results have are taken as they
            are. Needs results with `groups`.
        seed: random seed of the weights, of the icons and of the bootstrap.
        progress: called with stages done and stages in all, the network as it is included.

    Raises:
        InputError: the network is no Keras model, or has fewer layers with weights than stages.

    Example:
        >>> import tfvis
        >>> from tfvis.explainers import GradCAM
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> found = study_cascade(net, [image], ["dog"], GradCAM, stages=1)
        >>> found.estimate(0).mean, found.estimate(-1).mean < 0.9
        (1.0, True)
    """
    require_count("stages", stages)
    if not isinstance(net, KerasNetwork):
        raise InputError(f"Expected a KerasNetwork, received a {type(net).__name__}.")
    weighted = [
        name for name, layer in net.keras_layers.items() if layer.get_weights() and is_learnt(layer)
    ]
    if stages > len(weighted):
        raise InputError(
            f"Expected at most {len(weighted)} stages, as many as layers with weights, received "
            f"{stages}."
        )
    pairs = Pairs.of(net, images, classes)
    counts = np.round(np.linspace(0, len(weighted), stages + 1)).astype(int)
    first: tuple[ClassMap, ...] = ()
    first_icons: list[_GroupsWithIcons | None] = []
    found: list[dict[str, list[float]]] = []
    for number, count in enumerate(counts):
        fresh = net
        if count:
            fresh = randomised(net, seed, layers=weighted[len(weighted) - count :])
        explainer = make(fresh)
        pixels = [source.pixels for source in pairs.images]
        results = explained(name_of(explainer), explainer, pixels, list(pairs.classes))
        first = first or results
        found.append(_similarities(first, results))
        if icons:
            wanted = net.icon_options if icons is True else icons
            made = [_icons(fresh, result, wanted, seed) for result in results]
            first_icons = first_icons or made
            found[-1][ICONS] = list(map(_icon_similarity, first_icons, made))
        progress(number + 1, len(counts))
    return Cascade(
        layers=("", *(weighted[len(weighted) - count] for count in counts[1:])),
        counts=counts,
        similarities={name: np.array([own[name] for own in found]) for name in found[0]},
        images=pairs.image_numbers,
        seed=seed,
    )


def _similarities(before: Sequence[ClassMap], after: Sequence[ClassMap]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {MAP: [], ATTRIBUTIONS: [], GROUPS: []}
    for one, other in zip(before, after, strict=True):
        found[MAP].append(rank_correlation(one.map, other.map))
        first, second = (getattr(own, "groups", None) for own in (one, other))
        if isinstance(first, FeatureGroups) and isinstance(second, FeatureGroups):
            values = [own.attribution.values for own in (first, second)]
            found[ATTRIBUTIONS].append(rank_correlation(*values))
            found[GROUPS].append(adjusted_rand_index(first, second))
        else:
            found[ATTRIBUTIONS].append(np.nan)
            found[GROUPS].append(np.nan)
    return found


_GroupsWithIcons = tuple[FeatureGroups, np.ndarray]


def _icons(
    net: Network, result: ClassMap, options: IconOptions, seed: int
) -> _GroupsWithIcons | None:
    groups = getattr(result, "groups", None)
    if not isinstance(groups, FeatureGroups):
        return None
    return groups, icons_of(net, result, groups, options, seed=seed)


def _icon_similarity(before: _GroupsWithIcons | None, after: _GroupsWithIcons | None) -> float:
    """The mean similarity of icons of matched groups; see `Cascade`."""
    if before is None or after is None:
        return np.nan
    alike = cosines(before[0], after[0])
    first, second = (icons.mean(axis=-1) for _, icons in (before, after))
    matched = zip(*linear_sum_assignment(-alike), strict=True)
    found = [rank_correlation(first[row], second[column]) for row, column in matched]
    return float(sum(found) / max(alike.shape))


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's correlation of two arrays of one shape.

    Where one of them is constant it is 0, and where both are it is 1.

    Example:
        >>> import numpy as np
        >>> rank_correlation(np.array([1.0, 2.0, 4.0]), np.array([0.0, 5.0, 6.0]))
        1.0
    """
    first, second = np.asarray(first), np.asarray(second)
    if first.shape != second.shape:
        raise InputError(f"Expected arrays of one shape, received {first.shape}, {second.shape}.")
    one, other = rankdata(first.ravel()), rankdata(second.ravel())
    one, other = one - one.mean(), other - other.mean()
    size = np.sqrt((one @ one) * (other @ other))
    if not size:
        return float(not one.any() and not other.any())
    return float(round(one @ other / size, 12))
