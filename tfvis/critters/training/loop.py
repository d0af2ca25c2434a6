"""Training a classifier on scenes: single-step adversarial training of every second step.

A batch is used twice. The first pass updates the weights and gives, at no further cost, the
gradient with respect to the images; the second sees the images moved along it, by a random distance
up to a radius (Goodfellow et al. 2015, arXiv 1412.6572, in the L2 norm; Shafahi et al. 2019,
arXiv 1904.12843, reuse the pass in the same way). Features that survive this are larger and more
legible (Engstrom et al. 2019, arXiv 1906.00945).

The loss is the cross-entropy of a softmax with equal shares for the objects that are there (a
sigmoid for each class hardly learned anything in as many steps), and in the second part of the
training the density of the activations: channels that respond to little, and to that strongly, have
icons that show it. The images are moved along the gradient of both: what is moved makes a class
doubtful and activations spread.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvis.utils.errors import require_count
from tfvis.utils.progress import Progress

from ..dataset import TRAINING_SEED, Scenes, render_scenes
from .muon import Muon

_SIDE = 224
"""Of the images that the network is for."""


@dataclass(frozen=True)
class Stage:
    """A part of the training at one resolution.

    Attributes:
        size: side of the images.
        scenes: how many different ones.
        epochs: how often each is seen.
        learning_rate: the largest; it rises over the first twentieth of the steps and falls to 0 as
            a cosine.
        batch_size: images in a batch.

    Raises:
        InputError: there are fewer scenes than fill a batch.
    """

    size: int
    scenes: int
    epochs: int
    learning_rate: float = 3e-3
    batch_size: int = 32

    def __post_init__(self) -> None:
        require_count("epochs", self.epochs)
        require_count("batch_size", self.batch_size)
        require_count("scenes", self.scenes, self.batch_size)

    @property
    def steps(self) -> int:
        """Updates of the weights; each batch counts twice."""
        return 2 * self.epochs * (self.scenes // self.batch_size)


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        stages: in order, each with scenes of its own.
        shares: how often a scene has one object, two, three, four.
        weight_decay: of `Muon`; over so few steps it shortens the weights by about one percent.
        radius: of the adversarial ball, L2, for images of 224 pixels a side in [0, 1];
            proportional to the side.
        ramp: the share of the training in which the radius grows from 0.
        sparsity: the weight of the `density` of `sparse_layers` in the loss, after the ramp.
        sparse_layers: their names; all weigh the same.
        dtype: what the network computes in; weights are float32.
        seed: of weights, order and augmentation.
    """

    stages: tuple[Stage, ...]
    shares: tuple[float, ...] = (0.42, 0.44, 0.08, 0.06)
    weight_decay: float = 1e-3
    radius: float = 1.0
    ramp: float = 0.5
    sparsity: float = 15.0
    sparse_layers: tuple[str, ...] = ()
    dtype: str = "mixed_bfloat16"
    seed: int = 0

    @property
    def steps(self) -> int:
        """Of all stages."""
        return sum(stage.steps for stage in self.stages)


_STAGES = (Stage(128, 24000, 4), Stage(224, 8000, 2, 1.5e-3))

RECIPES = {
    "critters": Recipe(
        stages=_STAGES,
        sparse_layers=(
            "mixed4a", "mixed4b", "mixed4c", "mixed4d", "mixed4e", "mixed5a", "mixed5b",
        ),
    ),
    "critters_resnet": Recipe(
        stages=_STAGES,
        sparse_layers=(
            "conv4_block1_out", "conv4_block2_out", "conv5_block1_out", "conv5_block2_out",
        ),
    ),
}  # fmt: skip
"""Of the bundled networks."""


def scaled(recipe: Recipe, share: float) -> Recipe:
    """The same with a share of the scenes, at least a batch in each stage."""
    stages = [
        replace(stage, scenes=max(stage.batch_size, round(share * stage.scenes)))
        for stage in recipe.stages
    ]
    return replace(recipe, stages=tuple(stages))


def _stream(seed: tf.Tensor, k: int) -> tf.Tensor:
    """The seed of the k-th draw of a step: other steps' draws share none."""
    return tf.random.fold_in(seed, k)  # pyright: ignore[reportReturnType]  # stub: int


