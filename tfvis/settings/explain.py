"""What `tfvis explain` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass

from tfvis.utils.errors import InputError

from .base import ImageSettings
from .groups import GroupSettings


@dataclass(frozen=True, kw_only=True)
class ExplainSettings(GroupSettings, ImageSettings):
    """The options of `tfvis explain`.

    Attributes:
        read_attributions: read them instead of computing them.
        no_icons: render no icons.
        check: find out what each group is worth as evidence.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    read_attributions: bool = False
    no_icons: bool = False
    check: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.no_icons and self.icon_changes:
            flags = [f"--icon-{name.replace('_', '-')}" for name in self.icon_changes]
            raise InputError(f"Expected {', '.join(flags)} without --no-icons, received both.")
