"""What `tfvis mosaic` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from tfvis.utils.errors import InputError, unknown
from tfvis.utils.mosaic_options import FORMATS, MosaicOptions

from .base import exists, require_choice, require_writable

NAME = "mosaic"
"""Of the files, where only a folder is named."""

_VECTOR = (".svg", ".eps", ".ps", ".pgf", ".emf")


@dataclass(frozen=True, kw_only=True)
class MosaicSettings:
    """The options of `tfvis mosaic`.

    Attributes:
        results: folders with results.
        output: a folder, or a file that ends in .png or .pdf.
        formats: "png", "pdf" or both; that of the output file if empty, both for a folder.
        options: how the mosaic is laid out.
        quiet: print only errors, and warnings that must not be missed.

    Raises:
        InputError: on construction, for a value that cannot be used.
    """

    results: tuple[Path, ...]
    output: Path = Path()
    formats: tuple[str, ...] = ()
    options: MosaicOptions = field(default_factory=MosaicOptions)
    quiet: bool = False

    def __post_init__(self) -> None:
        for kind in self.formats:
            require_choice("format", kind, FORMATS)
        if self._is_folder:
            return
        ending = self._ending
        if ending not in FORMATS:
            raise unknown("format", ending, FORMATS)
        if self.formats and ending not in self.formats:
            raise InputError(
                f"Expected --format to name {ending}, the ending of {str(self.output)!r}, received "
                f"{' '.join(self.formats)}."
            )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The formats that are written, each once."""
        if self.formats:
            return tuple(dict.fromkeys(self.formats))
        return FORMATS if self._is_folder else (self._ending,)

    @property
    def files(self) -> list[Path]:
        """The files that are written."""
        if self._is_folder:
            return [self.output / f"{NAME}.{kind}" for kind in self.kinds]
        stem = self.output.with_suffix("")
        return [
            self.output if kind == self._ending else stem.with_name(f"{stem.name}.{kind}")
            for kind in self.kinds
        ]

    @property
    def _ending(self) -> str:
        return self.output.suffix.lower().removeprefix(".")

    @property
    def _is_folder(self) -> bool:
        """Whether the output is a folder: it is one, or does not end as a picture does."""
        suffix = self.output.suffix.lower()
        pictures = (".pdf", *_VECTOR, *Image.registered_extensions())
        return suffix not in pictures or (exists(self.output) and self.output.is_dir())

    def require_files(self) -> None:
        """Raise an `InputError` if the output cannot be written."""
        require_writable(self.files[0].parent)
