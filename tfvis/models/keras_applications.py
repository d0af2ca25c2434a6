"""Keras's own networks, and Keras models from files."""

from __future__ import annotations

from pathlib import Path
from typing import cast

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


def read_model(file: Path) -> keras.Model:
    """A model from a `.keras` or `.h5` file, in Keras's safe mode: no code of the file is run.

    Raises:
        InputError: the file is damaged, holds no model, or needs classes or lambdas that only its
            author's program has.
    """
    try:
        return cast(keras.Model, keras.models.load_model(file, compile=False, safe_mode=True))
    except Exception as error:
        text = one_line(error)
        if "ambda" in text:
            raise InputError(
                f"The model {str(file)!r} holds a Lambda layer, that is code, which is not run "
                "from a file. Load it yourself with keras.models.load_model(file, "
                "safe_mode=False) if you trust it, and pass the model."
            ) from None
        raise InputError(
            f"Cannot load the Keras model {str(file)!r}: {text} If it has classes of its own, "
            "import them, load it with keras.models.load_model, and pass the model."
        ) from None
