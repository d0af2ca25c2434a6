"""A step up an objective: images, their transforms and the network in one compiled function."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from . import losses
from .adam import Adam
from .compiling import compiled, compiled_apart
from .devices import joined, require_single_scope
from .network import Network
from .preconditioning import ImageParameters
from .transforms import Transform, compiled_composition, warp

# Gradients of a mean over positions are small; float16 would lose them below 6e-8.
_FLOAT16_LOSS_SCALE = 1024.0

MOST = 8
"""Compiled ascents, and evaluators, that a network keeps: one for each number of images, say."""


def specs_of(objective: losses.Objective) -> tuple[tf.TensorSpec, ...]:
    """What an objective's inputs are."""
    return tuple(tf.TensorSpec(a.shape, tf.as_dtype(a.dtype)) for a in objective.inputs)


@dataclass(frozen=True)
class Plan:
    """What an ascent is compiled for; objectives of one kind and with equal specs are the same.

    Attributes:
        kind: the objective's.
        specs: of the objective's inputs.
        parameters: what the images are made of, and how many there are.
        transforms: random transforms before each step.
        adam: the optimiser's settings.
        dtype: what the network computes in.
        batch_size: how many images go through the network at once, on each device.
        objective: what to maximise.
    """

    kind: Hashable
    specs: tuple[tf.TensorSpec, ...]
    parameters: ImageParameters
    transforms: tuple[Transform, ...]
    adam: Adam
    dtype: str
    batch_size: int
    objective: losses.Objective = field(compare=False)


def _is_hashable(plan: Plan) -> bool:
    """Whether a plan holds no transform or parameters of the user's own that are not."""
    try:
        hash(plan)
    except TypeError:
        return False
    return True


@contextmanager
def ascent(net: Network, plan: Plan) -> Iterator[Ascent]:
    """The ascent that is kept for a plan, or a new one where that cannot be kept or is in use.

    A call needs the variables for itself: another thread, or `progress`, may render meanwhile.
    """
    if plan.kind is not None and _is_hashable(plan):
        kept = net.compiled(Ascent, plan, most=MOST)
        if kept.in_use.acquire(blocking=False):
            try:
                yield kept
            finally:
                kept.in_use.release()
            return
    yield Ascent(net, plan)


