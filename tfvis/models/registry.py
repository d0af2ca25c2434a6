"""What is known of each network before any library for networks is imported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError, unknown
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.labels import Labels
from tfvis.utils.layer_names import resolve

from .architectures import (
    BVLC,
    CRITTERS,
    CRITTERS_RESNET,
    LUCID,
    RESNET50,
    SLIM_MODULES,
    layer_channels,
    residual_channels,
    slim_residual_channels,
)
from .preprocessing import CAFFE, SIGNED, UNIT, Preprocessing
from .preprocessing import LUCID as LUCID_RANGE

DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class ModelSpec:
    """A network that `load_model` knows by name: what no file of weights says.

    Attributes:
        name: by which it is asked for.
        title: for people.
        module: the module of `tfvis.models` whose `load` builds it.
        channels: its layers, from input to output, and how many channels each has.
        default_layers: those that are explained if none are named.
        inversion_layers: those of guided feature inversion: of which the mask is made, one or
            several, and last the one that it is to keep.
        input_size: (height, width) that it was trained with.
        preprocessing: what the network in the file takes; where the module builds the network
            itself, that is part of it already.
        labels_file: of its classes' names; a WordNet id and synonyms a line, or a name a line. It
            is in the package's data folder unless `labels_url` is given.
        labels_url: where the labels are downloaded from, for those that may not be shipped.
        weights: names of the files that hold its weights, the preferred one first.
        url: where the last of these is downloaded from; None if they come with tfvis.
        md5: of the file at `url`, where it is known.
        handle: of the same network on TensorFlow Hub.
        handle_preprocessing: what that one takes.
        logits: the tensor of the logits in a frozen graph; found before the softmax if left out.
        aliases: other names of its layers.
        inner_layers: a regular expression of the names of layers that it has beside those in
            `channels`; whether it can be cut there is seen once it is loaded. Any name if nobody
            knows them before.
        domain: all that it knows, where that is not photographs.
        example: the image that is explained if none is named; see
            `tfvis.datasets.example_images`.
        icons: how its icons are rendered.
    """

    name: str
    title: str
    module: str
    channels: Mapping[str, int]
    default_layers: tuple[str, ...]
    inversion_layers: tuple[str, ...]
    weights: tuple[str, ...]
    url: str | None
    input_size: tuple[int, int] = (224, 224)
    preprocessing: Preprocessing = UNIT
    labels_file: str = "imagenet_classes.txt"
    labels_url: str | None = None
    md5: str | None = None
    handle: str | None = None
    handle_preprocessing: Preprocessing = UNIT
    logits: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    inner_layers: str = ".*"
    domain: str | None = None
    example: str = "cat_coffee"
    icons: IconOptions = IconOptions()

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers' names, from input to output."""
        return tuple(self.channels)

    @property
    def labels(self) -> Labels | None:
        """The classes' names; None if they are not shipped."""
        return None if self.labels_url else _labels(self.labels_file)

    @property
    def described(self) -> dict[str, Any]:
        """What every kind of `Network` is told of it, as keywords."""
        return {
            "name": self.name,
            "layers": self.layers,
            "input_size": self.input_size,
            "default_layers": self.default_layers,
            "inversion_layers": self.inversion_layers,
            "aliases": self.aliases,
            "icon_options": self.icons,
        }

    def layer(self, name: str) -> str:
        """The layer meant by a name; see `utils.layer_names.resolve`.

        A name that only the network itself may know is returned as it is; see `inner_layers`.

        Raises:
            InputError: the network has no such layer.
        """
        try:
            return resolve(name, self.layers, self.aliases)
        except InputError:
            if re.fullmatch(self.inner_layers, name):
                return name
            raise

    def precedes(self, first: str, second: str) -> bool | None:
        """Whether one of its layers is computed before another, or is the same; None if unknown."""
        places = {layer: k for k, layer in enumerate(self.layers)}
        known = first in places and second in places
        return places[first] <= places[second] if known else None


