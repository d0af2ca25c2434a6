"""The papers' experiments: a configuration in, results out."""

from __future__ import annotations

from ..runtime.moved_names import no_attribute


def __getattr__(name: str) -> object:
    raise no_attribute(__name__, name)
