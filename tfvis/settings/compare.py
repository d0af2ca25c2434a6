"""What `tfvis compare` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tfvis.utils.errors import InputError

from .groups import GroupSettings


@dataclass(frozen=True, kw_only=True)
class CompareSettings(GroupSettings):
    """The options of `tfvis compare`.

    Attributes:
        before: the file of the image before a change.
        after: the file of the image after it.
        name: what the results are called; the name of the image after if None.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    before: Path = Path("before.png")
    after: Path = Path("after.png")
    name: str | None = None

    def __post_init__(self) -> None:
        if self.name is not None and not self.name.strip():
            raise InputError(f"Expected name to have a letter or more, received {self.name!r}.")
        super().__post_init__()
