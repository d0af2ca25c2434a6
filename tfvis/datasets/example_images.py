"""Example images: rendered scenes, and one of photographs that scikit-image brings along (CC0).

The scenes are JPEG files that come with tfvis. A checkout has the same files in `data/`, where they
can be named as any other file. `python -m tfvis.datasets.example_images --output DIR` renders them
again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tfvis.utils import images
from tfvis.utils.errors import InputError, unknown
from tfvis.utils.image_sources import ImageFile, SourceImage
from tfvis.utils.images import resize

from ..critters.dataset import TEST_SEED
from ..critters.scene import Scene, render_scene
from ..models.registry import DATA
from ..runtime.terminal import Parser


def _cat_coffee(size: tuple[int, int]) -> SourceImage:
    """A cat beside a cup of coffee, each in one half."""
    from skimage import data

    height, width = size
    left = width // 2
    cat = _half(data.chelsea(), centre=(0.51, 0.5), size=(height, left))
    coffee = _half(data.coffee(), centre=(0.53, 0.5), size=(height, width - left))
    return SourceImage(np.concatenate([cat, coffee], axis=1), "cat_coffee")


def _half(photograph: np.ndarray, centre: tuple[float, float], size: tuple[int, int]) -> np.ndarray:
    """The largest part of a photograph around `centre` (x, y as shares) with size's shape."""
    height, width = photograph.shape[:2]
    scale = min(height / size[0], width / size[1])
    rows, columns = round(size[0] * scale), round(size[1] * scale)
    top = int(np.clip(round(centre[1] * height - rows / 2), 0, height - rows))
    left = int(np.clip(round(centre[0] * width - columns / 2), 0, width - columns))
    part = photograph[top : top + rows, left : left + columns]
    return resize(np.float32(part) / 255, size)


def _astronaut(size: tuple[int, int]) -> SourceImage:
    """A person, of whom ImageNet has no class."""
    from skimage import data

    return SourceImage(_half(data.astronaut(), centre=(0.5, 0.5), size=size), "astronaut")


SCENES: dict[str, tuple[tuple[str, ...], int]] = {
    "dog_cat224": (("dog", "cat"), TEST_SEED + 50_000_096),
    "owl_rabbit224": (("owl", "rabbit"), TEST_SEED + 50_000_065),
    "zebra_elephant224": (("zebra", "elephant"), TEST_SEED + 50_000_161),
    "fish_butterfly_boat_house224": (
        ("fish", "butterfly", "boat", "house"),
        TEST_SEED + 50_000_002,
    ),
}
"""The classes and the seed of each example scene."""


def example_scene(name: str, size: int = 224) -> Scene:
    """An example scene by name, with its masks and boxes.

    Its image is the one that was rendered. `example_image` is the JPEG file of it, which differs by
    a few of 255 levels.
    """
    if name not in SCENES:
        raise unknown("example scene", name, SCENES)
    classes, seed = SCENES[name]
    return render_scene(classes, seed=seed, size=size)


def _scene(name: str, size: tuple[int, int]) -> SourceImage:
    return ImageFile.read(DATA / f"{name}.jpg").at(size)


_SOURCES: dict[str, Callable[[tuple[int, int]], SourceImage]] = {
    "cat_coffee": _cat_coffee,
    "astronaut": _astronaut,
    **{name: partial(_scene, name) for name in SCENES},
}


def example_source(name: str, size: tuple[int, int] = (224, 224)) -> SourceImage:
    """An example image by name, with where it came from; see `example_image`."""
    if name not in _SOURCES:
        raise unknown("example image", name, _SOURCES)
    return _SOURCES[name](size)


def example_image(name: str, size: tuple[int, int] = (224, 224)) -> np.ndarray:
    """An example image by name, float32 (height, width, 3) in [0, 1].

    Args:
        name: "cat_coffee", a cat beside a cup of coffee; "astronaut", a person; or one of
            `SCENES`, the image that `data/<name>.jpg` in a checkout has.
        size: (height, width).

    Raises:
        InputError: there is no such example.
    """
    return example_source(name, size).pixels


EXAMPLES: dict[str, Callable[[tuple[int, int]], np.ndarray]] = {
    name: partial(example_image, name) for name in _SOURCES
}


def is_example_scene(name: str, image: np.ndarray) -> bool:
    """Whether an image is the example scene of this name, and not another image that is called so.

    Args:
        name: of the image's file.
        image: float32 (H, W, 3) in [0, 1]; a few percent off, as JPEG makes it, will do.
    """
    if name not in SCENES:
        return False
    height, width = image.shape[:2]
    return float(np.abs(image - example_image(name, (height, width))).mean()) < 0.03


def main(argv: list[str] | None = None) -> int:
    """Write the example scenes; returns the exit status."""
    parser = Parser(
        prog="python -m tfvis.datasets.example_images",
        description="Render the example scenes as JPEG files.",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("data"), metavar="DIR",
        help="where to write (default: %(default)s)",
    )  # fmt: skip
    folder = parser.parse_args(argv).output
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in SCENES:
            images.save(folder / f"{name}.jpg", example_scene(name).image)
    except InputError as error:
        sys.stderr.write(f"{parser.prog}: error: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{parser.prog}: error: Cannot write {str(folder)!r}: {error.strerror}.\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
