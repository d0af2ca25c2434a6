"""TensorFlow's start-up lines, about CUDA, oneDNN or the processor, are kept off stderr."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib.abc
import importlib.machinery
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import BinaryIO

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_NOTHING = "3"
"""The level at which TensorFlow logs nothing but what ends the process, once it has started."""

_TENSORFLOW = ("tensorflow", "keras")
"""What starts it: Keras imports TensorFlow."""


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Keep the lines that TensorFlow writes while it starts off stderr.

    Nothing is changed where the user has set `TF_CPP_MIN_LOG_LEVEL` to a level that shows some.
    """
    if os.environ.setdefault(_LEVEL, _NOTHING) == _NOTHING:
        with _without_start_up_lines():
            yield
    else:
        yield


@contextlib.contextmanager
def _without_start_up_lines() -> Iterator[None]:
    """Keep what is written to stderr meanwhile, and write afterwards what is no start-up line.

    TensorFlow's C++ start-up lines come before its own log level takes effect. What other threads
    write is late, but not lost. Of a process that is ended meanwhile, by a processor that
    TensorFlow was not built for, Python's own report is written.
    """
    with contextlib.ExitStack() as ended:
        try:
            kept = os.dup(2)
            ended.callback(os.close, kept)
            held = ended.enter_context(tempfile.TemporaryFile())
        except OSError:  # the process has no stderr, or the disk is full
            yield
            return
        reports = not faulthandler.is_enabled()
        with contextlib.suppress(AttributeError, ValueError):  # it is None, or closed
            sys.stderr.flush()
        try:
            if reports:
                faulthandler.enable(kept)
            os.dup2(held.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            if reports:
                faulthandler.disable()
            _write_others(held, kept)


_START_UP = re.compile(
    rb"[IWE]\d{4} .*\]"  # absl's mark
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:[\d.]+: [IWE] "
    rb"|WARNING: All log messages before absl::InitializeLog"
    rb"|To enable the following instructions: "
)


def _write_others(held: BinaryIO, stderr: int) -> None:
    """Write the lines that TensorFlow does not write at every start."""
    held.seek(0)
    others = b"".join(line for line in held if not _START_UP.match(line))
    with contextlib.suppress(OSError):
        while others:
            others = others[os.write(stderr, others) :]


def hide_start_up_lines() -> None:
    """Let TensorFlow start quietly where a module of tfvis is the first that imports it.

    Where the user's own code imports it, before tfvis or after it, that is the user's affair.
    """
    known = any(isinstance(finder, _Finder) for finder in sys.meta_path)
    if not known and "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow and Keras as Python does; they are loaded quietly if tfvis asks for them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of TensorFlow or Keras for a module of tfvis; None for all else."""
        if fullname not in _TENSORFLOW or _importer().partition(".")[0] != "tfvis":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _QuietLoader(spec.loader)
        return spec


class _QuietLoader(importlib.abc.Loader):
    """Loads a module as its own loader does, without what is written to stderr meanwhile."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """See `importlib.abc.Loader`."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`; afterwards the module is as its own loader makes it."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        with quiet_start():
            self._loader.exec_module(module)


def _importer() -> str:
    """The name of the module whose import statement is being carried out."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name != __name__ and name.partition(".")[0] not in ("importlib", "_frozen_importlib"):
            return name
        frame = frame.f_back
    return ""
