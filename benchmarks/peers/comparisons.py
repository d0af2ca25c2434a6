"""What is compared with which peer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .environments import OURS
from .subjects import DELETION_STEPS
from .workers import Answer, FailedError

SIDES = "benchmarks.peers.sides"

Options = dict[str, Any]
Ask = Callable[..., Answer]
"""Runs a side once with some options."""

Choose = Callable[[Ask, Ask, "Settings"], tuple[Options, Options]]
"""From ours, theirs and the settings to the options that each is timed with."""

GAP = 0.005
"""The completeness gap that integrated gradients are to reach, as a share of the total."""

GRADIENTS = (4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
STEPS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)


@dataclass(frozen=True)
class Settings:
    """How much each comparison does.

    Attributes:
        icon_steps: of icons.
        orders: of sampled Shapley values.
        calls: of what takes an instant, in a row.
    """

    icon_steps: int = 128
    orders: int = 20
    calls: int = 10


@dataclass(frozen=True)
class Side:
    """Who does it.

    Attributes:
        environment: a list in `requirements`, or `OURS`.
        module: whose tasks are served.
        task: its name there.
        does: what is done, in words.
    """

    environment: str
    module: str
    task: str
    does: str


@dataclass(frozen=True)
class Comparison:
    """One row: ours beside a peer's.

    Attributes:
        name: by which it is asked for.
        peer: whose it is; a key of `PEERS`.
        title: what is done, for people.
        ours: our side.
        theirs: the peer's.
        choose: see `Choose`.
        judged: whether both make icons, whose objectives one of ours reads back.
    """

    name: str
    peer: str
    title: str
    ours: Side
    theirs: Side
    choose: Choose
    judged: bool = field(default=False)


PEERS: Mapping[str, tuple[str, str]] = {
    "lucent": ("lucent 0.1.8", "torch"),
    "xplique": ("xplique 2.0.2", "xplique"),
    "pytorch-grad-cam": ("pytorch-grad-cam 1.5.7", "torch"),
    "captum": ("captum 0.9.0", "torch"),
    "reference": ("the reference's loops", OURS),
    "reimplementation": ("the reimplementation's loops", "torch"),
}
"""Names for people, and environments."""


def _equal(**options: str) -> Choose:
    """Both with these options, whose values are fields of the settings."""

    def choose(ours: Ask, theirs: Ask, settings: Settings) -> tuple[Options, Options]:
        same = {name: getattr(settings, own) for name, own in options.items()}
        return same, same

    return choose


def fewest(ask: Ask, option: str, values: tuple[int, ...], enough: Callable[[Answer], bool]) -> int:
    """The first value with which a side's answer is enough.

    Raises:
        FailedError: none is.
    """
    for value in values:
        if enough(ask(**{option: value})):
            return value
    raise FailedError(f"not reached with {values[-1]} {option}")


def _to_their_objective(ours: Ask, theirs: Ask, settings: Settings) -> tuple[Options, Options]:
    """Ours with the fewest steps that reach the objective of the peer's icons."""
    wanted = theirs(steps=settings.icon_steps).numbers["objective"]
    steps = fewest(ours, "steps", STEPS, lambda found: found.numbers["objective"] >= wanted)
    return {"steps": steps}, {"steps": settings.icon_steps}


def _to_the_gap(ours: Ask, theirs: Ask, settings: Settings) -> tuple[Options, Options]:
    """Each with the fewest gradients that reach `GAP`."""
    chosen = (
        fewest(ask, "steps", GRADIENTS, lambda found: found.numbers["gap"] <= GAP)
        for ask in (ours, theirs)
    )
    own, other = ({"steps": steps} for steps in chosen)
    return own, other


def _to_our_error(ours: Ask, theirs: Ask, settings: Settings) -> tuple[Options, Options]:
    """The peer with as many orders as its spread says that our standard error takes."""
    orders = settings.orders
    wanted = ours(orders=orders).numbers["standard_error"]
    found = theirs(orders=orders, spread=True).numbers["standard_error"]
    return {"orders": orders}, {"orders": max(2, math.ceil(orders * (found / wanted) ** 2))}


def _a_call_of_each(ours: Ask, theirs: Ask, settings: Settings) -> tuple[Options, Options]:
    return {}, {}


def _as_the_reference(ours: Ask, theirs: Ask, settings: Settings) -> tuple[Options, Options]:
    """The reference's 100 steps; ours with the fewest that are no further off."""
    wanted = theirs(steps=100).numbers["gap"]
    steps = fewest(ours, "steps", GRADIENTS, lambda found: found.numbers["gap"] <= wanted)
    return {"steps": steps}, {"steps": 100}


