"""What `tfvis evaluate` is asked, checked without any heavy library."""

from pathlib import Path

import pytest

from tfvis.models import spec_of
from tfvis.settings.evaluate import EvaluateSettings
from tfvis.utils.errors import InputError


def test_defaults():
    settings = EvaluateSettings()
    assert settings.n_scenes == 100
    assert settings.title == "critters scenes"
    assert "best group" in settings.named and "guided inversion" not in settings.named
    assert "guided inversion" in EvaluateSettings(slow=True).named


def test_explainers_are_taken_once_however_they_are_spelt():
    settings = EvaluateSettings(explainers=("grad-cam", "GRAD CAM", "best-group"))
    assert settings.explainers == settings.named == ("Grad-CAM", "best group")


def test_results_are_called_by_the_first_image_or_folder(tmp_path):
    folder = tmp_path / "photos.2024"
    folder.mkdir()
    assert EvaluateSettings(images=(folder, Path("b.png"))).title == "photos.2024"
    assert EvaluateSettings(images=(Path("my photo.png"),)).title == "my photo"
    assert EvaluateSettings(images=(Path("a"),), name="mine").title == "mine"


def test_rendered_scenes_are_shown_to_a_network_that_knows_them():
    assert EvaluateSettings().offline().model == "critters"
    images = EvaluateSettings(images=(Path("photos"),))
    assert images.offline() == images


def test_files_must_be_there(tmp_path):
    settings = EvaluateSettings(images=(tmp_path / "gone",), output=tmp_path)
    with pytest.raises(InputError, match="No image or folder '.*gone'"):
        settings.require_files()


IMAGES = (Path("photos"),)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scenes": 0}, "Expected scenes to be a whole number >= 1"),
        ({"scenes": 3, "images": IMAGES}, "--scenes without images, received --scenes 3"),
        ({"top": 2}, "Expected --top with --images"),
        ({"classes": ("dog",), "model": "critters"}, "Expected --classes with --images"),
        ({"classes": (1,), "top": 2, "images": IMAGES}, "--classes or --top, received both"),
        ({"explainers": ("Grad-CAN",)}, "Unknown method 'Grad-CAN'. Closest: Grad-CAM"),
        ({"metrics": ("pionting",)}, "Unknown metric 'pionting'. Closest: pointing"),
        ({"slow": True, "explainers": ("Grad-CAM",)}, "--slow without --explainers"),
        ({"slow_cases": 0}, "slow_cases"),
        ({"batch_size": 0}, "batch_size"),
        ({"name": " "}, "name to have a letter or more"),
        ({"layer": "mixed4d", "explainers": ("uniform",)}, "--layer with an explainer of a layer"),
        ({"layer": "mixd4d", "model": "critters"}, "Closest: mixed4d"),
    ],
)
def test_what_cannot_be_used_is_an_error_before_anything_is_loaded(options, message):
    with pytest.raises(InputError, match=message):
        EvaluateSettings(**options)


def test_classes_are_those_of_the_network():
    settings = EvaluateSettings(images=IMAGES, classes=("cat", "dog"), model="critters")
    assert settings.fitted(spec_of("critters")).class_indices == (1, 0)
