"""What `tfvis invert` refuses before the network is loaded, which may be a download of 575 MB."""

import pytest

from tfvis import models
from tfvis.cli import main


@pytest.fixture
def refused(photo, tmp_path, capsys, monkeypatch):
    """Run a command that must be refused without a network; returns the error."""

    def never(*arguments, **options):
        raise AssertionError("The network was loaded.")

    monkeypatch.setattr(models, "load_model", never)

    def run(*arguments, command="invert", images=(photo,)):
        given = [*map(str, images), *arguments, "--output", str(tmp_path / "out")]
        status = main([command, *given])
        captured = capsys.readouterr()
        assert (status, captured.out) == (2, "")
        assert captured.err.count("\n") == 1
        return captured.err

    return run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--base-layer", "blok5_conv4"], "Unknown layer 'blok5_conv4'. Closest: block5_conv4"),
        (["--inversion-layer", "block5"], "Unknown layer 'block5'. Closest: block5_pool"),
        (["--inversion-layer", "block3_pool"], "'block5_conv4' comes after 'block3_pool'"),
        (["--base-layer", "block5_pool", "--inversion-layer", "block5_conv1"],
         "'block5_pool' comes after 'block5_conv1'"),
    ],
)  # fmt: skip
def test_layers_that_the_registry_knows_not_to_be_there(refused, arguments, message):
    assert message in refused("--model", "vgg19", *arguments)


def test_layers_that_none_of_the_networks_has_between_which_auto_chooses(refused):
    error = refused("--base-layer", "mixed9a")
    assert "vgg19: Unknown layer 'mixed9a'" in error
    assert "critters: Unknown layer 'mixed9a'" in error


def test_images_whose_results_would_have_one_folder(refused, photo, tmp_path):
    other = tmp_path / photo.name
    other.write_bytes(photo.read_bytes())
    error = refused("--model", "vgg19", images=(photo, other))
    assert f"Expected images of different names, received {str(photo)!r}" in error


@pytest.mark.parametrize(
    ("arguments", "command"),
    [(["--layers", "mixed4z"], "explain"), (["--layer", "mixed4z", "--scenes", "2"], "localise")],
)
def test_layers_of_the_other_commands(refused, arguments, command):
    images = () if command == "localise" else ("data/dog_cat224.jpg",)
    error = refused("--model", "critters", *arguments, command=command, images=images)
    assert "Unknown layer 'mixed4z'. Closest: mixed4" in error
