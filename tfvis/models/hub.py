"""Modules of TensorFlow Hub, by the library `tensorflow-hub`."""

from __future__ import annotations

import hashlib
import importlib
import os
import tempfile
import warnings
from pathlib import Path
from types import ModuleType

from tfvis.utils.errors import InputError, one_line

_SCHEMES = ("https://", "http://")

CACHE_VARIABLE = "TFHUB_CACHE_DIR"


def is_address(model: object) -> bool:
    """Whether this names something on TensorFlow Hub rather than on this machine."""
    return isinstance(model, str) and model.startswith(_SCHEMES)


def cached(handle: str) -> Path | None:
    """The folder in which the library keeps a module that it has fetched before, if it has."""
    own = os.environ.get(CACHE_VARIABLE)
    folder = Path(own) if own else Path(tempfile.gettempdir()) / "tfhub_modules"
    if not own and not _is_ours(folder):
        return None
    module = folder / hashlib.sha1(handle.encode(), usedforsecurity=False).hexdigest()
    return module if (module / "saved_model.pb").is_file() else None


def _is_ours(folder: Path) -> bool:
    """Whether a folder in the common one for temporary files is this user's.

    A module is a program: another user must not be able to put one there.
    """
    try:
        return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
    except OSError:
        return False


def _library() -> ModuleType:
    try:
        with warnings.catch_warnings():
            # It imports pkg_resources, which warns that it will be gone.
            warnings.simplefilter("ignore")
            return importlib.import_module("tensorflow_hub")
    except ImportError as error:
        raise InputError(
            f"TensorFlow Hub's library cannot be imported ({error}). Install tfvis[hub], which "
            "takes tensorflow-hub and a setuptools below 82."
        ) from None


def resolve(handle: str) -> Path:
    """The folder of a module: that of the cache, else it is fetched into it.

    Raises:
        InputError: the library is missing, or the module cannot be had.
    """
    # What is there already needs no library.
    if (found := cached(handle)) is not None:
        return found
    library = _library()
    try:
        return Path(library.resolve(handle))
    except Exception as error:
        # urllib's, TensorFlow's and the library's own errors.
        reason = one_line(error)
        raise InputError(
            f"Cannot fetch {handle!r} from TensorFlow Hub: {reason}. Expected a connection, the "
            f"module in ${CACHE_VARIABLE}, or the folder of a module instead of its address."
        ) from None
