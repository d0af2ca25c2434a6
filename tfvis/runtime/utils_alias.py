"""The name `utils` for `tfvis.utils`, in a checkout."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

_OTHER, _OWN = "utils", "tfvis.utils"


class _Loader(importlib.abc.Loader):
    """Loads a module of `tfvis.utils` under its other name: the same module, not a copy."""

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself."""
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to do but to restore the spec, which the import system has replaced."""
        module.__spec__ = self._spec

    def get_code(self, fullname: str) -> CodeType | None:
        """The module's code, which `python -m utils.x` runs."""
        spec = importlib.util.find_spec(self._name)
        if spec is None or not isinstance(spec.loader, importlib.abc.InspectLoader):
            raise ImportError(f"No code of {self._name}.", name=fullname)
        return spec.loader.get_code(self._name)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds `utils.x` as `tfvis.utils.x`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module of `utils`; None for any other name."""
        package, _, module = fullname.partition(".")
        if package != _OTHER or not module or sys.modules.get(_OTHER) is not sys.modules[_OWN]:
            return None
        found = importlib.util.find_spec(f"{_OWN}.{module}")
        if found is None:
            return None
        return ModuleSpec(fullname, _Loader(found.name), origin=found.origin)


def alias_utils() -> None:
    """Let the module that is being imported as `utils` be `tfvis.utils`, with all its modules."""
    sys.modules[_OTHER] = importlib.import_module(_OWN)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
