"""Keras models from files, those of Keras 2 too, and what is wrong with what cannot be read."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Container
from pathlib import Path
from typing import Any, cast

import h5py
import keras

from tfvis.utils.errors import InputError, one_line

__all__ = ["SUFFIXES", "read_model"]

SUFFIXES = (".keras", ".h5", ".hdf5")
_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"

_WEIGHTS = "model.weights.h5"

_UNNAMED = "Unrecognized keyword arguments passed to"
_DROPPED: dict[tuple[str, str], Any] = {
    ("DepthwiseConv2D", "groups"): 1,
    ("DepthwiseConv1D", "groups"): 1,
    ("SeparableConv2D", "groups"): 1,
    ("SeparableConv1D", "groups"): 1,
}
"""Arguments of Keras 2's layers that Keras 3 does without, and the value that changes nothing."""
_DROPPED_ALWAYS = ("rng_type",)
"""Arguments that matter in training alone."""

_CLASS = re.compile(r"(?:Could not locate class|Unknown layer:) '(?:\w+>)?(\w+)'")


def read_model(file: Path) -> keras.Model:
    """A model from a `.keras` or `.h5` file, in Keras's safe mode: no code of the file is run.

    Files of Keras 2 are read where Keras 3 only lacks an argument that changes nothing.

    Args:
        file: the file. Its suffix, in lower case, must be that of what it holds.

    Raises:
        InputError: the file is damaged, wrongly named, holds weights only, or needs classes or
            lambdas that only its author's program has.
    """
    version, config = _require_model(file)
    try:
        model = keras.models.load_model(
            file,
            compile=False,
            safe_mode=True,
            custom_objects=_tolerant_layers(but=_classes_of_others(config)),
        )
        return cast(keras.Model, model)
    except Exception as error:
        # What Keras raises for what it cannot read is of many kinds.
        raise _explained(file, error, version) from None


def _require_model(file: Path) -> tuple[str, Any]:
    """The version of Keras that wrote a file, and the model's configuration.

    Raises:
        InputError: the file does not hold a whole model.
    """
    if file.suffix != file.suffix.lower():
        right = file.with_suffix(file.suffix.lower()).name
        raise InputError(
            f"Keras reads files whose suffix is in lower case. Rename {str(file)!r} to {right!r}."
        )
    try:
        with file.open("rb") as stream:
            begins = stream.read(len(_HDF5))
    except OSError as error:
        raise InputError(f"Cannot read {str(file)!r}: {error.strerror}.") from None
    if begins.startswith(_ZIP):
        if file.suffix != ".keras":
            raise InputError(f"Expected an HDF5 file, {str(file)!r} is a .keras file: rename it.")
        return _read_archive(file)
    if begins == _HDF5:
        if file.suffix == ".keras":
            raise InputError(f"Expected a .keras file, {str(file)!r} is an HDF5 file: name it .h5.")
        return _read_hdf5(file)
    raise _no_model(file, "is something else" if begins else "is empty")


def _no_model(file: Path, why: str) -> InputError:
    return InputError(f"Expected a .keras or .h5 file with a Keras model, {str(file)!r} {why}.")


def _read_archive(file: Path) -> tuple[str, Any]:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            metadata, config = (
                json.loads(archive.read(name)) if name in names else {}
                for name in ("metadata.json", "config.json")
            )
    except (zipfile.BadZipFile, EOFError):
        raise _truncated(file) from None
    except Exception as error:
        # Damaged and encrypted archives fail in many ways.
        raise InputError(f"Cannot read the model {str(file)!r}: {one_line(error)}") from None
    if "config.json" not in names:
        raise _weights_only(file) if _WEIGHTS in names else _no_model(file, "is something else")
    return str(dict(metadata).get("keras_version", "")), config


def _read_hdf5(file: Path) -> tuple[str, Any]:
    try:
        with h5py.File(file, "r") as stored:
            if "model_config" not in stored.attrs:
                raise _weights_only(file)
            version, config = (
                text.decode() if isinstance(text, bytes) else str(text)
                for text in (stored.attrs.get("keras_version", ""), stored.attrs["model_config"])
            )
            return version, json.loads(config)
    except OSError:
        raise _truncated(file) from None
    except InputError:
        raise
    except ValueError:  # no text, or no JSON
        raise _no_model(file, "has a damaged configuration") from None


