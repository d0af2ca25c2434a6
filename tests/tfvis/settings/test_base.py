"""What all commands are asked, checked without any heavy library."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfvis.models import FAMILIES, spec_of
from tfvis.settings.base import ImageSettings, NetworkSettings, RunSettings, layer_names
from tfvis.utils.errors import InputError


def test_defaults():
    settings = RunSettings()
    assert (settings.family, settings.model, settings.seed) == ("inception", "auto", 0)
    assert settings.class_indices == ()
    assert settings.description == {}
    assert settings.output == Path()


def test_importing_settings_imports_no_heavy_library():
    code = (
        "import sys, tfvis.settings.explain, tfvis.settings.invert, tfvis.settings.localise;"
        "print([name for name in ('tensorflow', 'keras', 'sklearn') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_classes_are_taken_once_and_by_index():
    settings = RunSettings(model="googlenet", classes=("285", "Egyptian cat", "tabby"))
    fitted = settings.fitted(spec_of("googlenet"))
    assert fitted.class_indices == (285, 281)
    assert fitted.fitted(spec_of("googlenet")) == fitted


def test_a_network_that_is_loaded_has_the_same_names(closed_form, mix):
    net = closed_form(mix, lambda activations: activations, 3)
    settings = RunSettings(model="mine.keras", classes=("class 2", "0", "class 2"))
    assert settings.fitted(net).class_indices == (2, 0)
    assert layer_names(net, ("features", "features")) == ("features",)
    with pytest.raises(InputError, match=r"Unknown class 'class 3'\. Closest: class"):
        RunSettings(model="mine.keras", classes=("class 3",)).fitted(net)
    with pytest.raises(InputError, match="Unknown layer 'feature'"):
        layer_names(net, ("feature",))


def test_layers_that_the_registry_does_not_list_are_left_to_the_network():
    names = ("mixed4d_3x3", "inception_4d_output", "mixed4d")
    assert layer_names(spec_of("googlenet"), names) == ("mixed4d_3x3", "mixed4d")


def test_each_family_has_networks_of_its_own():
    assert FAMILIES["residual"].preferred == "resnet50"
    for name, classes in FAMILIES["residual"].classes.items():
        settings = RunSettings(family="residual", model=name, classes=classes)
        assert len(settings.fitted(spec_of(name)).class_indices) == 2


def test_a_model_of_ones_own_has_no_names_yet(tmp_path):
    file = tmp_path / "own.keras"
    settings = RunSettings(model=str(file), classes=("y",), value_range=(0, 1))
    assert settings.spec is None
    assert settings.description == {"value_range": (0, 1)}
    with pytest.raises(InputError, match=r"No model at .*own.keras.*critters_resnet"):
        settings.require_files()
    file.touch()
    settings.require_files()
    RunSettings(model="https://tfhub.dev/google/x/1").require_files()


def test_what_auto_means_is_to_be_settled_first():
    assert RunSettings(model="googlenet").spec is spec_of("googlenet")
    with pytest.raises(ValueError, match="Expected a network to be chosen"):
        _ = RunSettings().spec


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": (1, 1, 1)}, "Expected --mean for a model of your own only: what 'auto' takes"),
        (
            {"model": "critters", "value_range": (0, 1), "input_size": (8, 8)},
            "Expected --value-range, --input-size for a model of your own only: what 'critters'",
        ),
        ({"family": "inceptions"}, "Unknown family 'inceptions'. Closest: inception"),
        ({"model": "googlenat"}, "Unknown model 'googlenat'. Closest: googlenet"),
        ({"classes": ("egyptian catt",)}, "Unknown class 'egyptian catt'. Closest: Egyptian cat"),
        ({"classes": ("panda",)}, "'panda' belongs to several classes .387.*388"),
        ({"fit": "crops"}, "Unknown fit 'crops'. Closest: crop"),
        ({"device": "gpu"}, "Expected device to be like CPU:0 or GPU:0, received 'gpu'"),
        ({"seed": -1}, "Expected seed to be a whole number >= 0, received -1"),
        ({"seed": 1.5}, "Expected seed to be a whole number >= 0, received 1.5"),
        ({"seed": 2**31}, "Expected seed below 2147483648, received 2147483648"),
    ],
)
def test_what_cannot_be_used(options, message):
    with pytest.raises(InputError, match=message) as error:
        RunSettings(**options)
    assert "\n" not in str(error.value)


def test_settings_have_names():
    with pytest.raises(TypeError):
        RunSettings("inception")


def test_output_must_be_a_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="Expected --output to be a folder"):
        RunSettings(output=tmp_path / "file" / "below").require_files()
    RunSettings(output=tmp_path / "not" / "yet").require_files()
    assert not (tmp_path / "not").exists()


def test_weights_must_be_there():
    with pytest.raises(InputError, match="No weights at 'nowhere.npz'"):
        RunSettings(weights=Path("nowhere.npz")).require_files()
    RunSettings(weights="https://example.org/weights.npz").require_files()


@pytest.mark.parametrize("option", ["output", "weights"])
def test_names_that_no_file_can_have(option):
    with pytest.raises(InputError, match="File name too long"):
        RunSettings(**{option: Path("x" * 300)}).require_files()


def test_output_must_be_writable(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="Cannot write to the output folder"):
        RunSettings(output=tmp_path).require_files()


def test_a_command_that_writes_no_files_needs_no_folder(monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    NetworkSettings().require_files()
    assert not hasattr(NetworkSettings(), "output")
    with pytest.raises(InputError, match="No weights at"):
        NetworkSettings(weights=Path("nowhere.npz")).require_files()


def test_the_current_folder_may_be_gone(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError, match="Cannot find the folder"):
        RunSettings().require_files()


def test_with_auto_names_must_fit_one_of_the_networks():
    assert RunSettings().model == "auto"
    RunSettings(classes=("butterfly",))  # only critters has this name
    RunSettings(classes=("Egyptian cat",))  # only GoogLeNet
    with pytest.raises(InputError, match="Unknown class 'butterfly'"):
        RunSettings(classes=("butterfly",), model="googlenet")
    with pytest.raises(
        InputError, match=r"googlenet: Unknown class 'dgo'.*critters: .*'dgo'\. Closest: dog"
    ):
        RunSettings(classes=("dgo",))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": " "}, "name to have a letter or more"),
        ({"name": "mine", "images": (Path("a.png"), Path("b.png"))}, "--name with a single image"),
        ({"images": (Path("a/photo.png"), Path("b/photo.jpg"))}, "'a/photo.png' and 'b/photo.jpg'"),
        # One folder on a system that does not tell A from a.
        ({"images": (Path("a.png"), Path("A.png"))}, "'a.png' and 'A.png'"),
        ({"images": (Path("a.png"), Path("a.png"))}, "each image once, received 'a.png' twice"),
    ],
)
def test_images_need_names_of_their_own(options, message):
    with pytest.raises(InputError, match=message):
        ImageSettings(**options)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_a_folder_that_only_claims_to_be_writable_is_refused():
    settings = RunSettings(model="critters", output=Path("/proc/somewhere"))
    with pytest.raises(InputError, match="Cannot write to the output folder '/proc/somewhere'"):
        settings.require_files()


def test_looking_leaves_nothing_behind(tmp_path):
    RunSettings(model="critters", output=tmp_path / "a" / "b").require_files()
    assert list(tmp_path.iterdir()) == []


def test_an_image_among_the_classes_is_told_from_a_misspelt_class(tmp_path):
    file = tmp_path / "photo.png"
    file.write_bytes(b"")
    with pytest.raises(InputError, match="It is a file: name images before --classes"):
        RunSettings(model="critters", classes=("owl", str(file)))
    with pytest.raises(InputError) as error:
        RunSettings(model="critters", classes=("owl", "photo.png"))
    assert "file" not in str(error.value)
