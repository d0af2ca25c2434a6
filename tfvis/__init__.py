"""See which features inside an image classifier speak for or against a class.

Everything public in `utils` is also here.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from utils import *  # noqa: F403

    from .baselines import grad_cam, randomised
    from .examples import example_image
    from .experiments import Explanation, attribute, explain
    from .faithfulness import Localisation, localise
    from .models import load_model


def _require_own_utils() -> None:
    """Raise an ImportError that names the file if another module called `utils` hides ours."""
    ours = Path(__file__).resolve().parents[1] / "utils" / "__init__.py"
    if "utils" in sys.modules:
        found = getattr(sys.modules["utils"], "__file__", None)
    else:
        spec = importlib.util.find_spec("utils")
        found = spec.origin if spec is not None else None
    if found is None or Path(found).resolve() != ours:
        raise ImportError(
            f"tfvis needs its own package `utils` at {ours}, but {found or 'nothing'} comes first "
            "under that name: rename it, or put tfvis's folder before it on sys.path."
        )


_require_own_utils()

import utils  # noqa: E402

_HOME = {
    "Explanation": "experiments",
    "Localisation": "faithfulness",
    "attribute": "experiments",
    "example_image": "examples",
    "explain": "experiments",
    "grad_cam": "baselines",
    "load_model": "models",
    "localise": "faithfulness",
    "randomised": "baselines",
}

__all__ = ["__version__", *sorted([*_HOME, *utils.__all__])]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    if name in utils.__all__:
        return getattr(utils, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
