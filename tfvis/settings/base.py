"""What every run on images is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.file_names import safe_name
from tfvis.utils.images import FITS
from tfvis.utils.memory_bounds import memory_size

from ..models import is_address, is_name
from ..models.auto import AUTO, FAMILIES
from ..models.registry import SPECS, ModelSpec, spec_of

if TYPE_CHECKING:
    from typing_extensions import Self

    from tfvis.utils.labels import Labels
    from tfvis.utils.network import Network

DESCRIPTION = (
    "value_range",
    "channel_order",
    "mean",
    "std",
    "input_size",
    "labels",
    "logits",
    "signature",
)
"""The options that say of a model of one's own what its file does not."""

_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTSUP)
_DEVICE = re.compile(r"(CPU|GPU):\d+")


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """Which network, which classes and how: the options of a command that writes no files.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    family: str = "inception"
    model: str = AUTO
    weights: Path | str | None = None
    value_range: tuple[float, float] | None = None
    channel_order: str | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    input_size: tuple[int, int] | None = None
    labels: Path | None = None
    logits: str | None = None
    signature: str | None = None
    classes: tuple[str | int, ...] = ()
    seed: int = 0
    device: str | None = None
    jit: bool = False
    memory: str | None = None
    fit: str = "crop"
    quiet: bool = False

    def __post_init__(self) -> None:
        require_choice("fit", self.fit, FITS)
        require_count("seed", self.seed, 0)
        if self.seed >= 2**31:
            raise InputError(f"Expected seed below 2147483648, received {self.seed}.")
        if self.device is not None and not _DEVICE.fullmatch(self.device):
            raise InputError(
                f"Expected device to be like CPU:0 or GPU:0, received {self.device!r}."
            )
        if self.memory is not None:
            memory_size(self.memory)  # or an error
        require_choice("family", self.family, FAMILIES)
        self._require_fitting_names()

    def _require_fitting_names(self) -> None:
        """Names that the registry knows are checked here, long before the network is built."""
        if not is_name(self.model):
            return
        if self.description:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in self.description)
            raise InputError(
                f"Expected {options} for a model of your own only: what {self.model!r} takes is "
                "known."
            )
        if self.model != AUTO:
            if self.model not in SPECS:
                raise unknown("model", self.model, (AUTO, *SPECS))
            # Once resolved, names are not looked up again.
            object.__setattr__(self, "classes", self._require_names(spec_of(self.model)))
            return
        # They must fit one of the networks that `auto` may turn out to be.
        family, errors = FAMILIES[self.family], dict[str, InputError]()
        for name in family.networks:
            try:
                self._require_names(spec_of(name))
            except InputError as error:
                errors[name] = error
            else:
                return
        first, last = family.preferred, family.fallback
        raise InputError(f"{first}: {errors[first]} {last}: {errors[last]}")

    def _require_names(self, subject: ModelSpec | Network) -> tuple[str | int, ...]:
        """The classes by index; an `InputError` for a name that a network does not know."""
        return _class_indices(subject, self.classes)

    def fitted(self, subject: ModelSpec | Network) -> Self:
        """The same with classes by index, each once.

        Raises:
            InputError: the network has no such class.
        """
        return replace(self, classes=_class_indices(subject, self.classes))

    def require_files(self) -> None:
        """Raise an `InputError` if the network's or weights' file or folder is not there."""
        if (
            self.weights is not None
            and not is_address(self.weights)
            and not exists(Path(self.weights))
        ):
            raise InputError(f"No weights at {str(self.weights)!r}. Expected a file or folder.")
        if not is_name(self.model) and not is_address(self.model) and not exists(Path(self.model)):
            raise InputError(
                f"No model at {self.model!r}. Expected a name ({', '.join((AUTO, *SPECS))}), or a "
                "file or folder that is there."
            )

    @property
    def spec(self) -> ModelSpec | None:
        """What is known of the network that is asked for; None for one of one's own.

        Raises:
            ValueError: that is still `auto`; see `tfvis.models.choose`.
        """
        if self.model == AUTO:
            raise ValueError("Expected a network to be chosen, received model='auto'.")
        return spec_of(self.model) if is_name(self.model) else None

    @property
    def description(self) -> dict[str, Any]:
        """What is said of a model of one's own: keywords of `tfvis.load_model`."""
        found = {name: getattr(self, name) for name in DESCRIPTION}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def class_indices(self) -> tuple[int, ...]:
        """The classes of `fitted` settings; none to take the network's top two."""
        return tuple(map(int, self.classes))


