"""Do icons show what they claim to? Asked of the network itself, and of another one.

An icon is rendered to excite one group of channels. It is specific if it excites this group more
than the icons of the other groups do. It shows the class if another network sees the class in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tfvis.utils import images as image_files
from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.feature_groups import FeatureGroups
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.image_sources import Images
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import Provenance

from ..explainers.base import Explainer, Pairs
from .contenders import contenders_of, provenance_of
from .estimates import Estimate, estimate_of_images
from .explaining import explained
from .grouped_results import groups_of, icons_of
from .small_changes import has_option, with_options

__all__ = ["IconStudy", "margin_of", "objectives_on_icons", "specificity_of", "study_icons"]

SPECIFICITY, MARGIN = "specificity", "margin"
JUDGE_CLASSES, JUDGE_AGAINST = "judge_classes", "judge_against"


@dataclass(frozen=True, eq=False, kw_only=True)
class IconStudy:
    """How specific the icons of an explainer's groups are, and whether another network agrees.

    O[g, h] is the objective of group g on the icon of group h. s(x) is what another network, the
    judge, answers for icon x: the logit of the explained class, less the mean of the logits of all
    other classes; or less that of another class, where two were contrasted. The scores of a pair of
    an image and a class are, by name:

    - "specificity": the share of groups g whose own icon excites them most, O[g, g] = max_h
      O[g, h]; k equal maxima count 1/k. From 0 to 1. Chance is one over the number of groups, see
      `chance`.
    - "margin": the mean over g of (O[g, g] − max_{h≠g} O[g, h]) / max_h |O[g, h]|. At most 1,
      where the icons of all other groups leave a group silent. 0 where another icon excites it as
      much.
    - "judge_classes", of a study of several classes: the share of pairs of icons (x, y) with s(x) >
      s(y), equal ones counting one half. x is an icon of a group for the class, y one of a group
      for another class, in any image of the study. From 0 to 1, which is perfect; a judge of random
      weights scores 1/2 on average. This is the area under the ROC curve of s, which tells icons of
      the class from others.
    - "judge_against", of a study with `against`: the same, with y the icons of the groups against
      the class in the same image.

    Logits are not taken as they are, since an icon may raise all of them; nor are log-odds, which
    are the lower on average, for every class, the more an icon excites a judge of random weights.

    Attributes:
        matrices: O of each pair, float64 (groups, groups), a row a group; None where no channel
            stood out.
        scores: by name: float64 (pairs,), NaN where there is none. That is where no channel stood
            out, and for "specificity" and "margin" also where there is one group alone.
        images: of each pair the number of its image, int (pairs,).
        seed: of the icons and of the bootstrap.
        provenance: what made the result.
    """

    matrices: tuple[np.ndarray | None, ...] = field(repr=False)
    scores: Mapping[str, np.ndarray] = field(repr=False)
    images: np.ndarray = field(repr=False)
    seed: int
    provenance: Provenance | None = field(default=None, repr=False)

    @property
    def chance(self) -> float:
        """The mean specificity of icons that are dealt out to the groups at random."""
        known = ~np.isnan(self.scores[SPECIFICITY])
        shares = [1 / len(own) if own is not None else np.nan for own in self.matrices]
        return estimate_of_images(np.where(known, shares, np.nan), self.images).mean

    def estimate(self, of: str = SPECIFICITY, *, confidence: float = 0.95) -> Estimate:
        """The mean of a score over the images, and its bootstrap interval.

        Images are resampled, not pairs, since the pairs of an image depend on each other.

        Args:
            of: a name of `scores`.
            confidence: in (0, 1).

        Raises:
            InputError: the study has no such score.
        """
        if of not in self.scores:
            raise unknown("score", of, self.scores)
        return estimate_of_images(
            self.scores[of], self.images, seed=self.seed, confidence=confidence
        )


def objectives_on_icons(net: Network, groups: FeatureGroups, icons: np.ndarray) -> np.ndarray:
    """The matrix O: the objective of each group on each icon, without transforms.

    O[g, h] = mean_xy Σ_i w_gi a_i(h), with the weights w_g of group g and the activations a of icon
    h. An objective is what an icon was rendered to maximise, so a row has one unit and its entries
    can be compared; those of a column cannot.

    Args:
        net: the network.
        groups: of a layer's channels.
        icons: (n, H, W, 3) in [0, 1], of these groups or of others.

    Returns:
        float64 (groups, n).
    """
    maps = net.activations(icons, groups.attribution.layer)
    return groups.weights @ maps.mean(axis=(1, 2), dtype=np.float64).T


def specificity_of(matrix: np.ndarray) -> float:
    """The share of rows whose largest entry is on the diagonal; see `IconStudy`.

    Args:
        matrix: O, (n, n).

    Example:
        >>> specificity_of([[3.0, 1.0], [5.0, 2.0]])
        0.5
    """
    matrix = _square(matrix)
    largest = matrix == matrix.max(axis=1, keepdims=True)
    return float((np.diag(largest) / largest.sum(axis=1)).mean())


def margin_of(matrix: np.ndarray) -> float:
    """How far the diagonal is above the rest of its row, on average; see `IconStudy`.

    Args:
        matrix: O, (n, n), n at least 2.

    Example:
        >>> margin_of([[4.0, 1.0], [0.0, 2.0]])
        0.875
    """
    matrix = _square(matrix)
    if len(matrix) < 2:
        raise InputError("Expected the matrix of at least 2 groups, received one of 1.")
    own = np.diag(matrix)
    others = np.where(np.eye(len(matrix), dtype=bool), -np.inf, matrix).max(axis=1)
    size = np.abs(matrix).max(axis=1)
    gaps = np.divide(own - others, size, out=np.zeros(len(matrix)), where=size > 0)
    return float(gaps.mean())


def study_icons(
    net: Network,
    images: Images,
    classes: Sequence[str | int],
    explainer: str | Explainer = "all groups",
    *,
    judge: Network | None = None,
    against: bool = False,
    icons: IconOptions | None = None,
    options: Sequence[object] = (),
    layer: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> IconStudy:
    """Explain pairs of an image and a class with icons, and test the icons.

    Args:
        net: the network.
        images: one a pair.
        classes: one a pair, by index, WordNet id or name.
        explainer: a name of `tfvis.explainers.methods()`, or an object with `explain` whose results
            have `groups`. Icons that its results have are taken as they are.
        judge: another network, which is shown the icons. It must know the classes by a name that
            `net` has for them.
        against: whether the judge's answers are also compared with those for icons of the groups
            against the class. Needs an explainer that has `net` and `options`, a dataclass with
            `sign`, and that is made from both; those of tfvis are.
        icons: how icons are rendered; as the explainer renders them if left out, or else as the
            network does.
        options: of a named explainer, as dataclasses.
        layer: of a named explainer.
        seed: random seed of a named explainer, of the icons and of the bootstrap.
        progress: called with explanations done and explanations in all.

    Raises:
        InputError: an explainer whose results have no groups; a judge that does not know a class,
            or is shown icons of one class alone; `against` without a judge, or with an explainer
            that does not allow it.

    Example:
        >>> import tfvis
        >>> from tfvis.utils.icon_options import IconOptions
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> found = study_icons(net, [image], ["dog"], icons=IconOptions(steps=4, size=64))
        >>> -1 <= found.estimate("margin").mean <= 1
        True
    """
    require_count("seed", seed, 0)
    contenders = contenders_of(net, [explainer], options, layer=layer, seed=seed)
    own = contenders[0]
    pairs = Pairs.of(net, images, classes)
    sides: list[Any] = [own.explainer]
    if against:
        sides.append(_against(own.explainer, own.name, judge))
    if judge is not None and not against and len(set(pairs.classes)) == 1:
        raise InputError(
            "Expected images of at least 2 classes with a judge, or against=True, received one "
            "class."
        )
    of_judge = (
        {} if judge is None else {c: _class_of(judge, net, c) for c in dict.fromkeys(pairs.classes)}
    )
    chosen = icons or getattr(own.explainer, "icons", None) or net.icon_options
    total, done = len(pairs) * len(sides), 0
    found: list[dict[int, tuple[FeatureGroups, np.ndarray]]] = [{} for _ in sides]
    matrices: dict[int, np.ndarray] = {}
    for source, indices, places in pairs.by_image():
        for side, by in enumerate(sides):
            made = explained(own.name, by, [source.pixels] * len(indices), indices)
            for place, result in zip(places, made, strict=True):
                groups = groups_of(result, own.name)
                if groups is not None:
                    _require_sign(groups, "neg" if side else "pos", judge)
                    pictures = icons_of(net, result, groups, chosen, seed=seed)
                    if not side:
                        matrices[place] = objectives_on_icons(net, groups, pictures)
                    if judge is not None:
                        found[side][place] = groups, _answers(judge, pictures)
                done += 1
                progress(done, total)
    scores = {
        name: np.array([_of_several(score, matrices.get(k)) for k in range(len(pairs))])
        for name, score in ((SPECIFICITY, specificity_of), (MARGIN, margin_of))
    }
    if judge is not None:
        scores |= _agreements(net, judge, pairs.classes, found, of_judge)
    made = provenance_of(
        "specificity of icons", net, contenders, icons=chosen, against=against,
        judge=None if judge is None else {"network": judge.name, "weights": judge.digest},
        seed=seed,
    )  # fmt: skip
    return IconStudy(
        matrices=tuple(matrices.get(k) for k in range(len(pairs))),
        scores=scores,
        images=pairs.image_numbers,
        seed=seed,
        provenance=made,
    )


def _square(matrix: np.ndarray) -> np.ndarray:
    matrix = np.asarray(matrix, np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise InputError(f"Expected a matrix of shape (n, n), received {matrix.shape}.")
    return matrix


def _of_several(score: Any, matrix: np.ndarray | None) -> float:
    return np.nan if matrix is None or len(matrix) < 2 else score(matrix)


def _against(explainer: Any, name: str, judge: Network | None) -> Explainer:
    """The same explainer, of groups against the class."""
    if judge is None:
        raise InputError("Expected a judge with against=True, received none.")
    if not has_option(explainer, "sign"):
        raise InputError(
            f"Expected an explainer with `net` and `options.sign` for against=True, received "
            f"{name!r} without."
        )
    return with_options(explainer, sign="neg")


def _require_sign(groups: FeatureGroups, sign: str, judge: Network | None) -> None:
    if judge is not None and groups.sign != sign:
        words = {"pos": "for", "neg": "against"}
        raise InputError(
            f"Expected groups {words[sign]} the class with a judge, received some "
            f"{words[groups.sign]} it."
        )


def _class_of(judge: Network, net: Network, index: int) -> int:
    """The judge's class with the first name of the network's class, or else with any of its names.

    Case is ignored.
    """
    wanted, known = (
        [[name.casefold() for name in names] for names in own.labels.synonyms]
        for own in (net, judge)
    )
    names = wanted[index]
    found = [k for k, own in enumerate(known) if own[0] == names[0]]
    if len(found) != 1:
        found = [k for k, own in enumerate(known) if not set(own).isdisjoint(names)]
    if len(found) == 1:
        return found[0]
    raise InputError(
        f"Expected a judge with one class called {net.labels[index]!r}, received {judge.name!r} "
        f"with {len(found)} such classes."
    )


def _answers(judge: Network, icons: np.ndarray) -> np.ndarray:
    """The judge's logits for icons, float64 (n, classes), at the size that it was trained on."""
    if icons.shape[1:3] != tuple(judge.input_size):
        icons = np.stack([image_files.resize(own, judge.input_size) for own in icons])
    return judge.logits(icons).astype(np.float64)