@cache
def _labels(file: str) -> Labels:
    if file.startswith("imagenet"):
        return Labels.from_synset_words(DATA / file)
    return Labels.from_lines(DATA / file)


MODELZOO = "https://storage.googleapis.com/modelzoo"
KERAS = "https://storage.googleapis.com/tensorflow/keras-applications"
TFHUB = "https://tfhub.dev/google/imagenet"

_INCEPTION = (
    "preprocessing|conv2d0_padding|avgpool0|logits|"
    r"mixed\d[a-z]_(1x1|3x3|5x5|3x3_reduce|5x5_reduce|pool|pool_proj)"
)
_RESIDUAL = (
    "preprocessing|conv1_(pad|conv|bn|relu)|pool1_pad|avg_pool|predictions|logits|"
    r"conv\d_block\d+_([0-3]_(conv|bn|relu)|add)"
)

_CAFFE_NAMES = {
    "conv1_7x7_s2": "conv2d0",
    "pool1_3x3_s2": "maxpool0",
    "pool1_norm1": "localresponsenorm0",
    "conv2_3x3_reduce": "conv2d1",
    "conv2_3x3": "conv2d2",
    "conv2_norm2": "localresponsenorm1",
    "pool2_3x3_s2": "maxpool1",
    "pool3_3x3_s2": "maxpool4",
    "pool4_3x3_s2": "maxpool10",
    **{f"inception_{module[5:]}_output": module for module in BVLC.modules},
}

_VGG19 = {
    f"block{block}_{layer}": channels
    for block, channels, convolutions in ((1, 64, 2), (2, 128, 2), (3, 256, 4), (4, 512, 4),
                                          (5, 512, 4))
    for layer in (*(f"conv{k}" for k in range(1, convolutions + 1)), "pool")
}  # fmt: skip

_SLIM_CHANNELS = {
    f"InceptionV1/InceptionV1/{slim}": layer_channels(BVLC)[lucid]
    for slim, lucid in SLIM_MODULES.items()
}