def _one_icon(ours: Ask, theirs: Ask, settings: Settings) -> tuple[Options, Options]:
    """MaCo's steps see 32 crops, so they are an eighth of the others'."""
    steps = max(1, settings.icon_steps // 8)
    return {"steps": steps, "count": 1}, {"steps": steps}


def _ours(task: str, does: str) -> Side:
    return Side(OURS, f"{SIDES}.tfvis_side", task, does)


def _theirs(peer: str, module: str, task: str, does: str) -> Side:
    return Side(PEERS[peer][1], f"{SIDES}.{module}", task, does)


JUDGE = _ours("judge", "objectives of icons, without transforms")
EXPORT = _ours("export", "the subject")

_ICONS = _ours("icons", "`render_icons`, float32")
_LUCENT = _theirs("lucent", "lucent_side", "icons", "`render_vis`")
_OPTIMIZE = _theirs("xplique", "xplique_side", "icons", "`Objective`, `optimize`")
_MACO = _theirs("xplique", "xplique_side", "maco", "`maco`, 32 crops a step")
_SHAPLEY = _ours("shapley", "`shapley_sampling`")
_GRADIENTS = _ours("integrated_gradients", "`aumann_shapley`")
_CAM = _ours("grad_cam", "`grad_cam`")

COMPARISONS: tuple[Comparison, ...] = (
    Comparison(
        "icons-lucent", "lucent", "icons, equal steps",
        _ICONS, _LUCENT, _equal(steps="icon_steps"), judged=True,
    ),
    Comparison(
        "icons-lucent-objective", "lucent", "icons, to lucent's objective",
        _ICONS, _LUCENT, _to_their_objective, judged=True,
    ),
    Comparison(
        "icons-xplique", "xplique", "icons, equal steps",
        _ICONS, _OPTIMIZE, _equal(steps="icon_steps"), judged=True,
    ),
    Comparison(
        "icons-xplique-objective", "xplique", "icons, to xplique's objective",
        _ICONS, _OPTIMIZE, _to_their_objective, judged=True,
    ),
    Comparison("icons-maco", "xplique", "one icon, equal steps", _ICONS, _MACO, _one_icon,
               judged=True),
    Comparison(
        "craft", "xplique", "concepts of a class in one image",
        _ours("groups", "`explain` without icons"),
        _theirs("xplique", "xplique_side", "craft", "CRAFT: `fit`, `estimate_importance`"),
        _a_call_of_each,
    ),
    Comparison(
        "deletion", "xplique", "deletion of pixels",
        _ours("deletion", "`delete_pixels`"),
        _theirs("xplique", "xplique_side", "deletion", "`Deletion`"),
        lambda ours, theirs, settings: ({"steps": DELETION_STEPS}, {"steps": DELETION_STEPS}),
    ),
    Comparison(
        "grad-cam-xplique", "xplique", "Grad-CAM",
        _CAM, _theirs("xplique", "xplique_side", "grad_cam", "`GradCAM`"), _equal(calls="calls"),
    ),
    Comparison(
        "grad-cam-pytorch", "pytorch-grad-cam", "Grad-CAM",
        _CAM, _theirs("pytorch-grad-cam", "grad_cam_side", "grad_cam", "`GradCAM`"),
        _equal(calls="calls"),
    ),
    Comparison(
        "shapley", "captum", "sampled Shapley values, equal orders",
        _SHAPLEY, _theirs("captum", "captum_side", "shapley", "`ShapleyValueSampling`"),
        _equal(orders="orders"),
    ),
    Comparison(
        "shapley-error", "captum", "sampled Shapley values, to our standard error",
        _SHAPLEY, _theirs("captum", "captum_side", "shapley", "`ShapleyValueSampling`"),
        _to_our_error,
    ),
    Comparison(
        "gradients", "captum", "integrated gradients of three classes, to a gap of 0.5 %",
        _GRADIENTS,
        _theirs("captum", "captum_side", "integrated_gradients", "`LayerIntegratedGradients`"),
        _to_the_gap,
    ),
    Comparison(
        "shapley-reference", "reference", "sampled Shapley values, equal orders",
        _SHAPLEY, _theirs("reference", "reference_side", "shapley", "a call a coalition"),
        lambda ours, theirs, settings: ({"orders": 2}, {"orders": 2}),
    ),
    Comparison(
        "gradients-reference", "reference", "integrated gradients of three classes, to its gap",
        _GRADIENTS,
        _theirs("reference", "reference_side", "integrated_gradients", "100 points, one a call"),
        _as_the_reference,
    ),
    Comparison(
        "inversion", "reimplementation", "guided feature inversion, 10 + 70 iterations",
        _ours("inversion", "`GuidedFeatureInversion`, float32"),
        _theirs("reimplementation", "reimplementation_side", "inversion", "its loops, in PyTorch"),
        _a_call_of_each,
    ),
)  # fmt: skip
