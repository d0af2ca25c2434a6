import os
from pathlib import Path

import pytest

from tfvis.models import FAMILIES, spec_of
from tfvis.settings.explain import Settings
from tfvis.utils.choices import DEFAULT_ITERATIONS
from tfvis.utils.errors import InputError


def test_defaults_are_those_of_the_method():
    settings = Settings()
    fitted = settings.fitted(spec_of("googlenet"))
    assert fitted.layers == ("mixed4d",)
    assert fitted.class_indices == ()
    assert settings.wanted_signs == ("pos",)
    assert settings.steps == 512
    assert DEFAULT_ITERATIONS == {"IGSG": 64, "Shap": 100}


def test_layers_and_classes_are_taken_once():
    settings = Settings(
        model="googlenet",
        layers=("mixed4d", "mixed3a", "mixed4d"),
        classes=("285", "Egyptian cat", "tabby"),
    )
    fitted = settings.fitted(spec_of("googlenet"))
    assert fitted.layers == ("mixed4d", "mixed3a")
    assert fitted.class_indices == (285, 281)
    assert fitted.fitted(spec_of("googlenet")) == fitted


def test_layers_may_have_their_files_names():
    settings = Settings(model="googlenet", layers=("inception_4d_output",))
    assert settings.fitted(spec_of("googlenet")).layers == ("mixed4d",)
    settings = Settings(model="resnet_v1_50_slim", layers=("block3/unit_1",))
    (layer,) = settings.fitted(spec_of("resnet_v1_50_slim")).layers
    assert layer == "resnet_v1_50/block3/unit_1/bottleneck_v1/Relu"


def test_each_family_has_networks_of_its_own():
    assert FAMILIES["residual"].preferred == "resnet50"
    for name, classes in FAMILIES["residual"].classes.items():
        settings = Settings(family="residual", model=name, classes=classes)
        assert len(settings.fitted(spec_of(name)).class_indices) == 2


def test_layers_that_the_registry_does_not_list_are_left_to_the_network():
    settings = Settings(model="googlenet", layers=("mixed4d_3x3", "inception_4d_output"))
    assert settings.fitted(spec_of("googlenet")).layers == ("mixed4d_3x3", "mixed4d")


def test_a_model_of_ones_own_has_no_names_yet(tmp_path):
    file = tmp_path / "own.keras"
    settings = Settings(model=str(file), layers=("x",), classes=("y",), value_range=(0, 1))
    assert settings.spec is None
    assert settings.description == {"value_range": (0, 1)}
    with pytest.raises(InputError, match="No model at .*own.keras.*critters_resnet"):
        settings.require_files()
    file.touch()
    settings.require_files()
    Settings(model="https://tfhub.dev/google/x/1").require_files()


def test_both_signs():
    assert Settings(sign="both").wanted_signs == ("pos", "neg")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": (1, 1, 1)}, "Expected --mean for a model of your own only: what 'auto' takes"),
        ({"family": "inceptions"}, "Unknown family 'inceptions'. Closest: inception"),
        ({"model": "googlenat"}, "Unknown model 'googlenat'. Closest: googlenet"),
        ({"classes": ("egyptian catt",)}, "Unknown class 'egyptian catt'. Closest: Egyptian cat"),
        ({"classes": ("panda",)}, "'panda' belongs to several classes .387.*388"),
        ({"attribution": "shap"}, "Unknown attribution 'shap'. Closest: Shap"),
        ({"grouping": "FactorAnalisys"}, "Unknown grouping .*Closest: FactorAnalysis"),
        ({"grouping": "SparseCoder"}, "SparseCoder cannot group channels: it needs a dictionary"),
        ({"grouping": "OPTICS", "n_groups": 3}, "OPTICS finds the number of groups itself"),
        ({"sign": "positive"}, "Unknown sign 'positive'.*pos, neg, both"),
        ({"dtype": "float64"}, "Unknown dtype 'float64'"),
        ({"fit": "crops"}, "Unknown fit 'crops'. Closest: crop"),
        ({"device": "gpu"}, "Expected --device to be like CPU:0 or GPU:0, received 'gpu'"),
        ({"iterations": 0}, "Expected --iterations to be a whole number >= 1, received 0"),
        ({"steps": 0}, "Expected --steps to be a whole number >= 1, received 0"),
        ({"n_groups": 0}, "Expected --n-groups to be a whole number >= 1, received 0"),
        ({"size": 8}, "Expected --size to be a whole number >= 16, received 8"),
        ({"size": 65}, "Expected --size to be even, received 65. Closest: 66"),
        ({"seed": -1}, "Expected --seed"),
        ({"seed": 2**31}, "Expected --seed below 2147483648"),
        ({"explained_variance": 1.0}, "Expected --explained-variance between 0 and 1, received 1"),
        ({"size": 100_000}, "Expected --size to be at most 4096, received 100000"),
    ],
)
def test_what_cannot_be_used(options, message):
    with pytest.raises(InputError, match=message) as error:
        Settings(**options)
    assert "\n" not in str(error.value)


def test_output_must_be_a_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="Expected --output to be a folder"):
        Settings(output=tmp_path / "file" / "below").require_files()
    Settings(output=tmp_path / "not" / "yet").require_files()
    assert not (tmp_path / "not").exists()


def test_weights_must_be_there():
    with pytest.raises(InputError, match="No weights at 'nowhere.npz'"):
        Settings(weights=Path("nowhere.npz")).require_files()


@pytest.mark.parametrize("option", ["output", "weights"])
def test_names_that_no_file_can_have(option):
    with pytest.raises(InputError, match="File name too long"):
        Settings(**{option: Path("x" * 300)}).require_files()


def test_output_must_be_writable(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="Cannot write to the output folder"):
        Settings(output=tmp_path).require_files()


def test_the_current_folder_may_be_gone(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError, match="Cannot find the folder"):
        Settings().require_files()


def test_with_auto_names_must_fit_one_of_the_networks():
    assert Settings().model == "auto"
    Settings(classes=("butterfly",))  # only critters has this name
    Settings(classes=("Egyptian cat",))  # only GoogLeNet
    with pytest.raises(InputError, match="Unknown class 'butterfly'"):
        Settings(classes=("butterfly",), model="googlenet")
    with pytest.raises(InputError, match="critters: Unknown class 'dgo'. Closest: dog"):
        Settings(classes=("dgo",))
