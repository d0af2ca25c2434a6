"""Ground truth for explanations: does a class's map find the class's object?

In a scene of two objects of different classes, whose masks are known, each object's class is
explained in turn: its map should be strong on that object, not on the background, and not on the
other object.
"""

from __future__ import annotations

import hashlib
import json
import logging
import operator
from collections.abc import Iterable, Sequence

import numpy as np

from tfvis.utils.errors import InputError, require_count
from tfvis.utils.image_sources import SourceImage, read_image
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..explainers.base import Explainer, NothingSelected
from ..explainers.registry import methods
from .contenders import contenders_of, provenance_of
from .estimates import Estimate
from .explaining import Found, Unexplained, explain_all, require_explained
from .metric_registry import Metric, metrics
from .scene_checks import Scene, require_scene, require_scenes
from .scene_results import SceneLocalisation, Scores

__all__ = [
    "Estimate",
    "Scene",
    "SceneLocalisation",
    "Scores",
    "default_explainers",
    "localise_scenes",
]

logger = logging.getLogger(__name__)


def default_explainers() -> tuple[str, ...]:
    """The names of all methods that are not optimised."""
    return tuple(method.name for method in methods() if not method.optimised)


def localise_scenes(
    net: Network,
    scenes: Iterable[Scene],
    explainers: Sequence[str | Explainer] | None = None,
    *,
    layer: str | None = None,
    attribution_steps: int | None = None,
    options: Iterable[object] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> SceneLocalisation:
    """Explain each object of some scenes by each method, and see how well the maps find it.

    A map that is not finite, whose result tells a problem, counts as one that shows nothing: it
    scores what is chance. So does an object that an explainer cannot explain, whatever it raises.
    What went wrong is in the scores' `problems`; the log has the tracebacks, at level DEBUG.

    Args:
        net: the network, whose labels name the scenes' classes.
        scenes: each of two objects of different classes. They are taken one at a time, once, and
            not kept.
        explainers: names of `tfvis.explainers.methods()`, and objects of one's own with `explain`
            and, if several of a result's maps count, an attribute `shows` (see
            `tfvis.explainers.Method`); all methods that are not optimised, if left out.
        layer: that named methods look at; see their options. Objects have options of their own.
        attribution_steps: of named methods; see their options.
        options: of named methods, as dataclasses; each takes the one of its kind, which goes before
            `layer`, `attribution_steps` and `seed`.
        seed: random seed of named methods and of the bootstrap.
        progress: called with scenes done and scenes in all, 0 if unknown.

    Raises:
        InputError: an unknown method, layer or class; options, a layer or attribution steps that
            no named method takes, and that would be ignored; an
            explainer that does not return a map a pair; no scene, or one without two visible
            objects of different classes; an explainer whose code fails for both objects of the
            first scene; no object that any explainer can explain.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> scenes = [tfvis.critters.render_scene(["dog", "cat"], seed=seed) for seed in range(3)]
        >>> found = localise_scenes(net, scenes, ["Grad-CAM"])
        >>> bool(0 <= found.estimate("Grad-CAM", "pointing").mean <= 1)
        True
    """
    named = default_explainers() if explainers is None else explainers
    require_count("seed", seed, 0)
    seed = int(seed)
    contenders = contenders_of(
        net, named, options, layer=layer, attribution_steps=attribution_steps, seed=seed
    )
    require_scenes(scenes)
    wanted = metrics()
    total = operator.length_hint(scenes)
    rows: dict[str, list[list[np.ndarray]]] = {own.name: [] for own in contenders}
    problems: dict[str, list[tuple[str | None, ...]]] = {own.name: [] for own in contenders}
    wrong: dict[str, list[str]] = {own.name: [] for own in contenders}
    failed: dict[str, list[str]] = {own.name: [] for own in contenders}
    nothing_selected = 0
    digest = hashlib.sha256()
    for number, scene in enumerate(scenes):
        masks = require_scene(net, scene, number)
        # One image, so that what belongs to it is computed once for both classes.
        source = read_image(scene.image)
        image = source.pixels
        digest.update(_told(source, masks, scene.labels))
        found = explain_all(contenders, [image, image], list(scene.labels), tolerant=True)
        for name, pairs in found.items():
            rows[name].append(_scored(pairs, masks, wanted))
            results = [pair.result for pair in pairs]
            problems[name].append(tuple(own.problem for own in results))
            others = [own for own in results if not isinstance(own, NothingSelected)]
            wrong[name] += [own.problem for own in others if own.problem is not None]
            unexplained = [own for own in results if isinstance(own, Unexplained)]
            failed[name] += [str(own.problem) for own in unexplained]
            if number == 0:
                require_explained(name, results, "first scene")
        nothing_selected += sum(
            any(isinstance(pairs[k].result, NothingSelected) for pairs in found.values())
            for k in range(len(masks))
        )
        progress(number + 1, total)
    if not rows[contenders[0].name]:
        raise InputError("Expected at least one scene, received none.")
    n = len(rows[contenders[0].name])
    useless = [name for name, told in failed.items() if len(told) == 2 * n]
    if len(useless) == len(contenders):
        raise InputError(
            f"None of {2 * n} objects can be explained. The first: {failed[useless[0]][0]}"
        )
    if nothing_selected:
        logger.warning(
            "No channel stands out for %d of %d classes: their maps are uniform.",
            nothing_selected,
            2 * n,
        )
    for name, told in wrong.items():
        if told:
            logger.warning(
                "%s: something went wrong with %d of %d maps. The first: %s",
                name,
                len(told),
                2 * n,
                told[0],
            )
    thresholds = {own.name: own.thresholds for own in wanted if own.thresholds is not None}
    scores = {
        name: Scores(
            {own.name: np.stack([row[k] for row in scored]) for k, own in enumerate(wanted)},
            thresholds,
            tuple(problems[name]),
        )
        for name, scored in rows.items()
    }
    told_apart = {"count": n, "sha256": digest.hexdigest()}
    made = provenance_of(
        "scene localisation",
        net,
        contenders,
        metrics=[own.name for own in wanted],
        scenes=told_apart,
        seed=seed,
    )
    return SceneLocalisation(scores, nothing_selected, seed, made)


def _told(image: SourceImage, masks: np.ndarray, labels: Sequence[object]) -> bytes:
    """A scene, for a digest of all."""
    text = json.dumps([image.digest, masks.shape, [str(label) for label in labels]])
    return text.encode() + np.packbits(masks).tobytes()


def _scored(
    pairs: Sequence[Found], masks: np.ndarray, wanted: Sequence[Metric]
) -> list[np.ndarray]:
    """Each metric of each object, averaged over its maps: (2,), or (2, T)."""
    return [
        np.stack(
            [
                np.mean(
                    [np.asarray(metric.score(a_map, mask, other)) for a_map in pair.maps], axis=0
                )
                for pair, mask, other in zip(pairs, masks, masks[::-1], strict=True)
            ]
        )
        for metric in wanted
    ]
