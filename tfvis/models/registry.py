"""What is known of each network before any library for networks is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from utils.errors import unknown
from utils.labels import Labels

from .architectures import BVLC, CRITTERS, layer_channels

DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class ModelSpec:
    """A network that `load_model` knows by name.

    Attributes:
        name: by which it is asked for.
        title: for people.
        module: the module of `tfvis.models` whose `load` builds it.
        channels: its layers, from input to output, and how many channels each has.
        input_size: (height, width) that it was trained with.
        labels_file: of its classes' names, in the package's data folder; a WordNet id and
            synonyms a line, or a name a line.
        weights: names of the files that hold its weights, the preferred one first.
        url: where the last of these is downloaded from; None if they come with tfvis.
        default_layer: the layer that is explained if none is named.
        example: the image that is explained if none is named; see `tfvis.examples`.
    """

    name: str
    title: str
    module: str
    channels: Mapping[str, int]
    input_size: tuple[int, int]
    labels_file: str
    weights: tuple[str, ...]
    url: str | None
    default_layer: str
    example: str

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers' names, from input to output."""
        return tuple(self.channels)

    @property
    def labels(self) -> Labels:
        """The classes' names."""
        return _labels(self.labels_file)


@cache
def _labels(file: str) -> Labels:
    if file.startswith("imagenet"):
        return Labels.from_synset_words(DATA / file)
    return Labels.from_lines(DATA / file)


MODELZOO = "https://storage.googleapis.com/modelzoo/vision"

_SPECS = (
    ModelSpec(
        name="googlenet",
        title="GoogLeNet (BVLC's weights, ImageNet)",
        module="googlenet",
        channels=layer_channels(BVLC),
        input_size=(224, 224),
        labels_file="imagenet_classes.txt",
        weights=("bvlc_googlenet.npz", "InceptionV1_caffe.pb"),
        url=f"{MODELZOO}/caffe_models/InceptionV1.pb",
        default_layer="mixed4d",
        example="cat_coffee",
    ),
    ModelSpec(
        name="critters",
        title="GoogLeNet in small (bundled, trained on rendered scenes)",
        module="critters",
        channels=layer_channels(CRITTERS),
        input_size=(224, 224),
        labels_file="critters_classes.txt",
        weights=("critters.npz",),
        url=None,
        default_layer="mixed4d",
        example="dog_cat224",
    ),
)

SPECS: Mapping[str, ModelSpec] = {spec.name: spec for spec in _SPECS}


def spec_of(name: str) -> ModelSpec:
    """The spec of this name; an `InputError` that offers the closest if there is none."""
    if name not in SPECS:
        raise unknown("model", name, SPECS)
    return SPECS[name]
