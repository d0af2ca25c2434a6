"""What `tfvis invert` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.errors import unknown

from ..explainers.guided_inversion.presets import BACKGROUNDS, InversionOptions, require_order
from ..models.registry import ModelSpec
from .base import ImageSettings, exists, layer_names

if TYPE_CHECKING:
    from tfvis.utils.network import Network


@dataclass(frozen=True, kw_only=True)
class InvertSettings(ImageSettings):
    """The options of `tfvis invert`.

    Attributes:
        inversion: layers and terms.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    family: str = "inversion"
    inversion: InversionOptions = InversionOptions()
    output: Path = Path("generated")

    def _require_names(self, subject: ModelSpec | Network) -> tuple[str | int, ...]:
        """See `NetworkSettings._require_names`; the layers too, and their order."""
        *base, kept = subject.inversion_layers
        base = layer_names(subject, self.inversion.base_layer or tuple(base))
        (kept,) = layer_names(subject, (self.inversion.inversion_layer or kept,))
        require_order(base, kept, subject.precedes)
        return super()._require_names(subject)

    def require_files(self) -> None:
        """Raise an `InputError` if a file is not there, or the output cannot be written."""
        super().require_files()
        background = self.inversion.background
        if background not in BACKGROUNDS and not exists(Path(background)):
            raise unknown("background", background, (*BACKGROUNDS, "an image file"))
