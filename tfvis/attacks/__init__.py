"""Attacks: changes of an image that make a network answer otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime.lazy_names import lazy_names
from .options import FgsmOptions, PatchOptions, PgdOptions

if TYPE_CHECKING:
    from .gradient_attacks import fgsm, pgd
    from .patch import AdversarialPatch, apply_patch
    from .samples import AdversarialSample

_HOME = {
    "AdversarialPatch": "patch",
    "AdversarialSample": "samples",
    "apply_patch": "patch",
    "fgsm": "gradient_attacks",
    "pgd": "gradient_attacks",
}

__all__ = [
    "AdversarialPatch",
    "AdversarialSample",
    "FgsmOptions",
    "PatchOptions",
    "PgdOptions",
    "apply_patch",
    "fgsm",
    "pgd",
]

__getattr__, __dir__ = lazy_names(__name__, _HOME, __all__)
