"""Guided feature inversion: which part of an image does the inner representation keep?

Du, Liu, Song, Hu: Towards explanation of DNN-based prediction with guided feature inversion. KDD
2018, arXiv 1804.00506. A mask m is built of the channel maps A of a base layer,

    m = scaled(Σ_k w_k A_k), resized to the image, w ≥ 0,

and mixes the image x with a background p that tells nothing: Φ(x, m) = x ⊙ m + p ⊙ (1 − m). Step 1
chooses w such that Φ(x, m) looks to the inversion layer as x does; step 2 starts there and raises
the class on Φ(x, m) and lowers it on Φ(x, 1 − m).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import tensorflow as tf

from tfvis.utils.answers import top_answers
from tfvis.utils.errors import InputError, unknown
from tfvis.utils.image_sources import Images, SourceImage, read_image
from tfvis.utils.memory_bounds import CLASSIFIER, batch_size_within
from tfvis.utils.network import Network, require_network
from tfvis.utils.number_formats import resolved
from tfvis.utils.options import changed
from tfvis.utils.progress import Progress, in_batches, part_of, silent
from tfvis.utils.provenance import Provenance, provenance

from ..base import Pairs
from ..masks import MaskExplanation, problem_of
from .compiled import CompiledInversion, Plan
from .mixing import backgrounds, joined, mask_of, mixtures, restarted
from .presets import BACKGROUNDS, InversionOptions, Preset, require_order

METHOD = "guided inversion"
STEP_1 = "guided inversion, step 1"


class GuidedFeatureInversion:
    """Both steps, for a network and two of its layers.

    Args:
        net: the network.
        base_layer: whose channel maps the mask is made of; the network's own choice if left out.
            Several may be given: their maps, each layer's divided by its largest absolute value,
            are used together at the first one's resolution.
        inversion_layer: whose activations are to be kept; must not come before the base layer. The
            network's own choice if left out.
        options: the other options, and the layers where the two above are left out.
        **changes: of single fields of `InversionOptions` or `Preset`: `step=1`, `sigma=8.0`.

    Raises:
        InputError: an unknown layer, term or dtype, layers in the wrong order, a value that cannot
            be used; and from the methods, a base layer whose maps have one position only.
    """

    def __init__(
        self,
        net: Network,
        base_layer: str | Sequence[str] | None = None,
        inversion_layer: str | None = None,
        *,
        options: InversionOptions | None = None,
        **changes: Any,
    ) -> None:
        if base_layer is not None:
            changes["base_layer"] = (
                (base_layer,) if isinstance(base_layer, str) else tuple(base_layer)
            )
            if not changes["base_layer"]:
                raise InputError("Expected at least one base layer, received none.")
        if inversion_layer is not None:
            changes["inversion_layer"] = inversion_layer
        own = {field.name for field in fields(InversionOptions)}
        known = own | {field.name for field in fields(Preset)}
        for name in changes:
            if name not in known:
                raise unknown("term", name, sorted(known))
        given = {name: value for name, value in changes.items() if name in own}
        require_network(net)
        self.net = net
        self.options = resolved(net, changed(InversionOptions, options, given))
        changed_terms = {n: v for n, v in changes.items() if n not in own}
        terms = replace(self.options.terms, **changed_terms)
        if changed_terms:
            self.options = replace(self.options, preset=terms)
        self.preset = terms.fitted(len(net.labels))
        *base, inversion = net.inversion_layers
        self.base_layers = tuple(
            dict.fromkeys(net.require_layer(layer) for layer in self.options.base_layer or base)
        )
        self.inversion_layer = net.require_layer(self.options.inversion_layer or inversion)
        require_order(self.base_layers, self.inversion_layer, net.precedes)
        background = self.options.background
        if isinstance(background, str) and background not in BACKGROUNDS:
            raise unknown("background", background, BACKGROUNDS)
        plan = Plan(self.base_layers, self.inversion_layer, self.preset, self.options.dtype)
        self.net.astype(plan.dtype)  # or an error
        self._plan = plan

    @property
    def compiled(self) -> CompiledInversion:
        """What is compiled, once for the network and these options."""
        return self.net.compiled(CompiledInversion, self._plan, most=8)

    def explain(
        self,
        images: Images,
        classes: Sequence[str | int],
        *,
        progress: Progress = silent,
    ) -> tuple[MaskExplanation, ...]:
        """See `Explainer.explain`: the masks of step 2, or of step 1 with the option `step=1`.

        Step 1 knows no class: all pairs of an image have its one mask.
        """
        pairs = Pairs.of(self.net, images, classes)
        one, two = self.preset.iterations
        groups = list(pairs.by_size())
        distinct = [
            list({pairs.images[k].digest: pairs.images[k] for k in g}.values()) for g in groups
        ]
        sizes = [self._at_once(own) for own in distinct]
        before = sum(
            math.ceil(len(own) / size) * one for own, size in zip(distinct, sizes, strict=True)
        )
        after = sum(math.ceil(len(g) / size) * two for g, size in zip(groups, sizes, strict=True))
        after *= self.options.step == 2
        done, found = 0, dict[int, MaskExplanation]()
        for places, sources, size in zip(groups, distinct, sizes, strict=True):
            saliency = self._remembered(sources, part_of(progress, done, before + after))
            done += math.ceil(len(sources) / size) * one
            progress(done, before + after)  # where step 1 was remembered
            start = [saliency[pairs.images[k].digest] for k in places]
            if self.options.step == 1:
                for k, own in zip(places, start, strict=True):
                    found[k] = self._of_class(own, pairs.images[k], pairs.classes[k])
                continue
            masks = self.discriminate(
                [pairs.images[k] for k in places],
                [pairs.classes[k] for k in places],
                start=start,
                progress=part_of(progress, done, before + after),
            )
            done += math.ceil(len(places) / size) * two
            found.update(zip(places, masks, strict=True))
        return tuple(found[k] for k in range(len(pairs)))

    def _remembered(
        self, sources: Sequence[SourceImage], progress: Progress
    ) -> dict[str, MaskExplanation]:
        """Step 1 of each image, by its digest; remembered for the images seen last."""
        keys = {
            own.digest: ("step 1", self._plan, self._own_background(own), own.digest)
            for own in sources
        }
        memory = self.net.memory
        # What is known is collected first: each mask that is kept may drop another one.
        known = {digest: memory.known(key) for digest, key in keys.items()}
        found = {digest: mask for digest, mask in known.items() if mask is not None}
        missing = [own for own in sources if own.digest not in found]
        if missing:
            masks = self.saliency(missing, progress=progress)
            for own, mask in zip(missing, masks, strict=True):
                found[own.digest] = memory.get(keys[own.digest], lambda mask=mask: mask)
        return found

    def _of_class(self, found: MaskExplanation, source: SourceImage, c: int) -> MaskExplanation:
        """Step 1's mask as the answer to what speaks for a class in an image."""
        return replace(
            found,
            class_index=c,
            label=self.net.labels[c],
            provenance=self._provenance(source, c, step=1),
            answers=top_answers(found.logits, self.net.labels, also=[c]),
        )

    def _own_background(self, source: SourceImage) -> tuple[str, int]:
        background = self.options.background
        named = background if isinstance(background, str) else read_image(background).digest
        return named, self.options.seed

    def saliency(
        self, images: Images, *, progress: Progress = silent
    ) -> tuple[MaskExplanation, ...]:
        """Step 1: for each image the mask that keeps the inner representation.

        Args:
            images: of one size; arrays (H, W, 3), `PIL.Image`s or paths, or an array (N, H, W, 3).
            progress: called with iterations done and iterations in all.
        """
        sources = [read_image(image, self.net.input_size) for image in images]
        start = self.preset.start
        weights = np.full((len(sources), self._n_channels), start, np.float32)
        return self._run(sources, weights, None, progress)

    def discriminate(
        self,
        images: Images,
        classes: Sequence[str | int],
        *,
        start: Sequence[MaskExplanation] | None = None,
        progress: Progress = silent,
    ) -> tuple[MaskExplanation, ...]:
        """Step 2: for each image the mask that speaks for a class.

        Args:
            images: see `saliency`.
            classes: one an image: indices, WordNet ids or names. To ask for several classes of one
                image, repeat it.
            start: step 1's results for these images; found if left out.
            progress: called with iterations done and iterations in all, those of step 1 included
                if it is not given.
        """
        pairs = Pairs.of(self.net, images, classes)
        if start is None:
            batches = math.ceil(len(pairs) / self._at_once(pairs.images))
            before, after = (batches * n for n in self.preset.iterations)
            start = self.saliency(pairs.images, progress=part_of(progress, 0, before + after))
            progress = part_of(progress, before, before + after)
        c = self._n_channels
        if len(start) != len(pairs) or any(found.weights.shape != (c,) for found in start):
            raise InputError(
                f"Expected step 1's result of each of {len(pairs)} images, with {c} weights, "
                f"received {[found.weights.shape for found in start]}."
            )
        weights = np.array([found.weights for found in start]).reshape(-1, c)
        weights = restarted(weights, self.preset.restart)
        return self._run(pairs.images, weights, np.array(pairs.classes, np.int32), progress)

    def _at_once(self, sources: Sequence[SourceImage]) -> int:
        """How many images of the size of these fit within the bound of memory."""
        pixels = max(math.prod(source.size) for source in sources) if sources else 0
        # Step 2 looks at what the mask keeps and what it hides, together.
        times = 2 * pixels / math.prod(self.net.input_size)
        return batch_size_within(self.net, CLASSIFIER, most=self.options.batch_size, times=times)

    @property
    def _n_channels(self) -> int:
        return sum(self.net.n_channels(layer) for layer in self.base_layers)

    def _run(
        self,
        sources: Sequence[SourceImage],
        weights: np.ndarray,
        classes: np.ndarray | None,
        progress: Progress,
    ) -> tuple[MaskExplanation, ...]:
        if len({source.size for source in sources}) > 1:
            raise InputError("Expected images of one size, received several.")
        return in_batches(
            lambda part, report: self._run_batch(
                sources[part], weights[part], None if classes is None else classes[part], report
            ),
            len(sources),
            self._at_once(sources),
            self.preset.iterations[int(classes is not None)],
            progress,
        )

    def _run_batch(
        self,
        sources: Sequence[SourceImage],
        weights: np.ndarray,
        classes: np.ndarray | None,
        report: Callable[[int], None],
    ) -> list[MaskExplanation]:
        compiled = self.compiled
        images = self.net.require_images(np.stack([source.pixels for source in sources]))
        x, p = tf.constant(images), tf.constant(self.backgrounds(images))
        maps = self._maps(x)
        # Step 2 looks at the logits alone.
        target = compiled.target(x) if classes is None else tf.zeros([])
        logits = compiled.logits(x)
        _, _, _, *before = self._shown(x, p, maps, tf.constant(weights))
        wanted = np.zeros(len(images), np.int32) if classes is None else classes
        given = x, p, maps, target, tf.constant(weights), tf.constant(wanted), classes is not None
        final, losses, updates = compiled.progress.run(compiled.minimize, *given, report=report)
        masks, kept, hidden, *after = self._shown(x, p, maps, final)
        found = []
        for k, source in enumerate(sources):
            class_index = None if classes is None else int(classes[k])
            shown = {
                "mixture": kept[k],
                "complement": hidden[k],
                "weights": final[k].numpy(),
                "kept_logits": np.stack([before[0][k], after[0][k]]),
                "hidden_logits": np.stack([before[1][k], after[1][k]]),
            }
            silent = not maps[k].numpy().any()
            found.append(
                MaskExplanation(
                    map=masks[k],
                    image=source.pixels,
                    class_index=class_index,
                    label="" if class_index is None else self.net.labels[class_index],
                    method=STEP_1 if class_index is None else METHOD,
                    losses=losses[: int(updates[k]) + 1, k].numpy(),
                    logits=logits[k].numpy(),
                    problem=problem_of(
                        mask=masks[k], class_index=class_index, silent=silent, **shown
                    ),
                    provenance=self._provenance(
                        source, class_index, step=1 if class_index is None else 2
                    ),
                    answers=top_answers(
                        logits[k].numpy(),
                        self.net.labels,
                        also=[] if class_index is None else [class_index],
                    ),
                    **shown,
                )
            )
        return found

    def _provenance(self, source: SourceImage, class_index: int | None, *, step: int) -> Provenance:
        own = {
            **vars(self.options),
            "base_layer": self.base_layers,
            "inversion_layer": self.inversion_layer,
            "preset": self.preset,
            "step": step,
        }
        method = STEP_1 if step == 1 else METHOD
        layer = self.base_layers[0] if len(self.base_layers) == 1 else None
        return provenance(
            self.net, source, method=method, options=own, layer=layer, class_index=class_index
        )

    def backgrounds(self, images: np.ndarray) -> np.ndarray:
        """What stands where the mask is 0, for images (N, H, W, 3): the same shape, in [0, 1]."""
        preset = self.preset
        return backgrounds(
            images,
            self.options.background,
            sigma=preset.sigma,
            radius=preset.blur_radius or round(4 * preset.sigma),
            seed=self.options.seed,
        )

    def _maps(self, x: tf.Tensor) -> tf.Tensor:
        """Channel maps (N, h, w, C) of all base layers."""
        bases = self.compiled.bases(x)
        for layer, base in zip(self.base_layers, bases, strict=True):
            if tuple(base.shape[1:3]) == (1, 1):
                raise InputError(
                    f"Expected a base layer whose maps have several positions: {layer!r} has one, "
                    f"1 x 1. Name an earlier one: {self.net.name!r} has {self.net.layers[0]!r} to "
                    f"{self.net.layers[-1]!r}."
                )
        return joined(bases)

    def _shown(
        self, x: tf.Tensor, p: tf.Tensor, maps: tf.Tensor, weights: tf.Tensor
    ) -> tuple[np.ndarray, ...]:
        """m, Φ(x, m), Φ(x, 1 − m), and the logits of both, (N, classes)."""
        mask = mask_of(maps, weights, x.shape[1:3], self.preset.scaling)
        shown = mixtures(x, p, mask)
        answers = [self.compiled.logits(mixture) for mixture in shown]
        return tuple(part.numpy() for part in (mask, *shown, *answers))