@dataclass(frozen=True, kw_only=True)
class RunSettings(NetworkSettings):
    """The options of a command that writes results.

    Attributes:
        output: the folder to write to.
    """

    output: Path = Path()

    def require_files(self) -> None:
        """Raise an `InputError` if a file is not there, or the output cannot be written."""
        super().require_files()
        require_writable(self.output)


@dataclass(frozen=True, kw_only=True)
class ImageSettings(RunSettings):
    """The options of a command that explains images.

    Attributes:
        images: the images' files; the network's example image if empty.
        name: of the results of a single image; its file's if None.
    """

    images: tuple[Path, ...] = ()
    name: str | None = None

    def __post_init__(self) -> None:
        if self.name is not None and not self.name.strip():
            raise InputError(f"Expected name to have a letter or more, received {self.name!r}.")
        if self.name is not None and len(self.images) > 1:
            raise InputError(
                f"Expected --name with a single image, received {len(self.images)} images."
            )
        names: dict[str, Path] = {}
        for file in self.images:
            # Also on systems on which A and a are one folder.
            other = names.setdefault(safe_name(file.stem).casefold(), file)
            if other is not file:
                if other == file:
                    raise InputError(f"Expected each image once, received {str(file)!r} twice.")
                raise InputError(
                    f"Expected images of different names, received {str(other)!r} and "
                    f"{str(file)!r}, whose results would have one folder. Give them different "
                    "--output folders."
                )
        super().__post_init__()


def _class_indices(
    subject: ModelSpec | Network, classes: tuple[str | int, ...]
) -> tuple[str | int, ...]:
    """Classes by index, each once; as they are, where their names are not known yet."""
    if subject.labels is None:
        return classes
    return tuple(dict.fromkeys(_class_index(subject.labels, name) for name in classes))


def _class_index(labels: Labels, name: str | int) -> int:
    try:
        return labels.index(name)
    except InputError as error:
        if isinstance(name, str) and exists(Path(name)):
            # All words after --classes are classes.
            raise InputError(
                f"{error} It is a file: name images before --classes, or after --image."
            ) from None
        raise


def layer_names(subject: ModelSpec | Network, layers: tuple[str, ...]) -> tuple[str, ...]:
    """Layers as a network calls them, each once.

    A name that only the network itself may know is left as it is, before it is loaded.

    Raises:
        InputError: the network has no such layer.
    """
    find = subject.layer if isinstance(subject, ModelSpec) else subject.require_layer
    return tuple(dict.fromkeys(find(name) for name in layers))


def require_choice(what: str, value: str, choices: Collection[str]) -> None:
    """Raise an `InputError` unless a value is one of the choices."""
    if value not in choices:
        raise unknown(what, value, choices)


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; an `InputError` if the system does not say."""
    try:
        return path.exists()
    except OSError as error:
        raise InputError(f"Cannot look at {str(path)!r}: {error.strerror}.") from None


def require_writable(folder: Path) -> None:
    """Raise unless the folder, or the nearest one above it that exists, can be written to."""
    try:
        whole = folder.absolute()
    except OSError as error:  # the current folder is gone
        raise InputError(f"Cannot find the folder {str(folder)!r}: {error.strerror}.") from None
    above = next(path for path in (whole, *whole.parents) if exists(path) or path.is_symlink())
    if not exists(above):
        raise InputError(f"Expected --output to be a folder: {str(above)!r} is a link to nothing.")
    if not above.is_dir():
        raise InputError(f"Expected --output to be a folder: {str(above)!r} is a file.")
    if not os.access(above, os.W_OK | os.X_OK):
        reason = errno.EROFS if _is_read_only(above) else errno.EACCES
        raise InputError(
            f"Cannot write to the output folder {str(folder)!r}: {os.strerror(reason)}."
        )
    try:
        # Some file systems, /proc above all, say that they can be written to and cannot.
        with tempfile.TemporaryDirectory(prefix=".tfvis-", dir=above):
            pass
    except OSError as error:
        if error.errno in _REFUSED:
            raise InputError(
                f"Cannot write to the output folder {str(folder)!r}: {error.strerror}."
            ) from None


def _is_read_only(folder: Path) -> bool:
    """Whether a folder's file system is; `os.access` does not say why a folder is refused."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except (OSError, AttributeError):  # Windows has no such call
        return False
