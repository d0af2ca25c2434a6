"""The only writer of a run's output."""

from .explanations import RunFolder, initials
from .paths import safe_name
from .writing import require_result_folder, result_folder, write_result

__all__ = [
    "RunFolder",
    "initials",
    "require_result_folder",
    "result_folder",
    "safe_name",
    "write_result",
]