class Ascent:
    """A compiled step of Adam for some images, and its variables, which one call uses at a time.

    Args:
        net: the network.
        plan: what it is compiled for.

    Attributes:
        in_use: held by the call that uses it.
    """

    def __init__(self, net: Network, plan: Plan) -> None:
        require_single_scope()
        self._plan = plan
        self.in_use = threading.Lock()
        self._variables = [
            [tf.Variable(tf.constant(a)) for a in part] for part in plan.parameters.initial(0)
        ]
        self._flat = tf.nest.flatten(self._variables)
        self._moments = [
            (tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in self._flat
        ]
        n, side = plan.parameters.n_images, plan.parameters.side
        self._importance = tf.Variable(tf.zeros([n, side, side]))
        self._net = net.astype(plan.dtype)
        self._redirects = True
        self._matrices = compiled_composition(plan.transforms, plan.parameters.n_images)
        self._advance = self._compiled_advance()

    def _compiled_advance(self) -> Callable[..., tuple[tf.Tensor, tf.Tensor, tf.Tensor]]:
        ascend = _image_gradients(self._net, self._plan)

        def advance(
            step: tf.Tensor, matrices: tf.Tensor, wait: tf.Tensor, *inputs: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                plain, images = self._transformed(matrices)
            values, gradients = ascend(images, inputs)
            slopes, of_plain = self._slopes(tape, plain, images, gradients)
            moved = tf.reduce_any(gradients != 0, axis=[1, 2, 3])

            def apply() -> tf.Tensor:
                self._apply(slopes, of_plain, step)
                return tf.constant(0)

            tf.cond(wait & ~tf.reduce_all(moved), lambda: tf.constant(0), apply)
            return values, moved, gradients

        return compiled(
            advance, [*self._step_specs(), tf.TensorSpec([], tf.bool), *self._plan.specs]
        )

    def _step_specs(self) -> tuple[tf.TensorSpec, tf.TensorSpec]:
        """A step's number, and the matrices of its transforms."""
        n_images = self._plan.parameters.n_images
        return tf.TensorSpec([], tf.int32), tf.TensorSpec([n_images, 3, 3])

    @cached_property
    def _advance_redirected(self) -> Callable[..., None] | None:
        """A step in which the images that have no gradient take that of redirected ReLUs.

        Compiled when it is needed first. None for a network that has no such gradient.
        """
        net = self._net.with_redirected_relus()
        if net is self._net:
            return None
        ascend = _image_gradients(net, self._plan)

        def advance(
            step: tf.Tensor,
            matrices: tf.Tensor,
            moved: tf.Tensor,
            gradients: tf.Tensor,
            *inputs: tf.Tensor,
        ) -> None:
            with tf.GradientTape() as tape:
                plain, images = self._transformed(matrices)
            _, redirected = ascend(images, inputs)
            mixed = tf.where(moved[:, tf.newaxis, tf.newaxis, tf.newaxis], gradients, redirected)
            self._apply(*self._slopes(tape, plain, images, mixed), step)

        n = self._plan.parameters.n_images
        own = [tf.TensorSpec([n], tf.bool), tf.TensorSpec([n, None, None, 3])]
        return compiled(advance, [*self._step_specs(), *own, *self._plan.specs])

    def advance(
        self, step: int, seed: int, inputs: Sequence[tf.Tensor], *, redirect: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Take a step.

        Args:
            step: its number.
            seed: of the transforms.
            inputs: the objective's.
            redirect: whether images without a gradient take that of redirected ReLUs.

        Returns:
            The objectives (n,) before it, and which images had a gradient of their own (n,).
        """
        number = tf.constant(step)
        matrices = self._matrices(tf.constant(seed), number)
        wait = tf.constant(redirect and self._redirects)
        values, moved, gradients = self._advance(number, matrices, wait, *inputs)
        if wait and not moved.numpy().all():  # the step has not been taken yet
            if self._advance_redirected is not None:
                self._advance_redirected(number, matrices, moved, gradients, *inputs)
            else:
                self._redirects = False
                self._advance(number, matrices, tf.constant(False), *inputs)
        return values.numpy(), moved.numpy()

    def _transformed(self, matrices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The images, as they are and after the transforms."""
        images = self._plan.parameters.images(self._variables)
        return images, warp(images, matrices) if self._plan.transforms else images

    def _slopes(
        self, tape: tf.GradientTape, plain: tf.Tensor, images: tf.Tensor, gradients: Any
    ) -> tuple[Any, Any]:
        """The loss's gradients by the variables, and by the images before the transforms."""
        slopes: Any = tape.gradient(images, [*self._flat, plain], output_gradients=gradients)
        return slopes[:-1], slopes[-1]

    def _apply(self, slopes: Any, of_plain: tf.Tensor, step: tf.Tensor) -> None:
        self._plan.adam.apply(self._flat, self._moments, slopes, step)
        self._importance.assign_add(tf.reduce_mean(tf.abs(of_plain), axis=-1))

    @property
    def nbytes(self) -> int:
        """The variables' bytes, Adam's two moments and the importance included."""
        own = sum(v.dtype.size * v.shape.num_elements() for v in self._flat)
        return 3 * own + 4 * self._importance.shape.num_elements()

    def begin(self, arrays: Sequence[Sequence[np.ndarray]]) -> None:
        """Start from these arrays."""
        for variable, array in zip(self._flat, tf.nest.flatten(arrays), strict=True):
            variable.assign(array)
        for mean, square in self._moments:
            mean.assign(tf.zeros_like(mean))
            square.assign(tf.zeros_like(square))
        self._importance.assign(tf.zeros_like(self._importance))

    def images(self) -> np.ndarray:
        """The images as they are by now."""
        return self._plan.parameters.images(self._variables).numpy()

    def importance(self) -> np.ndarray:
        """The sum over the steps of the sizes of the loss's gradient at each pixel: (N, H, W)."""
        return self._importance.numpy()


def _image_gradients(net: Network, plan: Plan):  # noqa: ANN202
    """A function from images and inputs to (objectives (n,), gradients of the loss by images)."""
    objective, n, batch_size = plan.objective, plan.parameters.n_images, plan.batch_size
    head, strategy = net.head(*objective.layers), net.strategy
    at_once = batch_size * (1 if strategy is None else strategy.num_replicas_in_sync)
    scale = _FLOAT16_LOSS_SCALE if net.dtype == "float16" else 1.0

    @compiled_apart
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
        def own(images: tf.Tensor, positions: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return part(images, positions, inputs)

        def batch(start: Any, size: int) -> tuple[tf.Tensor, tf.Tensor]:
            some = tf.slice(images, [start, 0, 0, 0], [size, -1, -1, -1])
            return joined(strategy, own, some, start + tf.range(size))

        whole, rest = divmod(n, at_once)
        results = []
        if whole == 1:
            results.append(batch(0, at_once))
        elif whole:
            # A loop: its body is compiled once, and batches do not hold their memory together.
            found = tf.map_fn(
                lambda k: batch(k * at_once, at_once),
                tf.range(whole),
                fn_output_signature=(tf.float32, tf.float32),
                parallel_iterations=1,
            )
            results.append(tuple(tf.concat(tf.unstack(part, num=whole), 0) for part in found))
        if rest:
            # Without the order both may run at once.
            with tf.control_dependencies(tf.nest.flatten(results)):
                results.append(batch(whole * at_once, rest))
        values, slopes = zip(*results, strict=True)
        return tf.concat(values, 0), tf.concat(slopes, 0)

    return gradients
