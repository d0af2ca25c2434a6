"""The one optimisation loop: objective + image parameters + transforms → images."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from . import losses
from .adam import Adam
from .ascent import MOST, Plan, ascent, specs_of
from .compiling import compiled
from .errors import InputError, require_count
from .icon_options import BETA_1, BETA_2, LEARNING_RATE, PATIENCE, REDIRECTED_RELU_STEPS
from .images import require_images
from .memory_bounds import HEAD, batch_size_within
from .network import Network
from .preconditioning import ImageParameters
from .progress import Progress, silent
from .transforms import ICON_TRANSFORMS, Transform

logger = logging.getLogger(__name__)

_OF_IMAGES = 30
"""Images are held so many times over, with what they are made of, their gradients and moments."""


@dataclass(frozen=True, eq=False)
class Rendering:
    """Images that were optimised, and how.

    Attributes:
        images: float32 (N, side, side, 3) in [0, 1], without any transform.
        objective: the objective's name.
        importance: how much each pixel mattered: the size of the objective's gradient there, as a
            mean over the colours, summed over the steps: float32 (N, side, side).
        trace: each image's objective at each step that was made, after that step's transforms:
            (steps, N).
        zero_gradient: positions of the images whose gradient was zero at every step, redirected
            ReLUs aside: they show nothing.
    """

    images: np.ndarray = field(repr=False)
    objective: str
    trace: np.ndarray = field(repr=False)
    importance: np.ndarray = field(repr=False)
    zero_gradient: tuple[int, ...]

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return len(self.trace)


def render(
    net: Network,
    objective: losses.Objective,
    parameters: ImageParameters,
    *,
    transforms: Sequence[Transform] = ICON_TRANSFORMS,
    steps: int = 512,
    learning_rate: float = LEARNING_RATE,
    beta_1: float = BETA_1,
    beta_2: float = BETA_2,
    seed: int = 0,
    tolerance: float = 0.0,
    patience: int = PATIENCE,
    dtype: str = "float32",
    batch_size: int = 10,
    redirected_relu_steps: int = REDIRECTED_RELU_STEPS,
    progress: Progress = silent,
) -> Rendering:
    """Maximise an objective over images.

    All images are optimised together, by Adam. A step transforms them at random, runs the network
    up to the layers that the objective needs, and is compiled once. The network works on
    `batch_size` images at a time, which bounds the memory and changes results by rounding only.

    An image on which the objective is silent has no gradient, because of the network's ReLUs. In
    the first steps it takes the gradient of redirected ReLUs, if the network has them: see
    `redirected_relu.redirected_gradient` and `Network.with_redirected_relus`. Images that have a
    gradient keep it.

    Args:
        net: the network.
        objective: what to maximise.
        parameters: what the images are made of, and how many there are.
        transforms: random transforms before each step; none if empty.
        steps: how many, at most.
        learning_rate: Adam's α.
        beta_1: Adam's β₁; 0 for no momentum. Each step sees another transform, and a mean of the
            gradients of many of them is behind: see docs/methods.md.
        beta_2: Adam's β₂.
        seed: of the initial images and of the transforms.
        tolerance: end when the objectives have settled; see `settled`. 0 to make all steps.
        patience: see `settled`.
        dtype: what the network computes in: float32, bfloat16 or float16.
        batch_size: how many images go through the network at once, on each device.
        redirected_relu_steps: in how many steps, from the first, ReLUs are redirected for images
            without a gradient; 0 for none.
        progress: called with steps done and steps in all; not up to all where the objectives have
            settled before.

    Raises:
        InputError: a count is too small, the objective was made for another number of images, or
            it became NaN or infinite.
    """
    require_count("steps", steps)
    require_count("batch_size", batch_size)
    require_count("redirected_relu_steps", redirected_relu_steps, 0)
    require_count("patience", patience)
    if not 0 <= tolerance < float("inf"):
        raise InputError(f"Expected tolerance of 0 or more, received {tolerance!r}.")
    n = parameters.n_images
    _require_objective(net, objective, n)
    batch_size = images_at_once(net, objective.layers, n, parameters.side, batch_size)
    plan = Plan(
        objective.kind,
        specs_of(objective),
        parameters,
        tuple(transforms),
        Adam(learning_rate, beta_1, beta_2),
        dtype,
        batch_size,
        objective,
    )
    inputs = [tf.constant(array) for array in objective.inputs]

    trace = np.empty((steps, n), np.float32)
    alive = np.zeros(n, bool)
    with ascent(net, plan) as climb:
        climb.begin(parameters.initial(seed))
        for step in range(steps):
            redirect = step < redirected_relu_steps
            trace[step], moved = climb.advance(step, seed, inputs, redirect=redirect)
            _require_finite(trace[step], objective, step + 1, dtype)
            alive |= moved
            progress(step + 1, steps)
            # What is silent may still wake by redirected ReLUs.
            earliest = redirected_relu_steps + 2 * patience
            if step + 1 >= earliest and settled(trace[: step + 1], tolerance, patience):
                trace = trace[: step + 1]
                break
        images, importance = climb.images(), climb.importance()
    _require_finite(images, objective, len(trace), dtype)
    zero_gradient = tuple(int(k) for k in np.flatnonzero(~alive))
    if zero_gradient:
        several = len(zero_gradient) > 1
        logger.warning(
            "Rendered image%s %s of %r stayed noise: the gradient was zero at each of %d step%s.",
            "s" * several,
            ", ".join(map(str, zero_gradient)),
            objective.name,
            len(trace),
            "s" * (len(trace) > 1),
        )
    return Rendering(images, objective.name, trace, importance, zero_gradient)


def images_at_once(net: Network, layers: Sequence[str], n: int, side: int, batch_size: int) -> int:
    """How many images go through the network at once on each device, within the bound of memory.

    Args:
        net: the network.
        layers: those that the objective needs.
        n: how many images there are.
        side: their height and width.
        batch_size: how many at most.

    Raises:
        InputError: one is too many.
    """
    devices = 1 if net.strategy is None else net.strategy.num_replicas_in_sync
    deepest = functools.reduce(lambda a, b: b if net.precedes(a, b) else a, layers)
    pixels = side**2
    return batch_size_within(
        net,
        HEAD,
        deepest,
        most=batch_size,
        times=devices * pixels / math.prod(net.input_size),
        fixed=_OF_IMAGES * n * pixels * 12,  # three channels of float32
    )


def settled(trace: np.ndarray, tolerance: float, patience: int) -> bool:
    """Whether objectives no longer rise.

    Each step sees other transforms, so means over `patience` steps are compared: the last one with
    the one before it, once every `patience` steps.

    Args:
        trace: each image's objective at each step so far: (steps, N).
        tolerance: the largest rise that counts as none, as a share of the larger mean's size,
            averaged over the images. A fall counts as no rise, and images whose objective stays 0
            do not count. Nothing settles if it is 0.
        patience: see above.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils.rendering import settled
        >>> trace = np.float32([[1], [3], [4], [4]])
        >>> settled(trace[:2], 0.1, 1), settled(trace[:3], 0.1, 1), settled(trace, 0.1, 1)
        (False, False, True)
    """
    if not tolerance or len(trace) < 2 * patience or len(trace) % patience:
        return False
    last, before = trace[-patience:].mean(axis=0), trace[-2 * patience : -patience].mean(axis=0)
    size = np.maximum(np.abs(last), np.abs(before))
    active = size > 0
    if not active.any():
        return True
    rises = np.maximum(last - before, 0)[active] / size[active]
    return bool(rises.mean() <= tolerance)


DEVIATIONS = (0.01, 0.1, 0.3, 1.0)


def responsive_init(
    net: Network,
    objective: losses.Objective,
    parameters: Callable[[float], ImageParameters],
    *,
    seed: int = 0,
    batch_size: int = 10,
) -> ImageParameters:
    """Parameters whose initial images excite every objective, so that it has a gradient to climb.

    Sparse features are silent on the nearly grey images that rendering starts from.

    Args:
        net: the network.
        objective: what is to be maximised.
        parameters: makes them from the standard deviation of their initial values.
        seed: of the initial images.
        batch_size: how many images go through the network at once.

    Returns:
        Those of the smallest of `DEVIATIONS` with which no objective is 0; if there is none, those
        of the smallest.
    """
    evaluate_all = _evaluator(net, objective)
    wanted = parameters(DEVIATIONS[0])
    batch_size = images_at_once(net, objective.layers, wanted.n_images, wanted.side, batch_size)
    for deviation in DEVIATIONS:
        found = parameters(deviation)
        images = found.images(found.initial(seed)).numpy()
        if (evaluate_all(images, batch_size) != 0).all():
            return found
    return parameters(DEVIATIONS[0])


def _require_objective(net: Network, objective: losses.Objective, n: int) -> None:
    if objective.batch not in (None, n):
        raise InputError(
            f"Expected an objective for {n} images, received {objective.name!r} "
            f"for {objective.batch}."
        )
    for layer in objective.layers:
        net.require_layer(layer)


def _require_finite(values: np.ndarray, objective: losses.Objective, step: int, dtype: str) -> None:
    if not np.isfinite(values).all():
        cause = "weights or learning rate are off" if dtype == "float32" else f"{dtype} overflows"
        raise InputError(
            f"The objective {objective.name!r} became NaN or infinite by step {step}: {cause}"
            + ("." if dtype == "float32" else "; the closest choice that does not is float32.")
        )


def evaluate(
    net: Network, objective: losses.Objective, images: np.ndarray, *, batch_size: int = 10
) -> np.ndarray:
    """The objective of each given image (N, H, W, 3), without any transform: float32 (N,)."""
    images = require_images(images)
    require_count("batch_size", batch_size)
    _require_objective(net, objective, len(images))
    side = max(images.shape[1:3])
    batch_size = images_at_once(net, objective.layers, len(images), side, batch_size)
    return _evaluator(net, objective)(images, batch_size)


@dataclass(frozen=True)
class _Kind:
    """What an evaluator is compiled for; see `Plan`. Any number of images has the same specs."""

    kind: Hashable
    specs: tuple[tf.TensorSpec, ...]
    objective: losses.Objective = field(compare=False)


def _compiled_value(net: Network, plan: _Kind) -> Callable[..., tf.Tensor]:
    """A compiled function from images, their positions and inputs to their objectives."""
    objective = plan.objective
    head = net.head(*objective.layers)

    def value(some: tf.Tensor, positions: tf.Tensor, *inputs: tf.Tensor) -> tf.Tensor:
        activations = dict(zip(objective.layers, head(some), strict=True))
        return objective(activations, positions, inputs)

    images, positions = tf.TensorSpec([None, None, None, 3]), tf.TensorSpec([None], tf.int32)
    return compiled(value, [images, positions, *plan.specs])


def _evaluator(
    net: Network, objective: losses.Objective
) -> Callable[[np.ndarray, int], np.ndarray]:
    """A function from images and how many at once to their objectives, compiled once."""
    specs = tuple(
        tf.TensorSpec([None] * (spec.shape.rank - 1) + list(spec.shape[-1:]), spec.dtype)
        for spec in specs_of(objective)
    )
    plan = _Kind(objective.kind, specs, objective)
    if objective.kind is None:
        value = _compiled_value(net, plan)
    else:
        value = net.compiled(_compiled_value, plan, most=MOST)
    inputs = [tf.constant(array) for array in objective.inputs]

    def evaluate(images: np.ndarray, batch_size: int) -> np.ndarray:
        positions = np.arange(len(images), dtype=np.int32)
        parts = [
            value(
                tf.constant(images[i : i + batch_size]),
                tf.constant(positions[i : i + batch_size]),
                *inputs,
            )
            for i in range(0, len(images), batch_size)
        ]
        return np.concatenate([part.numpy() for part in parts])

    return evaluate
