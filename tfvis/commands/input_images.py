"""The images that a command explains: looked at before a download, decoded once, named."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tfvis.utils.file_names import as_text, safe_name
from tfvis.utils.image_sources import ImageFile, SourceImage

from ..models import is_name
from ..models.auto import AUTO, FAMILIES
from ..models.registry import SPECS, spec_of
from ..runtime import command_line
from ..settings.base import ImageSettings, RunSettings
from .options import chosen

if TYPE_CHECKING:
    from tfvis.utils.network import Network

S = TypeVar("S", bound=ImageSettings)

_EXAMPLE_SIZE = (224, 224)
_KEPT = 64
"""So many images of a run are kept in memory; those beyond are decoded again in their turn."""


@dataclass(frozen=True, eq=False)
class InputImage:
    """An image of the command line.

    Attributes:
        name: what its results are called.
        file: its file; the name of an example image where there is none.
        decoded: what was read of the file, at the network's size if that is known.
        file_size: (height, width) of the file; None where there is none.
    """

    name: str
    file: Path | str
    decoded: ImageFile | SourceImage | None = field(default=None, repr=False)
    file_size: tuple[int, int] | None = None

    @property
    def is_example(self) -> bool:
        """Whether it is an example image of tfvis, or a file of one."""
        from ..datasets.example_images import is_example_scene

        if isinstance(self.file, str):
            return True
        read = self.decoded
        if isinstance(read, ImageFile):
            read = read.at(_EXAMPLE_SIZE, "crop")
        return isinstance(read, SourceImage) and is_example_scene(self.file.stem, read.pixels)

    def cropping(self, net: Network, fit: str) -> str | None:
        """A line that says which part of the image is looked at; None if it is the whole."""
        if self.file_size is None or fit != "crop":
            return None
        height, width = self.file_size
        wanted = net.input_size
        scale = min(height / wanted[0], width / wanted[1])
        rows, columns = round(scale * wanted[0]), round(scale * wanted[1])
        if (rows, columns) == self.file_size:
            return None
        return (
            f"{self.name}: only the central {rows} × {columns} of {height} × {width} pixels are "
            "used; --fit squash uses the whole image."
        )

    def at(self, net: Network, fit: str) -> SourceImage:
        """The image at the network's size."""
        found = self.decoded
        if isinstance(self.file, str):
            from ..datasets.example_images import example_source

            return replace(example_source(self.file, net.input_size), name=self.name)
        if not isinstance(found, SourceImage) or found.size != tuple(net.input_size):
            read = found if isinstance(found, ImageFile) else ImageFile.read(self.file)
            found = read.at(net.input_size, fit)
        return replace(found, name=self.name)


class AddImages(argparse.Action):
    """Adds to the images that are typed; a configuration file's are left out once any is."""

    def __call__(  # noqa: D102 - argparse's
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if values is self.default or not values:  # no argument
            return
        before = getattr(namespace, self.dest, self.default)
        typed = [] if before is self.default else before
        setattr(namespace, self.dest, [*typed, *values])


def add_images(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name images."""
    parser.add_argument(
        "images", nargs="*", action=AddImages, type=Path, default=(), metavar="IMAGE",
        help="the images, in any format that Pillow reads (default: the network's example image)",
    )  # fmt: skip
    parser.add_argument(
        "--image", "--images", dest="images", nargs="+", action=AddImages, type=Path, default=(),
        metavar="IMAGE", help="the same, as an option",
    )  # fmt: skip


def images_and_network(settings: S, say: Callable[[str], None]) -> tuple[tuple[InputImage, ...], S]:
    """The images that are asked for, and the settings with a network in place of `auto`.

    The images are read first, before anything is downloaded. Where none is named, it is the
    network's example image, whose classes are those of the family if none are named. A network that
    knows no photographs says so.

    Args:
        settings: what is asked for.
        say: prints a line.

    Raises:
        InputError: see `read_images`.
    """
    images = read_images(settings)
    settings = chosen(settings, say)
    if not images and not settings.classes:
        classes = FAMILIES[settings.family].classes.get(settings.model, ())
        settings = replace(settings, classes=classes)
        if classes:
            command_line.resolve(classes=classes)
    images = or_example(images, settings)
    if hint := domain_hint(images, settings):
        say(hint)
    return images, settings


def read_images(settings: ImageSettings) -> tuple[InputImage, ...]:
    """Read and decode the images that are named, before anything is downloaded.

    Raises:
        InputError: a file is missing, no image, or truncated.
    """
    return tuple(_read(settings))


def _read(settings: ImageSettings) -> Iterable[InputImage]:
    size = _known_size(settings)
    for k, file in enumerate(settings.images):
        picture = ImageFile.read(file)
        file_size = picture.picture.height, picture.picture.width
        read: ImageFile | SourceImage | None = picture
        if k >= _KEPT or (size is None and len(settings.images) > 1):
            read = None  # decoded again in its turn: large photographs would fill the memory
        elif size is not None:
            read = picture.at(size, settings.fit)
        yield InputImage(settings.name or as_text(file.stem), file, read, file_size)


def _known_size(settings: ImageSettings) -> tuple[int, int] | None:
    """The size of the network's images, as far as that is known before it is loaded."""
    if settings.model == AUTO:
        sizes = {spec_of(name).input_size for name in FAMILIES[settings.family].networks}
        return sizes.pop() if len(sizes) == 1 else None
    return SPECS[settings.model].input_size if is_name(settings.model) else settings.input_size


def or_example(images: tuple[InputImage, ...], settings: ImageSettings) -> tuple[InputImage, ...]:
    """The images, or the example image of the chosen network where none is named."""
    if images:
        return images
    spec = settings.spec or spec_of(FAMILIES["inception"].preferred)
    example = FAMILIES[settings.family].examples.get(spec.name, spec.example)
    return (InputImage(settings.name or example, example),)


def domain_hint(images: Iterable[InputImage], settings: RunSettings) -> str | None:
    """A line that says what the chosen network knows, where that is not photographs.

    No network can tell whether an image is one. None if all are scenes that come with tfvis.
    """
    spec = settings.spec
    if spec is None or spec.domain is None or all(image.is_example for image in images):
        return None
    return (
        f"{spec.name} knows {spec.domain} only: what it answers about a photograph means nothing."
    )


def require_same_images(images: Iterable[InputImage], settings: RunSettings, net: Network) -> None:
    """Raise an `InputError` where earlier results of the same name are of another image."""
    from tfvis.utils.provenance import provenance

    from ..report import require_same_image

    for image in images:
        folder = settings.output / safe_name(image.name)
        if folder.is_dir():
            source = image.at(net, settings.fit)
            require_same_image(folder, provenance(net, source, method=""))
