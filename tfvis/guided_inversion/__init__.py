"""`python -m tfvis.guided_inversion` is `tfvis invert`.

The method itself is in `tfvis.explainers.guided_inversion`.
"""

from __future__ import annotations

from ..runtime.moved_names import no_attribute


def __getattr__(name: str) -> object:
    raise no_attribute(__name__, name)
