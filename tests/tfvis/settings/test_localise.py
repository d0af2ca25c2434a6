"""What `tfvis localise` is asked, checked without any heavy library."""

from pathlib import Path

import pytest

from tfvis.explainers.options import PerturbationOptions
from tfvis.models import spec_of
from tfvis.settings.localise import LocaliseSettings
from tfvis.utils.errors import InputError


def test_defaults():
    settings = LocaliseSettings()
    assert settings.methods == (
        "guided inversion, step 1", "guided inversion", "all groups", "Grad-CAM"
    )  # fmt: skip
    assert settings.n_scenes == 200
    assert settings.fit == "squash"  # boxes keep their shares
    assert settings.title == "critters scenes"
    assert settings.perturbation == PerturbationOptions()


def test_methods_are_taken_once_however_they_are_spelt():
    settings = LocaliseSettings(methods=("grad-cam", "GRAD CAM", "guided_inversion, STEP 1"))
    assert settings.methods == ("Grad-CAM", "guided inversion, step 1")


def test_a_table_gives_the_results_their_name(tmp_path):
    table = tmp_path / "my boxes.csv"
    settings = LocaliseSettings(boxes=table, output=tmp_path)
    assert settings.title == "my boxes"
    with pytest.raises(InputError, match=r"No table '.*my boxes.csv'\. Expected a CSV file"):
        settings.require_files()
    table.touch()
    settings.require_files()
    assert LocaliseSettings(boxes=table, name="mine").title == "mine"
    assert LocaliseSettings(name="mine").title == "mine"


def test_rendered_scenes_are_shown_to_a_network_that_knows_them():
    assert LocaliseSettings().offline().model == "critters"
    table = LocaliseSettings(boxes=Path("boxes.csv"))
    assert table.offline() == table
    named = LocaliseSettings(model="googlenet")
    assert named.offline() == named


@pytest.mark.parametrize(
    ("layer", "meant"),
    [(None, "mixed4d"), ("inception_4e_output", "mixed4e"), ("mixed4d_3x3", "mixed4d_3x3")],
)
def test_the_layer_is_the_networks_own_choice_or_what_its_name_means(layer, meant):
    fitted = LocaliseSettings(model="googlenet", layer=layer).fitted(spec_of("googlenet"))
    assert fitted.layer == meant
    assert fitted.fitted(spec_of("googlenet")) == fitted


def test_a_network_that_is_loaded_knows_its_layers(closed_form, mix):
    net = closed_form(mix, lambda activations: activations, 3)
    assert LocaliseSettings(model="mine.keras").fitted(net).layer == "features"
    with pytest.raises(InputError, match="Unknown layer 'feature'"):
        LocaliseSettings(model="mine.keras", layer="feature").fitted(net)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scenes": 7, "boxes": Path("b.csv")}, "Expected --scenes without a table, received"),
        ({"scenes": 0}, "Expected scenes to be a whole number >= 1, received 0"),
        ({"methods": ("Grad-CAMM",)}, "Unknown method 'Grad-CAMM'. Closest: Grad-CAM"),
        ({"methods": ("every group",)}, "The method 'every group' has several maps for each class"),
        ({"methods": ("Every-Channel",)}, "The method 'every channel' has several maps"),
        ({"fit": "squashed"}, "Unknown fit 'squashed'. Closest: squash"),
        ({"seed": -1}, "Expected seed"),
    ],
)
def test_what_cannot_be_used(options, message):
    with pytest.raises(InputError, match=message) as error:
        LocaliseSettings(**options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"area": 1.0}, "Expected an area between 0 and 1, received 1.0"),
        ({"variant": "deletes"}, "Unknown variant 'deletes'. Closest: delete"),
        ({"levels": 1}, "Expected levels to be a whole number >= 2, received 1"),
        ({"sigma": float("inf")}, "Expected sigma above 0, received inf"),
    ],
)
def test_perturbations_that_cannot_be_used(options, message):
    with pytest.raises(InputError, match=message) as error:
        LocaliseSettings(perturbation=PerturbationOptions(**options))
    assert "\n" not in str(error.value)
