"""The one optimisation loop: objective + image parameters + transforms → images."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from . import losses
from .adam import apply_adam
from .compiling import compiled
from .errors import InputError, require_count
from .images import require_images
from .network import Network
from .preconditioning import ImageParameters
from .progress import Progress, silent
from .transforms import ICON_TRANSFORMS, Transform, compose, warp

logger = logging.getLogger(__name__)

# Gradients of a mean over positions are small; float16 would lose them below 6e-8.
_FLOAT16_LOSS_SCALE = 1024.0


@dataclass(frozen=True, eq=False)
class Rendering:
    """Images that were optimised, and how.

    Attributes:
        images: float32 (N, side, side, 3) in [0, 1], without any transform.
        objective: the objective's name.
        trace: each image's objective at each step, after that step's transforms: (steps, N).
        zero_gradient: positions of the images whose gradient was zero at every step: they
            show nothing.
    """

    images: np.ndarray = field(repr=False)
    objective: str
    trace: np.ndarray = field(repr=False)
    zero_gradient: tuple[int, ...]


def render(
    net: Network,
    objective: losses.Objective,
    parameters: ImageParameters,
    *,
    transforms: Sequence[Transform] = ICON_TRANSFORMS,
    steps: int = 512,
    learning_rate: float = 0.05,
    seed: int = 0,
    dtype: str = "float32",
    batch_size: int = 10,
    progress: Progress = silent,
) -> Rendering:
    """Maximise an objective over images.

    All images are optimised together, by Adam. A step transforms them at random, runs the network
    up to the layers that the objective needs, and is compiled once. The network works on
    `batch_size` images at a time, which bounds the memory and changes results by rounding only.

    Args:
        net: the network.
        objective: what to maximise.
        parameters: what the images are made of, and how many there are.
        transforms: random transforms before each step; none if empty.
        steps: how many.
        learning_rate: Adam's.
        seed: of the initial images and of the transforms.
        dtype: what the network computes in: float32, bfloat16 or float16.
        batch_size: how many images go through the network at once.
        progress: called with steps done and steps in all.

    Raises:
        InputError: a count below 1, an objective made for another number of images, or an
            objective that became NaN or infinite.
    """
    require_count("steps", steps)
    require_count("batch_size", batch_size)
    n = parameters.n_images
    _require_objective(net, objective, n)
    if not learning_rate > 0:
        raise InputError(f"Expected learning_rate to be > 0, received {learning_rate!r}.")
    plan = _Plan(
        objective.kind,
        _specs(objective),
        parameters,
        tuple(transforms),
        learning_rate,
        dtype,
        batch_size,
        objective,
    )
    inputs = [tf.constant(array) for array in objective.inputs]

    trace = np.empty((steps, n), np.float32)
    alive = np.zeros(n, bool)
    with _ascent(net, plan) as ascent:
        ascent.begin(parameters.initial(seed))
        for step in range(steps):
            values, moved = ascent.advance(tf.constant(step), tf.constant(seed), *inputs)
            trace[step] = values.numpy()
            _require_finite(trace[step], objective, step + 1, dtype)
            alive |= moved.numpy()
            progress(step + 1, steps)
        images = ascent.images()
    _require_finite(images, objective, steps, dtype)
    zero_gradient = tuple(int(k) for k in np.flatnonzero(~alive))
    if zero_gradient:
        logger.warning(
            "The gradient was zero at every step for image %s of %r: the image stayed noise.",
            ", ".join(map(str, zero_gradient)),
            objective.name,
        )
    return Rendering(images, objective.name, trace, zero_gradient)


_MOST = 8
"""Compiled ascents, and evaluators, that a network keeps: one for each number of images, say."""


def _specs(objective: losses.Objective) -> tuple[tf.TensorSpec, ...]:
    """What an objective's inputs are."""
    return tuple(tf.TensorSpec(a.shape, tf.as_dtype(a.dtype)) for a in objective.inputs)


@dataclass(frozen=True)
class _Plan:
    """What an ascent is compiled for; objectives of one kind and with equal specs are the same."""

    kind: Hashable
    specs: tuple[tf.TensorSpec, ...]
    parameters: ImageParameters
    transforms: tuple[Transform, ...]
    learning_rate: float
    dtype: str
    batch_size: int
    objective: losses.Objective = field(compare=False)


def _is_hashable(plan: _Plan) -> bool:
    """Whether a plan holds no transform or parameters of the user's own that are not."""
    try:
        hash(plan)
    except TypeError:
        return False
    return True


