"""Where results are, known before any heavy library is imported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tfvis.utils.channel_attribution import ChannelAttribution, stored_provenance
from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text, layer_name, on_disk, safe_name
from tfvis.utils.provenance import Provenance

from .earlier import require_same_image
from .folder_locks import locked
from .own_files import is_plain
from .working_folder import WorkingFolder
from .writing import require_folder, require_result_folder, writing


def inversion_folder(output: Path, image: str) -> Path:
    """The result folder of an image's guided inversion, by the image's name.

    Where the folder has a result of other options or classes, a new one goes beside it; see
    `answer_folder`.
    """
    return output / safe_name(image) / "guided_inversion"


def localisation_folder(output: Path, title: str) -> Path:
    """The result folder of the table of this title.

    Where the folder has a result of another table or of other options, a new one goes beside it;
    see `answer_folder`.
    """
    return output / safe_name(title) / "localisation"


def evaluation_folder(output: Path, title: str) -> Path:
    """The result folder of the evaluation of this title; see `answer_folder` for a second one."""
    return output / safe_name(title) / "evaluation"


def initials(grouping: str) -> str:
    """The capitals of a grouping's name: FA for FactorAnalysis."""
    return "".join(letter for letter in grouping if letter.isupper()) or grouping


@dataclass(frozen=True)
class AttributionFiles:
    """Where the attributions of one class are, and its results.

    Attributes:
        output: the folder above all.
        image: the image's name.
        class_name: the class's, as part of a path.
        method: "Shap" or "IGSG".
        rather_than: the class that it is contrasted with, by index, if it is.
    """

    output: Path
    image: str
    class_name: str
    method: str
    rather_than: int | None = None

    @property
    def folder(self) -> Path:
        """The class's folder."""
        return self.output / safe_name(self.image) / f"{self.class_name}_{self.method}"

    def file(self, layer: str) -> Path:
        """The text file of a layer's attributions."""
        return self.folder / f"{self.method}_{layer_name(layer)}_{self.class_name}.txt"

    def require_folders(self, grouping: str, expected: Iterable[str] = ()) -> None:
        """Raise an `InputError` if the class's results cannot be written.

        Args:
            grouping: the grouping's name.
            expected: names of result folders that are known before anything is computed.
        """
        require_folder(self.folder / grouping)
        for name in expected:
            require_result_folder(self.folder / grouping / name)

    def save(self, attribution: ChannelAttribution) -> Path:
        """Write attributions, and return the text file.

        Raises:
            InputError: there are attributions or results of another image of the same name.
        """
        file = self.file(attribution.layer)
        self._require_same_image(file, attribution)
        with writing(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            working = WorkingFolder(file)
            try:
                working.begin()
                attribution.save(working.new / file.name)
                with locked(self.folder.parent):
                    # As it is by now: another run may have saved something meanwhile.
                    self._require_same_image(file, attribution)
                    if attribution.provenance is not None:
                        require_same_image(self.folder.parent, attribution.provenance)
                    for written in sorted(working.new.iterdir()):
                        written.replace(file.with_name(written.name))
            finally:
                working.end()
        return file

    def _require_same_image(self, file: Path, attribution: ChannelAttribution) -> None:
        """An interrupted run has left them without a result beside them, which would tell."""
        made, other = attribution.provenance, stored_provenance(file)
        if made is not None and other is not None and not made.shows_same_image(other):
            raise InputError(
                f"Expected attributions of this image in {str(file)!r}, found some of another "
                "image of the same name. Choose another --name or --output."
            )

    def load(self, layer: str, class_index: int, n_channels: int) -> ChannelAttribution:
        """Read attributions back.

        Raises:
            InputError: there are none, or they are of another layer or class, also if the text was
                edited, or do not fit.
        """
        file = self.file(layer)
        found = ChannelAttribution.load(
            file,
            method=self.method,
            layer=layer,
            class_index=class_index,
            n_channels=n_channels,
            rather_than=self.rather_than,
        )
        made = found.provenance
        if made is not None and (made.layer, made.class_name) != (layer, as_text(self.class_name)):
            raise InputError(
                f"Expected attributions of {layer!r} and {self.class_name!r} in {str(file)!r}, "
                f"found some of {made.layer!r} and {made.class_name!r}: compute them again."
            )
        return found


def class_part(made: Provenance | None, label: str) -> str:
    """A class's name as part of a path.

    Args:
        made: what made the result; its name of the class is taken if it is one part of a path, as
            it always is unless a file was tampered with.
        label: the class's name.
    """
    name = None if made is None else made.class_name
    if name is None or not is_plain(name) or name.startswith("."):
        return safe_name(label)
    return on_disk(name)
