"""Extremal perturbations: of all masks of a given area, the smooth one that keeps the class best.

Fong, Patrick, Vedaldi: Understanding deep networks via extremal perturbations and smooth masks.
ICCV 2019, arXiv 1910.08485. A mask of area a is extremal if it maximises the class's score on what
it keeps,

    m_a = argmax_m t_c(m ⊗ x),   among smooth masks that keep the share a of the image  (eq. 2)

found as the maximum of t_c(m ⊗ x) − λ R_a(m), where R_a(m) = mean (sorted(m) − r_a)² and r_a holds
as many ones as the area asks for, and zeros (eq. 3). Smooth masks are smooth maxima of kernels on a
coarse grid (section 3.2); m ⊗ x blurs each pixel the more, the less the mask keeps of it (section
3.1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.ndimage
import tensorflow as tf

from tfvis.utils.answers import top_answers
from tfvis.utils.compiling import compiled, compiled_apart
from tfvis.utils.image_sources import Images, SourceImage
from tfvis.utils.memory_bounds import CLASSIFIER, batch_size_within
from tfvis.utils.network import Network, require_network
from tfvis.utils.options import changed
from tfvis.utils.progress import Progress, in_batches, part_of, silent
from tfvis.utils.provenance import provenance

from ..runtime.loop_progress import LoopProgress
from .base import Pairs
from .masks import MaskExplanation, problem_of
from .options import PerturbationOptions
from .smooth_masks import area_penalty, blurred_where_hidden, cell_kernels, smooth_mask

__all__ = ["ExtremalPerturbation"]

METHOD = "extremal perturbation"

_MOMENTUM = 0.9
_GROWTH = 1.0035**800  # of the area's weight, 0.35 % an iteration in the authors' 800


class ExtremalPerturbation:
    """Masks of a given area that keep a class best.

    Args:
        net: the network.
        options: how; see `PerturbationOptions`.
        **changes: of single options: `area=0.05`.

    Raises:
        InputError: for a value that cannot be used.
    """

    def __init__(
        self, net: Network, options: PerturbationOptions | None = None, **changes: object
    ) -> None:
        require_network(net)
        self.net = net
        self.options = changed(PerturbationOptions, options, changes)

    @property
    def compiled(self) -> CompiledPerturbation:
        """What is compiled, once for the network and these options."""
        return self.net.compiled(CompiledPerturbation, self.options, most=8)

    def explain(
        self,
        images: Images,
        classes: Sequence[str | int],
        *,
        progress: Progress = silent,
    ) -> tuple[MaskExplanation, ...]:
        """See `Explainer.explain`: for each image the mask that keeps a class best."""
        pairs = Pairs.of(self.net, images, classes)
        iterations = self.options.iterations
        groups = [(places, self._at_once(pairs.images[places[0]])) for places in pairs.by_size()]
        total = sum(math.ceil(len(places) / size) * iterations for places, size in groups)
        done, found = 0, dict[int, MaskExplanation]()
        for places, size in groups:
            masks = in_batches(
                lambda part, report, places=places: self._explain_batch(
                    [pairs.images[k] for k in places[part]],
                    np.array([pairs.classes[k] for k in places[part]], np.int32),
                    report,
                ),
                len(places),
                size,
                iterations,
                part_of(progress, done, total),
            )
            done += math.ceil(len(places) / size) * iterations
            found.update(zip(places, masks, strict=True))
        return tuple(found[k] for k in range(len(pairs)))

    def _at_once(self, image: SourceImage) -> int:
        """How many images of this size fit within the bound of memory."""
        options, pixels = self.options, math.prod(image.size)
        around = cell_kernels(options.step, options.sigma).shape[-1]
        # Kernels around each pixel, and their gradients; blurred images, and both that are shown.
        each = 4 * pixels * (4 * around + 3 * (2 * options.levels + 8))
        times = 2 * pixels / math.prod(self.net.input_size)
        return batch_size_within(
            self.net, CLASSIFIER, most=options.batch_size, times=times, each=each
        )

    def pyramid(self, images: np.ndarray) -> np.ndarray:
        """The images, more and more blurred, (N, levels, H, W, 3): level 0 most, the last not."""
        blurred = [
            images
            if level == self.options.levels - 1
            else scipy.ndimage.gaussian_filter(
                images,
                self.options.max_blur * (1 - level / (self.options.levels - 1)),
                axes=(1, 2),
                mode="mirror",
            )
            for level in range(self.options.levels)
        ]
        return np.clip(np.stack(blurred, axis=1), 0, 1)

    def _explain_batch(
        self, sources: Sequence[SourceImage], classes: np.ndarray, report: Callable[[int], None]
    ) -> list[MaskExplanation]:
        step, compiled = self.options.step, self.compiled
        images = self.net.require_images(np.stack([source.pixels for source in sources]))
        height, width = images.shape[1:3]
        grid = (math.ceil(height / step), math.ceil(width / step))
        kernels = tf.constant(cell_kernels(step, self.options.sigma))
        levels, wanted = tf.constant(self.pyramid(images)), tf.constant(classes)
        start = tf.ones([len(images), *grid])
        _, *before = compiled.show(levels, start, kernels)
        weights, losses = compiled.progress.run(
            compiled.ascend, levels, start, kernels, wanted, report=report
        )
        after = [part.numpy() for part in compiled.show(levels, weights, kernels)]
        masks, mixtures, complements, *answers = after
        logits = self.net.logits(images)
        earlier = [part.numpy() for part in before[2:]]
        found = []
        for k, source in enumerate(sources):
            class_index = int(classes[k])
            shown = {
                "mixture": mixtures[k],
                "complement": complements[k],
                "weights": weights[k].numpy(),
                "kept_logits": np.stack([earlier[0][k], answers[0][k]]),
                "hidden_logits": np.stack([earlier[1][k], answers[1][k]]),
            }
            found.append(
                MaskExplanation(
                    map=masks[k],
                    image=source.pixels,
                    class_index=class_index,
                    label=self.net.labels[class_index],
                    method=METHOD,
                    losses=losses[:, k].numpy(),
                    logits=logits[k],
                    problem=problem_of(
                        mask=masks[k], class_index=class_index, area=self.options.area, **shown
                    ),
                    provenance=provenance(
                        self.net,
                        source,
                        method=METHOD,
                        options=self.options,
                        class_index=class_index,
                    ),
                    answers=top_answers(logits[k], self.net.labels, also=[class_index]),
                    **shown,
                )
            )
        return found


class CompiledPerturbation:
    """The masks and their gradient ascent, for one network and its options.

    Args:
        net: the network.
        options: see `PerturbationOptions`.
    """

    def __init__(self, net: Network, options: PerturbationOptions) -> None:
        self.options = options
        self.progress = LoopProgress()
        self._classify = net.classifier()
        self.ascend = compiled(self._ascend)
        self.show = compiled(self._show)

    def _show(
        self, levels: tf.Tensor, weights: tf.Tensor, kernels: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """Masks, what they keep, what they hide, and the logits of both."""
        mask = smooth_mask(weights, kernels, tf.shape(levels)[2:4])
        kept, hidden = (blurred_where_hidden(levels, m) for m in (mask, 1 - mask))
        answers = tf.cast(self._classify(tf.concat([kept, hidden], axis=0)), tf.float32)
        return mask, kept, hidden, *tf.split(answers, 2)

    def _loss(
        self,
        levels: tf.Tensor,
        weights: tf.Tensor,
        kernels: tf.Tensor,
        classes: tf.Tensor,
        area_weight: tf.Tensor,
        mirrored: tf.Tensor,
    ) -> tf.Tensor:
        """−t_c(m ⊗ x) + λ R_a(m) of each image, (N,)."""
        mask = smooth_mask(weights, kernels, tf.shape(levels)[2:4])
        wanted_masks = {"preserve": (mask,), "delete": (1 - mask,), "hybrid": (mask, 1 - mask)}
        shown = [blurred_where_hidden(levels, m) for m in wanted_masks[self.options.variant]]
        seen = tf.concat(shown, axis=0)
        seen = tf.where(mirrored, seen[:, :, ::-1], seen)
        answers = tf.cast(self._classify(seen), tf.float32)
        scores = tf.gather(answers, tf.tile(classes, [len(shown)]), batch_dims=1)
        signs = {"preserve": (1.0,), "delete": (-1.0,), "hybrid": (1.0, -1.0)}[self.options.variant]
        reward = tf.einsum("vn,v->n", tf.reshape(scores, [len(signs), -1]), tf.constant(signs))
        return area_weight * area_penalty(mask, self.options.area) - reward

    def _ascend(
        self, levels: tf.Tensor, start: tf.Tensor, kernels: tf.Tensor, classes: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """All masks together, by gradient ascent with momentum, weights kept in [0, 1].

        The area's weight grows by the same factor in however many iterations. The authors make 800
        with a learning rate of 0.01; fewer with a larger one, as the default, go the same way.

        Returns:
            The weights (N, h, w), and the losses before each update and after the last.
        """
        n = self.options.iterations

        def loss_of(weights: tf.Tensor, step: Any) -> tf.Tensor:
            number: Any = tf.cast(step, tf.float32)
            area_weight = self.options.area_weight * _GROWTH ** (number / n)
            mirrored = tf.logical_and(self.options.flip, step % 2 == 0)
            return self._loss(levels, weights, kernels, classes, area_weight, mirrored)

        @compiled_apart
        def gradient(weights: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, Any]:
            with tf.GradientTape() as tape:
                tape.watch(weights)
                loss = loss_of(weights, step)
            return loss, tape.gradient(loss, weights)

        def update(
            step: tf.Tensor,
            _: tf.Tensor,
            weights: tf.Tensor,
            velocity: tf.Tensor,
            losses: tf.TensorArray,
        ) -> tuple[Any, ...]:
            loss, slope = gradient(weights, step)
            velocity = _MOMENTUM * velocity + (1 - _MOMENTUM) * slope
            weights = tf.clip_by_value(weights - self.options.learning_rate * velocity, 0.0, 1.0)
            go_on = self.progress(step + 1, weights)
            return step + 1, go_on, weights, velocity, losses.write(step, loss)

        # It grows, since a loop that is stopped writes fewer.
        losses = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[None])
        step, _, weights, _, losses = tf.while_loop(
            lambda step, go_on, *_: tf.logical_and(step < n, go_on),
            update,
            (0, True, start, tf.zeros_like(start), losses),
        )
        return weights, losses.write(step, loss_of(weights, step)).stack()
