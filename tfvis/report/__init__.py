"""The only writer of a run's output."""

from .explanations import RunFolder, initials
from .paths import safe_name
from .writing import unit

__all__ = ["RunFolder", "initials", "safe_name", "unit"]
