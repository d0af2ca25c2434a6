"""Images of a command: looked at early, decoded once, and as large as the network wants them."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import PIL.Image
import pytest
from command_line import ROOT

from tfvis.commands import input_images
from tfvis.commands.input_images import (
    domain_hint,
    images_and_network,
    or_example,
    read_images,
)
from tfvis.models.auto import FAMILIES
from tfvis.models.registry import spec_of
from tfvis.runtime.command_line import CommandLine, current, running
from tfvis.settings.base import ImageSettings
from tfvis.settings.invert import InvertSettings
from tfvis.utils import images
from tfvis.utils.errors import InputError


@pytest.fixture
def files(tmp_path):
    """Three photographs of 60 × 90 pixels."""
    found = [tmp_path / f"photo{k}.png" for k in range(3)]
    for k, file in enumerate(found):
        colours = np.random.default_rng(k).integers(0, 255, (60, 90, 3), np.uint8)
        PIL.Image.fromarray(colours).save(file)
    return found


@pytest.fixture
def decoded(monkeypatch):
    """The files that are decoded, in order."""
    found, whole = [], PIL.Image.open

    def count(file, *arguments, **options):
        found.append(file)
        return whole(file, *arguments, **options)

    monkeypatch.setattr(PIL.Image, "open", count)
    return found


def net(height, width):
    return SimpleNamespace(input_size=(height, width))


@pytest.mark.parametrize("model", ["critters", "auto"])
def test_images_of_a_known_network_are_decoded_once(files, decoded, model):
    settings = ImageSettings(images=tuple(files), model=model)
    read = read_images(settings)
    assert decoded == files
    for image, file in zip(read, files, strict=True):
        found = image.at(net(224, 224), "crop")
        assert found.name == image.name == file.stem
        assert decoded == files
    expected = images.load(files[-1], (224, 224))
    np.testing.assert_array_equal(found.pixels, expected)


@pytest.mark.parametrize(
    ("size", "fit", "looked_at"),
    [
        ((224, 224), "crop", "60 × 60"),
        ((20, 20), "crop", "60 × 60"),
        ((20, 60), "crop", "30 × 90"),
        ((20, 30), "crop", None),
        ((224, 224), "squash", None),
    ],
)
def test_what_is_cropped_is_told(files, size, fit, looked_at):
    (image,) = read_images(ImageSettings(images=(files[0],), model="critters"))
    line = f"photo0: only the central {looked_at} of 60 × 90 pixels are used; --fit squash uses"
    told = image.cropping(net(*size), fit)
    assert told is None if looked_at is None else told.startswith(line)


def test_an_image_of_ones_own_network_is_decoded_once(files, decoded):
    (image,) = read_images(ImageSettings(images=(files[0],), model="own.keras"))
    found = image.at(net(20, 30), "squash")
    assert decoded == files[:1]
    np.testing.assert_array_equal(found.pixels, images.load(files[0], (20, 30), "squash"))


def test_many_images_do_not_fill_the_memory(files, decoded, monkeypatch):
    """Those beyond a number are looked at early, and decoded again in their turn."""
    monkeypatch.setattr(input_images, "_KEPT", 2)
    read = read_images(ImageSettings(images=tuple(files), model="critters"))
    sizes = [image.at(net(224, 224), "crop").size for image in read]
    assert decoded == [*files, files[2]]
    assert sizes == [(224, 224)] * 3


def test_images_of_a_network_of_unknown_size_are_read_at_its_size(files):
    read = read_images(ImageSettings(images=tuple(files), model="own.keras"))
    assert [image.at(net(16, 24), "crop").size for image in read] == [(16, 24)] * 3


def test_a_name_takes_the_files_place(files):
    (image,) = read_images(ImageSettings(images=(files[0],), model="critters", name="mine"))
    assert image.at(net(224, 224), "crop").name == "mine"


def test_without_images_it_is_the_networks_example():
    settings = ImageSettings(model="critters")
    (image,) = or_example(read_images(settings), settings)
    assert image.name == "dog_cat224"
    assert image.at(net(64, 64), "crop").size == (64, 64)


def test_guided_inversion_has_an_example_of_its_own():
    settings = InvertSettings(model="critters")
    (image,) = or_example((), settings)
    assert image.name == "owl_rabbit224"
    (image,) = or_example((), InvertSettings(model="googlenet"))
    assert image.name == "cat_coffee"


def test_the_default_example_is_the_file_in_data():
    """The same pixels of the same file: a run that names it replaces the results of one without."""
    file = Path(__file__).parents[3] / "data" / "dog_cat224.jpg"
    (default,) = or_example((), ImageSettings(model="critters"))
    (named,) = read_images(ImageSettings(images=(file,), model="critters"))
    found, expected = (image.at(net(224, 224), "crop") for image in (default, named))
    assert found.digest == expected.digest
    assert (found.name, found.file_digest) == (expected.name, expected.file_digest)


def test_the_example_can_have_a_name():
    settings = ImageSettings(model="critters", name="scene")
    (image,) = or_example((), settings)
    assert image.at(net(64, 64), "crop").name == image.name == "scene"


@pytest.mark.parametrize("model", ["critters", "own.keras"])
def test_a_file_that_is_no_image_is_refused(files, model):
    files[1].write_text("no image")
    with pytest.raises(InputError, match=r"photo1\.png"):
        read_images(ImageSettings(images=tuple(files), model=model))


KNOWS = "critters knows rendered scenes only: what it answers about a photograph means nothing."


@pytest.mark.parametrize("model", ["critters", "googlenet", "own.keras"])
def test_of_a_bundled_network_it_is_said_that_it_knows_no_photographs(files, model):
    settings = ImageSettings(images=tuple(files), model=model)
    hint = domain_hint(read_images(settings), settings)
    assert hint == (KNOWS if model == "critters" else None)


def test_it_is_not_said_of_the_scenes_that_come_with_tfvis(tmp_path, files):
    own = ROOT / "data" / "owl_rabbit224.jpg"
    settings = ImageSettings(images=(own,), model="critters")
    assert domain_hint(read_images(settings), settings) is None
    example = ImageSettings(model="critters")
    assert domain_hint(or_example((), example), example) is None
    # A photograph may have a scene's name.
    other = tmp_path / own.name
    PIL.Image.open(files[0]).save(other)
    settings = ImageSettings(images=(other,), model="critters")
    assert domain_hint(read_images(settings), settings) == KNOWS
    settings = ImageSettings(images=(own, files[0]), model="critters")
    assert domain_hint(read_images(settings), settings) == KNOWS


@pytest.mark.parametrize("model", ["critters_resnet", "resnet50"])
def test_the_familys_classes_are_those_of_its_example(files, model):
    """A photograph of the user's has other things on it: its top answers are explained."""
    settings = ImageSettings(model=model, family="residual")
    with running(CommandLine(words=(), command="explain", options={"model": "auto"})):
        _, of_example = images_and_network(settings, [].append)
        # What repeats the run needs no family.
        noted = {"model": model, "classes": FAMILIES["residual"].classes[model]}
        assert current().options == noted
    labels = spec_of(model).labels
    known = FAMILIES["residual"].classes[model]
    assert of_example.classes == tuple(labels.index(name) for name in known)
    _, own = images_and_network(replace(settings, images=tuple(files)), [].append)
    assert own.classes == ()
    _, named = images_and_network(replace(settings, classes=(3,)), [].append)
    assert named.classes == (3,)
