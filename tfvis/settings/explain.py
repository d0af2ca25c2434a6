"""What `tfvis explain` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass

from .base import ImageSettings
from .groups import GroupSettings


@dataclass(frozen=True, kw_only=True)
class ExplainSettings(GroupSettings, ImageSettings):
    """The options of `tfvis explain`.

    Attributes:
        read_attributions: read them instead of computing them.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    read_attributions: bool = False
