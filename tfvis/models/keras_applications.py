"""Keras's own networks."""

from __future__ import annotations

from pathlib import Path

import keras

from tfvis.utils.errors import InputError, one_line
from tfvis.utils.progress import Progress, silent

from .keras_network import KerasNetwork
from .registry import ModelSpec
from .weights import obtain

_APPLICATIONS = {"resnet50": "ResNet50", "vgg19": "VGG19"}


def network(spec: ModelSpec, model: keras.Model) -> KerasNetwork:
    """A Keras model with what the registry knows of it."""
    return KerasNetwork(model, labels=spec.labels, preprocess=spec.preprocessing, **spec.described)


def load(
    spec: ModelSpec, *, weights: str | Path | None = None, progress: Progress = silent
) -> KerasNetwork:
    """One of Keras's applications with its weights; see `tfvis.load_model`."""
    file = obtain(spec, weights, progress=progress)
    application = getattr(keras.applications, _APPLICATIONS[spec.name])
    model = application(weights=None, classifier_activation=None)
    try:
        model.load_weights(file)
    except Exception as error:
        # HDF5's and Keras's errors for files that are damaged or another network's.
        raise InputError(
            f"Expected the weights of {spec.title} in {str(file)!r}: {one_line(error)}"
        ) from None
    return network(spec, model)
