"""What `tfvis invert` is asked, checked without any heavy library."""

from pathlib import Path

import pytest

from tfvis.explainers.guided_inversion import InversionOptions
from tfvis.settings.invert import InvertSettings
from tfvis.utils.errors import InputError


def test_defaults():
    settings = InvertSettings()
    assert settings.family == "inversion"
    assert settings.images == ()
    assert settings.output == Path("generated")
    assert settings.inversion == InversionOptions()
    assert settings.seed == 0


@pytest.mark.parametrize("background", ["blur", "mean", "noise"])
def test_backgrounds_by_name_need_no_file(tmp_path, background):
    InvertSettings(
        inversion=InversionOptions(background=background), output=tmp_path
    ).require_files()


def test_another_background_is_a_file(tmp_path):
    file = tmp_path / "behind.png"
    settings = InvertSettings(inversion=InversionOptions(background=str(file)), output=tmp_path)
    with pytest.raises(
        InputError, match=r"Unknown background .*behind.png.*blur, mean, noise, an image file"
    ):
        settings.require_files()
    file.touch()
    settings.require_files()


def test_a_name_that_is_nearly_a_background(tmp_path):
    settings = InvertSettings(inversion=InversionOptions(background="blurr"), output=tmp_path)
    with pytest.raises(InputError, match=r"Unknown background 'blurr'\. Closest: blur"):
        settings.require_files()


def test_the_output_is_looked_at_as_well(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="Expected --output to be a folder"):
        InvertSettings(output=tmp_path / "file").require_files()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "author"}, "Unknown preset 'author'. Closest: authors"),
        ({"step": 3}, "Expected step 1 or 2, received 3"),
        ({"dtype": "float16"}, "Unknown dtype 'float16'"),
        ({"batch_size": 0}, "Expected batch_size to be a whole number >= 1, received 0"),
        ({"seed": -1}, "Expected seed to be a whole number >= 0, received -1"),
    ],
)
def test_inversions_that_cannot_be_used(options, message):
    with pytest.raises(InputError, match=message) as error:
        InvertSettings(inversion=InversionOptions(**options))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 2**31}, "Expected seed below 2147483648"),
        ({"fit": "crops"}, "Unknown fit 'crops'. Closest: crop"),
        ({"model": "vgg91"}, "Unknown model 'vgg91'. Closest: vgg19"),
    ],
)
def test_what_cannot_be_used(options, message):
    with pytest.raises(InputError, match=message) as error:
        InvertSettings(**options)
    assert "\n" not in str(error.value)