_SPECS = (
    ModelSpec(
        name="googlenet",
        title="GoogLeNet (BVLC's weights, ImageNet)",
        module="googlenet",
        channels=layer_channels(BVLC),
        default_layers=("mixed4d",),
        inversion_layers=("mixed4e", "mixed5b"),
        inner_layers=_INCEPTION,
        weights=("bvlc_googlenet.npz", "InceptionV1_caffe.pb"),
        url=f"{MODELZOO}/vision/caffe_models/InceptionV1.pb",
        aliases=_CAFFE_NAMES,
    ),
    ModelSpec(
        name="critters",
        title="GoogLeNet in small (bundled, trained on rendered scenes)",
        module="critters",
        channels=layer_channels(CRITTERS),
        default_layers=("mixed4d",),
        inversion_layers=("mixed4e", "mixed5b", "mixed5b"),
        inner_layers=_INCEPTION,
        labels_file="critters_classes.txt",
        weights=("critters.npz",),
        url=None,
        domain="rendered scenes",
        example="dog_cat224",
    ),
    ModelSpec(
        name="critters_resnet",
        title="ResNet in small (bundled, trained on rendered scenes)",
        module="critters",
        channels=residual_channels(CRITTERS_RESNET),
        default_layers=("conv4_block1_out", "conv5_block1_out"),
        inversion_layers=("conv4_block2_out", "conv5_block2_out"),
        inner_layers=_RESIDUAL,
        labels_file="critters_classes.txt",
        weights=("critters_resnet.npz",),
        url=None,
        domain="rendered scenes",
        example="dog_cat224",
    ),
    ModelSpec(
        name="resnet50",
        title="ResNet-50 (Keras's, ImageNet)",
        module="keras_applications",
        channels=residual_channels(RESNET50),
        default_layers=("conv4_block1_out", "conv5_block1_out"),
        inversion_layers=("conv4_block6_out", "conv5_block3_out"),
        inner_layers=_RESIDUAL,
        preprocessing=CAFFE,
        weights=("resnet50_weights_tf_dim_ordering_tf_kernels.h5",),
        url=f"{KERAS}/resnet/resnet50_weights_tf_dim_ordering_tf_kernels.h5",
        md5="2cb95161c43110f7111970584f804107",
    ),
    ModelSpec(
        name="vgg19",
        title="VGG19 (Keras's, ImageNet)",
        module="keras_applications",
        channels=_VGG19,
        default_layers=("block5_conv4",),
        inversion_layers=("block5_conv4", "block5_pool"),
        inner_layers="flatten|fc1|fc2|predictions",
        preprocessing=CAFFE,
        weights=("vgg19_weights_tf_dim_ordering_tf_kernels.h5",),
        url=f"{KERAS}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels.h5",
        md5="cbe5617147190e668d6c5d5026f83318",
    ),
    ModelSpec(
        name="inception_v1",
        title="GoogLeNet (lucid's InceptionV1, ImageNet)",
        module="lucid_zoo",
        channels={**layer_channels(LUCID)},
        default_layers=("mixed4d",),
        inversion_layers=("mixed4e", "mixed5b"),
        preprocessing=LUCID_RANGE,
        labels_file="ImageNet_alternate.txt",
        labels_url=f"{MODELZOO}/labels/ImageNet_alternate.txt",
        weights=("InceptionV1_lucid.pb",),
        url=f"{MODELZOO}/vision/other_models/InceptionV1.pb",
        logits="softmax2_pre_activation",
    ),
    ModelSpec(
        name="inception_v1_slim",
        title="GoogLeNet with batch normalisation (TF-Slim's, ImageNet)",
        module="lucid_zoo",
        channels=_SLIM_CHANNELS,
        default_layers=("InceptionV1/InceptionV1/Mixed_4e/concat",),
        inversion_layers=(
            "InceptionV1/InceptionV1/Mixed_4f/concat",
            "InceptionV1/InceptionV1/Mixed_5c/concat",
        ),
        preprocessing=SIGNED,
        weights=("InceptionV1_slim.pb",),
        url=f"{MODELZOO}/vision/slim_models/InceptionV1.pb",
        handle=f"{TFHUB}/inception_v1/classification/5",
        aliases={lucid: f"InceptionV1/InceptionV1/{s}" for s, lucid in SLIM_MODULES.items()},
    ),
    ModelSpec(
        name="resnet_v1_50_slim",
        title="ResNet-50 (TF-Slim's, ImageNet)",
        module="lucid_zoo",
        channels=slim_residual_channels(RESNET50),
        default_layers=tuple(
            f"resnet_v1_50/{block}/unit_1/bottleneck_v1/Relu" for block in ("block3", "block4")
        ),
        inversion_layers=(
            "resnet_v1_50/block3/unit_5/bottleneck_v1/Relu",
            "resnet_v1_50/block4/unit_3/bottleneck_v1/Relu",
        ),
        preprocessing=LUCID_RANGE,
        weights=("ResnetV1_50_slim.pb",),
        url=f"{MODELZOO}/vision/slim_models/ResnetV1_50.pb",
        handle=f"{TFHUB}/resnet_v1_50/classification/5",
        logits="resnet_v1_50/predictions/Reshape",
    ),
)

SPECS: dict[str, ModelSpec] = {}
for _spec in _SPECS:
    if SPECS.setdefault(_spec.name, _spec) is not _spec:
        raise ValueError(
            f"Expected every network to have a name of its own, found two {_spec.name!r}."
        )


def spec_of(name: str) -> ModelSpec:
    """The spec of this name; an `InputError` that offers the closest if there is none."""
    if name not in SPECS:
        raise unknown("model", name, SPECS)
    return SPECS[name]
