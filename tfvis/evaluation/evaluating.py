"""Evaluate explainers: explain many cases, and score each result by several metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from tfvis.utils.errors import InputError, require_count
from tfvis.utils.image_sources import Images
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..explainers.base import Explainer
from ..explainers.registry import compared
from .case_metric_registry import CaseMetric, case_metrics, chosen_metrics
from .cases import IMAGE, Case, CaseList, image_cases
from .contenders import contenders_of, provenance_of
from .evaluation_defaults import BATCH, OPTIMISED_CASES
from .evaluation_plan import EvaluationPlan
from .evaluations import Evaluation, FinishedCases

__all__ = ["evaluate", "plan_evaluation"]


def evaluate(
    net: Network,
    explainers: Sequence[str | Explainer] | None,
    metrics: Sequence[str | CaseMetric] | None,
    images: Images | Sequence[Case] | CaseList,
    classes: Sequence[str | int] | None = None,
    *,
    options: Iterable[object] = (),
    layer: str | None = None,
    attribution_steps: int | None = None,
    optimised_cases: int = OPTIMISED_CASES,
    seed: int = 0,
    batch_size: int = BATCH,
    known: Mapping[str, FinishedCases] | None = None,
    finished: Callable[[FinishedCases], None] | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Explain images by several explainers, and score what they find.

    A case that an explainer cannot explain, whatever it raises, counts as a map that shows nothing;
    its problem is in the result. An explainer whose code fails for each of the first eight cases
    ends the evaluation.

    Args:
        net: the network.
        explainers: names of `tfvis.explainers.methods()`, and objects with `explain`; if None all
            methods that have one map a class and do not optimise a mask.
        metrics: names of `case_metrics()`, and `CaseMetric`s of one's own; if None all default ones
            that score such cases.
        images: images, or cases: `scene_cases`, of which the truth is known, or a list of `Case`.
        classes: of each image; its first answer if left out. Cases have their classes.
        options: of named explainers, as dataclasses.
        layer: of named explainers without options of their own, as with the next one.
        attribution_steps: see their options.
        optimised_cases: methods that optimise a mask, which takes seconds or minutes each, explain
            no more than so many cases of each kind, the first.
        seed: random seed of named explainers, of metrics and of the bootstrap.
        batch_size: cases that are explained together; bounds the memory.
        known: what an earlier run of the same evaluation has finished, by key; what is of other
            cases, explainers or metrics is left aside.
        finished: called with some cases as soon as they are done; the first ones wait until no
            explainer has failed for all of them.
        progress: called with cases done and cases in all.

    Raises:
        InputError: an unknown explainer, metric, class or layer; no case; a metric that scores no
            such case, or that fails; an explainer whose code fails for each of the first cases.

    Example:
        >>> import tfvis
        >>> from tfvis.evaluation import evaluate, scene_cases
        >>> net = tfvis.load_model("critters")
        >>> cases = scene_cases(net, 2, kinds=["one object"])
        >>> found = evaluate(net, ["Grad-CAM"], ["pixel_deletion", "single_deletion"], cases)
        >>> 0 <= found.estimate("Grad-CAM", "pixel_deletion").mean <= 1
        True
    """
    plan = plan_evaluation(
        net, explainers, metrics, images, classes,
        options=options, layer=layer, attribution_steps=attribution_steps,
        optimised_cases=optimised_cases, seed=seed, batch_size=batch_size,
    )  # fmt: skip
    return plan.run(known=known, finished=finished, progress=progress)


def plan_evaluation(
    net: Network,
    explainers: Sequence[str | Explainer] | None,
    metrics: Sequence[str | CaseMetric] | None,
    images: Images | Sequence[Case] | CaseList,
    classes: Sequence[str | int] | None = None,
    *,
    options: Iterable[object] = (),
    layer: str | None = None,
    attribution_steps: int | None = None,
    optimised_cases: int = OPTIMISED_CASES,
    seed: int = 0,
    batch_size: int = BATCH,
) -> EvaluationPlan:
    """What `evaluate` will do, checked; see there. Nothing is explained yet."""
    require_count("seed", seed, 0)
    require_count("batch_size", batch_size)
    require_count("optimised_cases", optimised_cases)
    named = compared() if explainers is None else explainers
    contenders = contenders_of(
        net, named, options, layer=layer, attribution_steps=attribution_steps, seed=seed
    )
    cases = _cases(net, images, classes, metrics)
    if not len(cases):
        raise InputError("Expected at least one case, received none.")
    kinds = tuple(dict.fromkeys(cases.kinds))
    chosen = chosen_metrics(metrics, kinds)
    if not chosen:
        raise InputError(
            f"Expected at least one metric, received none for cases of the kind {', '.join(kinds)}."
        )
    made = provenance_of(
        "evaluation",
        net,
        contenders,
        metrics=[_told(own) for own in chosen],
        cases=dict(cases.told),
        optimised_cases=optimised_cases,
        seed=seed,
        batch_size=batch_size,
    )
    return EvaluationPlan(
        net=net,
        contenders=contenders,
        metrics=chosen,
        cases=cases,
        optimised_cases=optimised_cases,
        seed=seed,
        batch_size=batch_size,
        provenance=made,
    )


def _told(metric: CaseMetric) -> object:
    """A metric in a provenance: its name, and of one that no name makes known its function, too."""
    if any(own is metric for own in case_metrics()):
        return metric.name
    score = metric.score
    where = getattr(score, "__module__", ""), getattr(score, "__qualname__", type(score).__name__)
    return {"name": metric.name, "score": ".".join(map(str, where))}


def _cases(
    net: Network,
    images: Images | Sequence[Case] | CaseList,
    classes: Sequence[str | int] | None,
    metrics: Sequence[str | CaseMetric] | None,
) -> CaseList:
    """The cases that are meant; of images once it is known that the metrics can score them."""
    are_cases = isinstance(images, Sequence) and any(isinstance(own, Case) for own in images)
    if (are_cases or isinstance(images, CaseList)) and classes is not None:
        raise InputError("Expected classes with images alone: cases have theirs.")
    if isinstance(images, CaseList):
        return images
    if are_cases:
        return CaseList.of(cast("Sequence[Case]", images))
    chosen_metrics(metrics, (IMAGE,))
    return image_cases(net, cast("Images", images), classes)
