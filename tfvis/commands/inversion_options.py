"""The layers and the terms of guided feature inversion, as options of several commands."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import images

from ..explainers.guided_inversion.presets import BACKGROUNDS, DTYPES, PRESETS
from ..models.registry import spec_of
from ..settings.invert import InversionSettings
from .options import Add

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from ..explainers.guided_inversion import GuidedFeatureInversion


def add_inversion_options(add: Add) -> None:
    """Add them."""
    layers = " and ".join(spec_of("vgg19").inversion_layers)
    add("base_layer", "whose channel maps the mask is made of; one or several",
        f"the network's own; with the next one {layers} for VGG19", nargs="+",
        metavar="LAYER")  # fmt: skip
    add("inversion_layer", "to which the image should look the same", "the network's own",
        metavar="LAYER")  # fmt: skip
    add("preset", f"the terms: {' or '.join(PRESETS)}", metavar="NAME")
    add("background", f"what stands where the mask is 0: {', '.join(BACKGROUNDS)}, or an image",
        metavar="WHAT")  # fmt: skip
    term = partial(add, shown="the preset's")
    two = {"nargs": 2, "metavar": ("STEP1", "STEP2")}
    term("distance", "step 1: absolute or relative, of the inversion layer's activations",
         metavar="KIND")  # fmt: skip
    term("score", "step 2: logit, probability or cross-entropy", metavar="KIND")
    term("scaling", "of the mask less its minimum: minmax, by its range, or max, by its maximum",
         metavar="KIND")  # fmt: skip
    term("penalty_power", "of the weights: 1 for their sum, 2 for that of their squares", type=int,
         metavar="N")  # fmt: skip
    term("penalties", "how much that weighs", type=float, **two)
    term("iterations", "how many", type=int, **two)
    term("learning_rate", "Adam's, in both steps", type=float, metavar="RATE")
    term("betas", "what Adam remembers of the gradient and of its square; 0 0 for nothing",
         type=float, nargs=2, metavar=("BETA1", "BETA2"))  # fmt: skip
    term("epsilon", "Adam's: slopes well below it count less", type=float, metavar="SLOPE")
    term("halve_every", "iterations after which the learning rate is halved; 0 for never",
         type=int, metavar="N")  # fmt: skip
    term("start", "all weights before step 1", type=float, metavar="WEIGHT")
    term("keep", "what step 2 returns: its last weights, or the best on the way", metavar="WHICH")
    term("sigma", "of the background's blur, in pixels", type=float, metavar="PIXELS")
    term("blur_radius", "where that blur is cut off, in pixels; 0 for four sigma", type=int,
         metavar="PIXELS")  # fmt: skip
    term("total_variation", "weight of the mask's roughness", type=float, metavar="WEIGHT")
    term("area", "weight of the mask's mean", type=float, metavar="WEIGHT")
    term("tolerance", "an image's step ends when its loss changes by no more than this share in "
         "--patience iterations; 0 to make all of them", type=float, metavar="SHARE")  # fmt: skip
    term("patience", "see --tolerance", type=int, metavar="N")
    add("batch_size", "images that are optimised together", type=int, metavar="N")
    add("dtype", f"what guided inversion computes in: {' or '.join(DTYPES)}", metavar="DTYPE")


def inversion_of(net: Network, settings: InversionSettings) -> GuidedFeatureInversion:
    """Guided feature inversion of a network, as the settings have it."""
    from ..explainers.guided_inversion import GuidedFeatureInversion

    background: str | np.ndarray = settings.background
    if background not in BACKGROUNDS:
        background = images.load(background, net.input_size, settings.fit)
    return GuidedFeatureInversion(
        net,
        settings.base_layer,
        settings.inversion_layer,
        preset=settings.terms,
        background=background,
        seed=settings.seed,
        batch_size=settings.batch_size,
        dtype=settings.dtype,
    )
