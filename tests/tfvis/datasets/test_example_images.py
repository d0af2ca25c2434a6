from pathlib import Path

import numpy as np
import pytest

from tfvis.datasets.example_images import (
    EXAMPLES,
    SCENES,
    example_image,
    example_scene,
    example_source,
    main,
)
from tfvis.models import SPECS
from tfvis.utils import images
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import ImageFile

ROOT = Path(__file__).parents[3]


def test_the_cat_is_beside_the_coffee():
    image = example_image("cat_coffee", (224, 224))
    assert image.shape == (224, 224, 3)
    assert image.dtype == np.float32
    # The table and the saucer are redder than the cat.
    redness = image[..., 0] - image[..., 2]
    assert redness[:, 112:].mean() > redness[:, :112].mean() + 0.05


def test_sizes_that_are_not_square():
    assert example_image("cat_coffee", (64, 101)).shape == (64, 101, 3)


def test_every_network_has_an_example():
    assert {spec.example for spec in SPECS.values()} <= set(EXAMPLES)


def test_an_unknown_example():
    with pytest.raises(InputError, match="Unknown example image 'cat_coffe'. Closest: cat_coffee"):
        example_image("cat_coffe")


@pytest.mark.parametrize("name", SCENES)
def test_an_example_scene_is_the_file_in_data(name):
    """To the last bit, also at another size: naming the file changes no number of a result."""
    file = ROOT / "data" / f"{name}.jpg"
    for size in [(224, 224), (96, 64)]:
        found, named = example_source(name, size), ImageFile.read(file).at(size)
        np.testing.assert_array_equal(found.pixels, named.pixels)
        assert (found.name, found.file_digest) == (named.name, named.file_digest)
    np.testing.assert_array_equal(example_image(name), images.load(file))


@pytest.mark.parametrize("name", SCENES)
def test_the_files_are_the_rendered_scenes(name):
    """JPEG's rounding aside: quality 95 keeps every level within a few of 255."""
    scene = example_scene(name)
    assert scene.labels == SCENES[name][0]
    assert example_image(name).shape == scene.image.shape == (224, 224, 3)
    assert np.abs(example_image(name) - scene.image).mean() < 3 / 255


def test_the_command_writes_them_all_and_the_same_again(tmp_path):
    assert main(["--output", str(tmp_path / "one")]) == 0
    assert main(["--output", str(tmp_path / "two")]) == 0
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(f"{name}.jpg" for name in SCENES)
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_folder_that_cannot_be_written_to_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["--output", str(tmp_path / "file")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("python -m tfvis.datasets.example_images: error: Cannot write")
    assert error.count("\n") == 1