def augment(images: tf.Tensor, present: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Flipped, turned, zoomed, shifted, and with other colours; (N, s, s, 3) in [0, 1] both.

    Small images of one object are zoomed in further, so that the figure is as many pixels large as
    it may be in an image of the full size.
    """
    n, side = tf.shape(images)[0], tf.cast(tf.shape(images)[1], tf.float32)

    def uniform(k: int, low: float, high: float, shape: tuple[int, ...] = ()) -> tf.Tensor:
        return tf.random.stateless_uniform(tf.stack([n, *shape]), _stream(seed, k), low, high)

    nearer = tf.where(tf.reduce_sum(present, axis=1) == 1, 0.5 * tf.math.log(_SIDE / side), 0.0)
    angle, zoom = uniform(0, -0.26, 0.26), tf.exp(0.2 - uniform(1, 0, 1) * (0.4 + nearer))
    flip = tf.where(uniform(2, 0, 1) < 0.5, -1.0, 1.0)
    cos, sin = tf.cos(angle) * zoom, tf.sin(angle) * zoom
    a, b, c, d = flip * cos, -sin, flip * sin, cos
    centre = (side - 1) / 2
    x = centre + uniform(3, -0.08, 0.08) * side
    y = centre + uniform(4, -0.08, 0.08) * side
    rows = [a, b, x - (a + b) * centre, c, d, y - (c + d) * centre]
    transforms = tf.stack([*rows, tf.zeros([n]), tf.zeros([n])], axis=1)
    images = tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=transforms,
        output_shape=tf.shape(images)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )
    # Channels in another order, for a third of the images: colour tells nothing of the class.
    order = tf.argsort(uniform(5, 0, 1, (3,)))
    order = tf.where(uniform(6, 0, 1)[:, tf.newaxis] < 0.33, order, tf.range(3))
    images = tf.einsum("nhwc,ndc->nhwd", images, tf.one_hot(order, 3))
    grey = uniform(7, 0, 1, (1, 1, 1)) < 0.1
    images = tf.where(grey, tf.reduce_mean(images, axis=-1, keepdims=True), images)
    gain, shift = uniform(8, 0.75, 1.25, (1, 1, 3)), uniform(9, -0.12, 0.12, (1, 1, 1))
    noise = tf.random.stateless_normal(tf.shape(images), _stream(seed, 10))
    images = images * gain + shift + noise * uniform(11, 0, 0.04, (1, 1, 1))
    return tf.clip_by_value(images, 0.0, 1.0)


def moved(images: tf.Tensor, slope: tf.Tensor, radius: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Images (N, s, s, 3) moved along `slope`, each by up to `radius` (L2), and kept in [0, 1].

    The distances are those of points drawn evenly from a disc: half exceed 0.7 of its radius.
    """
    length = tf.sqrt(tf.reduce_sum(slope**2, axis=[1, 2, 3], keepdims=True))
    share = tf.random.stateless_uniform(tf.stack([tf.shape(images)[0], 1, 1, 1]), _stream(seed, 12))
    reach = radius * tf.sqrt(share)
    return tf.clip_by_value(images + slope * (reach / (length + 1e-12)), 0.0, 1.0)


def density(activations: tf.Tensor) -> tf.Tensor:
    """The mean over channels of ⟨a⟩²/⟨a²⟩, averages over images and positions: in [0.02, 1].

    The sparseness of Treves and Rolls (1991): a channel that is equally active at a share of the
    positions and silent elsewhere has that share. One below 0.02 counts as 0.02: once a channel is
    that sparse, nothing drives it on to silence.

    Args:
        activations: (N, h, w, C), not negative.
    """
    activations = tf.cast(activations, tf.float32)
    first = tf.reduce_mean(activations, axis=[0, 1, 2])
    second = tf.reduce_mean(activations**2, axis=[0, 1, 2])
    return tf.reduce_mean(tf.maximum(first**2 / (second + 1e-6), 0.02))


def learning_rates(stage: Stage) -> np.ndarray:
    """The rate of every step."""
    step = np.arange(stage.steps)
    warm = np.minimum(1, (step + 1) / max(1, stage.steps // 20))
    rates = stage.learning_rate * warm * 0.5 * (1 + np.cos(np.pi * step / stage.steps))
    return rates.astype(np.float32)


def train(
    build: Callable[[], keras.Model],
    recipe: Recipe,
    *,
    progress: Callable[[str], Progress],
) -> tuple[keras.Model, list[dict[str, Any]]]:
    """Train a network from nothing.

    Args:
        build: makes it: images (N, s, s, 3) in [0, 1] of any size → logits.
        recipe: how.
        progress: called with the name of a part of the work; returns what is called with its
            progress.

    Returns:
        The network, and for each epoch its stage, size, mean cross-entropies (clean and
        adversarial), density, and the share of images whose largest logit is of a class that is
        present (both clean).
    """
    keras.utils.set_random_seed(recipe.seed)
    with _dtype_policy(recipe.dtype):
        model = build()
    sparse = [model.get_layer(name).output for name in recipe.sparse_layers]
    tapped = keras.Model(model.input, [model.output, *sparse])
    optimizer = Muon(
        recipe.stages[0].learning_rate, weight_decay=recipe.weight_decay, global_clipnorm=5.0
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    optimizer.build(model.trainable_variables)

    # Traced once, though it is called twice: tracing takes as long as sixty steps.
    @tf.function(reduce_retracing=True)
    def update(
        images: tf.Tensor, present: tf.Tensor, rate: tf.Tensor, sparsity: tf.Tensor
    ) -> tuple[Any, ...]:
        shares = present / tf.reduce_sum(present, axis=1, keepdims=True)
        with tf.GradientTape() as tape:
            tape.watch(images)
            logits, *activations = tf.nest.flatten(tapped(images, training=True))
            entropies = tf.nn.softmax_cross_entropy_with_logits(shares, logits)
            entropy = tf.reduce_mean(entropies)
            dense = tf.reduce_mean([density(layer) for layer in activations] or [0.0])
            loss = entropy + sparsity * dense
        slope, *slopes = tape.gradient(loss, [images, *model.trainable_variables])
        rates: Any = optimizer.learning_rate  # a variable, though Keras does not say so
        rates.assign(rate)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
        hit = tf.gather(present, tf.argmax(logits, axis=1), batch_dims=1)
        return entropy, dense, tf.reduce_mean(hit), slope

    @tf.function(reduce_retracing=True)
    def twice(  # arrays become tensors
        images: Any,
        present: Any,
        seed: Any,
        rates: Any,
        radius: Any,
        sparsity: Any,
    ) -> tf.Tensor:
        images = augment(tf.cast(images, tf.float32) / 255, present, seed)
        clean, dense, hit, slope = update(images, present, rates[0], sparsity)
        images = moved(images, slope, radius, seed)
        adversarial, *_ = update(images, present, rates[1], sparsity)
        return tf.stack([clean, adversarial, dense, hit])

    history, step, first_seed = [], 0, TRAINING_SEED
    scenes = None
    for number, stage in enumerate(recipe.stages):
        del scenes  # a stage's scenes are a gigabyte
        scenes = render_scenes(
            stage.scenes, first_seed=first_seed, shares=recipe.shares, size=stage.size,
            progress=progress(f"scenes of {stage.size} pixels"),
        )  # fmt: skip
        first_seed += stage.scenes
        bar = progress(f"training at {stage.size} pixels")
        radius = np.float32(recipe.radius * stage.size / _SIDE)
        rates, done = learning_rates(stage), 0
        for epoch in range(stage.epochs):
            seen = []
            for images, present in _batches(scenes, stage.batch_size, [recipe.seed, number, epoch]):
                seed = tf.constant([recipe.seed, step], tf.int32)
                grown = min(1, step / max(1, recipe.ramp * recipe.steps))
                sparsity = np.float32(recipe.sparsity * (grown == 1))
                rate = rates[done : done + 2]
                seen.append(
                    twice(images, present, seed, rate, radius * np.float32(grown), sparsity).numpy()
                )
                step += 2
                done += 2
                bar(done, stage.steps)
            clean, adversarial, dense, hit = np.mean(seen, axis=0)
            history.append({
                "stage": number, "size": stage.size, "epoch": epoch + 1,
                "loss": float(clean), "adversarial_loss": float(adversarial),
                "density": float(dense), "hits": float(hit),
            })  # fmt: skip
    return model, history


def _batches(
    scenes: Scenes, batch_size: int, seed: list[int]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All scenes in random order, less those that fill no batch."""
    order = np.random.RandomState(seed).permutation(len(scenes.images))
    for start in range(0, len(order) - batch_size + 1, batch_size):
        chosen = order[start : start + batch_size]
        yield scenes.images[chosen], scenes.present[chosen]


@contextlib.contextmanager
def _dtype_policy(dtype: str) -> Iterator[None]:
    """Layers built inside compute in `dtype`."""
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.mixed_precision.set_dtype_policy(before)
