"""Networks of inception modules, as tables; known before any library for networks is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Inception(NamedTuple):
    """The channel counts of an inception module's six convolutions."""

    one: int
    three_reduce: int
    three: int
    five_reduce: int
    five: int
    pool: int

    @property
    def channels(self) -> int:
        """The channels of the module's output."""
        return self.one + self.three + self.five + self.pool


class Architecture(NamedTuple):
    """What distinguishes one GoogLeNet from another.

    Attributes:
        stem: channels of conv2d0, conv2d1 and conv2d2.
        modules: the inception modules by name, in order.
        n_classes: outputs.
        mean: what is subtracted from 0 … 255, for red, green and blue.
        bgr: whether the published weights of conv2d0 take blue first. The model here always takes
            red first: whoever sets its weights turns that one kernel round, which is exact and
            saves a slow reversal of every image.
        stem_padding: padding of conv2d0 on every side; None for TensorFlow's "same".
        local_response: whether the stem normalises local responses.
        deviation: what the difference from the mean is divided by.
    """

    stem: tuple[int, int, int]
    modules: Mapping[str, Inception]
    n_classes: int
    mean: tuple[float, float, float]
    bgr: bool
    stem_padding: int | None
    local_response: bool = True
    deviation: float = 1.0


BVLC = Architecture(
    stem=(64, 64, 192),
    modules={
        "mixed3a": Inception(64, 96, 128, 16, 32, 32),
        "mixed3b": Inception(128, 128, 192, 32, 96, 64),
        "mixed4a": Inception(192, 96, 208, 16, 48, 64),
        "mixed4b": Inception(160, 112, 224, 24, 64, 64),
        "mixed4c": Inception(128, 128, 256, 24, 64, 64),
        "mixed4d": Inception(112, 144, 288, 32, 64, 64),
        "mixed4e": Inception(256, 160, 320, 32, 128, 128),
        "mixed5a": Inception(256, 160, 320, 32, 128, 128),
        "mixed5b": Inception(384, 192, 384, 48, 128, 128),
    },
    n_classes=1000,
    mean=(123.0, 117.0, 104.0),
    bgr=True,
    stem_padding=3,
)

LUCID = BVLC._replace(
    modules={
        **BVLC.modules,
        "mixed4a": BVLC.modules["mixed4a"]._replace(three=204),
        "mixed5a": BVLC.modules["mixed5a"]._replace(five_reduce=48),
    },
    n_classes=1008,
    mean=(117.0, 117.0, 117.0),
    bgr=False,
    stem_padding=None,
)


def narrowed(architecture: Architecture, factor: float, n_classes: int) -> Architecture:
    """The same modules with `factor` of the channels, for images in [−1, 1], without LRN.

    Channel counts are rounded to multiples of four.
    """

    def narrow(channels: int) -> int:
        return max(4, 4 * round(factor * channels / 4))

    first, second, third = architecture.stem
    return Architecture(
        stem=(narrow(first), narrow(second), narrow(third)),
        modules={
            name: Inception(*map(narrow, module)) for name, module in architecture.modules.items()
        },
        n_classes=n_classes,
        mean=(127.5, 127.5, 127.5),
        bgr=False,
        stem_padding=None,
        local_response=False,
        deviation=127.5,
    )


CRITTERS = narrowed(BVLC, 0.375, n_classes=16)

# lucid numbers the pools by the module that they follow.
POOL_BEFORE = {"mixed4a": "maxpool4", "mixed5a": "maxpool10"}


def layer_channels(architecture: Architecture) -> dict[str, int]:
    """Where a network can be cut, from input to output, by lucid's names: channels a layer."""
    first, reduced, second = architecture.stem
    stem = {
        "conv2d0": first,
        "maxpool0": first,
        "localresponsenorm0": first,
        "conv2d1": reduced,
        "conv2d2": second,
        "localresponsenorm1": second,
        "maxpool1": second,
    }
    channels = {
        name: count
        for name, count in stem.items()
        if architecture.local_response or not name.startswith("localresponsenorm")
    }
    before = second
    for name, module in architecture.modules.items():
        if name in POOL_BEFORE:
            channels[POOL_BEFORE[name]] = before
        channels[name] = before = module.channels
    return channels


class Residual(NamedTuple):
    """What distinguishes one residual network from another.

    Attributes:
        stem: channels of the first convolution.
        stages: for each stage how many blocks, and the channels of their bottlenecks.
        n_classes: outputs.
        mean: what is subtracted from 0 … 255, for red, green and blue.
        deviation: what the difference from the mean is divided by.
    """

    stem: int
    stages: tuple[tuple[int, int], ...]
    n_classes: int
    mean: tuple[float, float, float] = (127.5, 127.5, 127.5)
    deviation: float = 127.5


EXPANSION = 4
"""A residual block has this many times the channels of its bottleneck."""

RESNET50 = Residual(
    stem=64,
    stages=((3, 64), (4, 128), (6, 256), (3, 512)),
    n_classes=1000,
    mean=(123.68, 116.779, 103.939),
    deviation=1.0,
)

CRITTERS_RESNET = Residual(stem=24, stages=((1, 16), (2, 32), (2, 80), (2, 144)), n_classes=16)


def residual_channels(architecture: Residual) -> dict[str, int]:
    """Where a residual network can be cut, by Keras's names: channels a layer.

    There are more such layers, before and behind each activation; these are worth looking at.
    """
    channels = {"pool1_pool": architecture.stem}
    for stage, (blocks, width) in enumerate(architecture.stages, start=2):
        for block in range(1, blocks + 1):
            channels[f"conv{stage}_block{block}_out"] = EXPANSION * width
    return channels


def slim_residual_channels(architecture: Residual) -> dict[str, int]:
    """The same by TF-Slim's names; its strides stand in the last unit of a block."""
    channels = {"resnet_v1_50/pool1/MaxPool": architecture.stem}
    for block, (units, width) in enumerate(architecture.stages, start=1):
        for unit in range(1, units + 1):
            channels[f"resnet_v1_50/block{block}/unit_{unit}/bottleneck_v1/Relu"] = (
                EXPANSION * width
            )
    return channels


SLIM_MODULES = {
    "Conv2d_1a_7x7/Relu": "conv2d0",
    "MaxPool_2a_3x3/MaxPool": "maxpool0",
    "Conv2d_2b_1x1/Relu": "conv2d1",
    "Conv2d_2c_3x3/Relu": "conv2d2",
    "MaxPool_3a_3x3/MaxPool": "maxpool1",
    "Mixed_3b/concat": "mixed3a",
    "Mixed_3c/concat": "mixed3b",
    "MaxPool_4a_3x3/MaxPool": "maxpool4",
    "Mixed_4b/concat": "mixed4a",
    "Mixed_4c/concat": "mixed4b",
    "Mixed_4d/concat": "mixed4c",
    "Mixed_4e/concat": "mixed4d",
    "Mixed_4f/concat": "mixed4e",
    "MaxPool_5a_2x2/MaxPool": "maxpool10",
    "Mixed_5b/concat": "mixed5a",
    "Mixed_5c/concat": "mixed5b",
}
"""TF-Slim's names of GoogLeNet's layers, and lucid's."""