def _agreements(
    net: Network,
    judge: Network,
    classes: Sequence[int],
    found: Sequence[Mapping[int, tuple[FeatureGroups, np.ndarray]]],
    of_judge: Mapping[int, int],
) -> dict[str, np.ndarray]:
    """The judge's scores; see `IconStudy`."""
    names = [JUDGE_CLASSES] * (len(set(classes)) > 1) + [JUDGE_AGAINST] * (len(found) > 1)
    scores = {name: np.full(len(classes), np.nan) for name in names}
    for place, (groups, answers) in found[0].items():
        c, other = classes[place], groups.attribution.rather_than
        index = of_judge[c]
        rather = None if other is None else _class_of(judge, net, other)
        own = _evidence(answers, index, rather)
        elsewhere = [logits for k, (_, logits) in found[0].items() if classes[k] != c]
        if elsewhere:
            scores[JUDGE_CLASSES][place] = _win_share(
                own, _evidence(np.concatenate(elsewhere), index, rather)
            )
        if len(found) > 1 and place in found[1]:
            rest = _evidence(found[1][place][1], index, rather)
            scores[JUDGE_AGAINST][place] = _win_share(own, rest)
    return scores


def _evidence(logits: np.ndarray, index: int, rather_than: int | None) -> np.ndarray:
    """What the judge sees of a class, s of `IconStudy`: (n,)."""
    if rather_than is not None:
        return logits[:, index] - logits[:, rather_than]
    rest = np.delete(logits, index, axis=1)
    # One logit alone is that of the class's probability already.
    return logits[:, index] - (rest.mean(axis=1) if rest.shape[1] else 0)


def _win_share(own: np.ndarray, others: np.ndarray) -> float:
    """How often a value exceeds one of others, which is 1/2 for equal ones."""
    return float((np.sign(own[:, np.newaxis] - others) + 1).mean() / 2)