@contextmanager
def _ascent(net: Network, plan: _Plan) -> Iterator[_Ascent]:
    """The ascent that is kept for a plan, or a new one where that cannot be kept or is in use.

    A call needs the variables for itself: another thread, or `progress`, may render meanwhile.
    """
    if plan.kind is not None and _is_hashable(plan):
        kept = net.compiled(_Ascent, plan, most=_MOST)
        if kept.in_use.acquire(blocking=False):
            try:
                yield kept
            finally:
                kept.in_use.release()
            return
    yield _Ascent(net, plan)


class _Ascent:
    """A compiled step of Adam for some images, and its variables, which one call uses at a time."""

    def __init__(self, net: Network, plan: _Plan) -> None:
        self._plan = plan
        self.in_use = threading.Lock()
        n = plan.parameters.n_images
        self._variables = [
            [tf.Variable(tf.constant(a)) for a in part] for part in plan.parameters.initial(0)
        ]
        flat = tf.nest.flatten(self._variables)
        self._moments = [
            (tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in flat
        ]
        ascend = _image_gradients(net.astype(plan.dtype), plan.objective, n, plan.batch_size)

        def advance(
            step: tf.Tensor, seed: tf.Tensor, *inputs: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                images = plan.parameters.images(self._variables)
                if plan.transforms:
                    images = warp(images, compose(plan.transforms, n, seed, step))
            values, gradients = ascend(images, inputs)
            outer: Any = gradients
            slopes: Any = tape.gradient(images, flat, output_gradients=outer)
            apply_adam(flat, self._moments, slopes, step, plan.learning_rate)
            return values, tf.reduce_any(gradients != 0, axis=[1, 2, 3])

        number = tf.TensorSpec([], tf.int32)
        self.advance = compiled(advance, [number, number, *plan.specs])

    @property
    def nbytes(self) -> int:
        """The variables' bytes, Adam's two moments included."""
        flat = tf.nest.flatten(self._variables)
        return 3 * sum(v.dtype.size * v.shape.num_elements() for v in flat)

    def begin(self, arrays: Sequence[Sequence[np.ndarray]]) -> None:
        """Start from these arrays."""
        for variable, array in zip(
            tf.nest.flatten(self._variables), tf.nest.flatten(arrays), strict=True
        ):
            variable.assign(array)
        for mean, square in self._moments:
            mean.assign(tf.zeros_like(mean))
            square.assign(tf.zeros_like(square))

    def images(self) -> np.ndarray:
        """The images as they are by now."""
        return self._plan.parameters.images(self._variables).numpy()


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


def _image_gradients(net: Network, objective: losses.Objective, n: int, batch_size: int):  # noqa: ANN202
    """A function from images and inputs to (objectives (n,), gradients of the loss by images)."""
    head = net.head(*objective.layers)
    scale = _FLOAT16_LOSS_SCALE if net.dtype == "float16" else 1.0

    def part(
        images: tf.Tensor, positions: tf.Tensor, inputs: Sequence[tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            activations = dict(zip(objective.layers, head(images), strict=True))
            values = objective(activations, positions, inputs)
            loss = losses.loss(values) * scale
        slope: Any = tape.gradient(loss, images)
        return values, slope / scale

    def gradients(images: tf.Tensor, inputs: Sequence[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        results = []
        for start in range(0, n, batch_size):
            positions = tf.range(start, min(start + batch_size, n))
            # Without the order TensorFlow may run all parts at once and hold all their memory.
            with tf.control_dependencies(results[-1] if results else []):
                some = tf.identity(images[start : start + batch_size])
                results.append(part(some, positions, inputs))
        values, parts = zip(*results, strict=True)
        return tf.concat(values, 0), tf.concat(parts, 0)

    return gradients


def evaluate(
    net: Network, objective: losses.Objective, images: np.ndarray, *, batch_size: int = 10
) -> np.ndarray:
    """The objective of each given image (N, H, W, 3), without any transform: float32 (N,)."""
    images = require_images(images)
    require_count("batch_size", batch_size)
    _require_objective(net, objective, len(images))
    return _evaluator(net, objective)(images, batch_size)


@dataclass(frozen=True)
class _Kind:
    """What an evaluator is compiled for; see `_Plan`. Any number of images has the same specs."""

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
        for spec in _specs(objective)
    )
    plan = _Kind(objective.kind, specs, objective)
    if objective.kind is None:
        value = _compiled_value(net, plan)
    else:
        value = net.compiled(_compiled_value, plan, most=_MOST)
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