def _classes_of_others(config: Any) -> set[str]:
    """The names of classes in a configuration that are not Keras's, whatever they are called."""
    found: set[str] = set()
    ahead = [config]
    while ahead:
        part = ahead.pop()
        if isinstance(part, list):
            ahead += part
        elif isinstance(part, dict):
            ahead += part.values()
            # Keras 2 wrote no module in HDF5 files, and looked its own classes up first.
            if "class_name" in part and not str(part.get("module", "keras")).startswith("keras"):
                found |= {str(part["class_name"]), str(part.get("registered_name"))}
    return found


def _truncated(file: Path) -> InputError:
    return InputError(f"The model {str(file)!r} is truncated. Copy or download it again.")


def _weights_only(file: Path) -> InputError:
    return InputError(
        f"The file {str(file)!r} holds weights only. Build the model, call "
        "model.load_weights(file), and pass the model, or a file of model.save(...)."
    )


def _explained(file: Path, error: Exception, version: str) -> InputError:
    """What is wrong with a file that Keras cannot load."""
    text = " ".join(str(error).split())
    unknown = _CLASS.search(text)
    old = version.startswith("2.")
    way = (
        "Load it with tf_keras (pip install tf-keras), call model.export(folder), and pass the "
        "folder"
        if old
        else "Load it yourself with keras.models.load_model, and pass the model"
    )
    if "ambda" in text and "safe_mode" in text:
        way = way if old else way.replace("load_model", "load_model(file, safe_mode=False)")
        return InputError(
            f"The model {str(file)!r} holds a Lambda layer, that is code, which is not run from a "
            f"file. If you trust it: {way[0].lower()}{way[1:]}."
        )
    if old:
        cause = f"it has no class {unknown[1]!r}." if unknown else one_line(_cause(text))
        return InputError(
            f"Keras 3 cannot load the model {str(file)!r} of Keras {version}: {cause} {way}."
        )
    if _numbers(version) > _numbers(keras.__version__):
        return InputError(
            f"The model {str(file)!r} is of Keras {version}, which is newer than "
            f"{keras.__version__} here: {one_line(_cause(text))} Update Keras, or save the model "
            "with this version."
        )
    if unknown is not None:
        return InputError(
            f"The model {str(file)!r} needs the class {unknown[1]!r}, which is not known here. "
            f"Import the class. {way}."
        )
    return InputError(f"Cannot load the Keras model {str(file)!r}: {one_line(_cause(text))} {way}.")


def _numbers(version: str) -> tuple[int, ...]:
    """The first two numbers of a version; none of one that is not known."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return tuple(map(int, found.groups())) if found else ()


def _cause(text: str) -> str:
    """The part of Keras's message that says what is wrong: after the config, where it has one."""
    _, found, cause = text.rpartition("Exception encountered: ")
    cause = cause if found else text
    return cause if cause.endswith(".") else f"{cause}."


def _tolerant_layers(but: Container[str]) -> dict[str, type]:
    """Stand-ins for Keras's layers by name, which drop arguments of Keras 2 on the way.

    Args:
        but: names of classes that are not Keras's. Keras would take a stand-in for them.
    """
    kinds = {name: getattr(keras.layers, name) for name in dir(keras.layers)}
    return {
        name: _tolerant(kind)
        for name, kind in kinds.items()
        if name not in but and isinstance(kind, type) and issubclass(kind, keras.layers.Layer)
    }


def _tolerant(kind: type[keras.layers.Layer]) -> type:
    """A class whose `from_config` makes a layer of `kind`."""

    def from_config(config: dict[str, Any]) -> keras.layers.Layer:
        try:
            return kind.from_config(dict(config))
        except (TypeError, ValueError) as error:
            known = _without_extra(kind.__name__, config, str(error))
            if known is None:
                raise
        return kind.from_config(known)

    return type(kind.__name__, (kind,), {"from_config": staticmethod(from_config)})


def _without_extra(kind: str, config: dict[str, Any], error: str) -> dict[str, Any] | None:
    """A layer's config without the arguments that Keras 3 lacks; None if one of them matters."""
    _, found, named = error.rpartition(_UNNAMED)
    extra = [name for name in re.findall(r"'(\w+)':", named) if name in config] if found else []
    for name in extra:
        dropped = _DROPPED.get((kind, name), ...)
        if name not in _DROPPED_ALWAYS and (dropped is ... or config[name] != dropped):
            return None
    return {key: value for key, value in config.items() if key not in extra} if extra else None
