"""Options that cannot be used: one line on stderr, status 2 and nothing written."""

import argparse
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from command_line import QUICK, run_own

from tfvis import models
from tfvis.cli import main
from tfvis.commands import options
from tfvis.commands.options import add_run_options, adder, chosen, loaded
from tfvis.models import architectures, googlenet, registry
from tfvis.runtime.command_line import CommandLine, current, running
from tfvis.runtime.terminal import progress_bars
from tfvis.settings.base import NetworkSettings, RunSettings

BAD = [
    (["--image", "{tmp}/nowhere.jpg"], "No image file"),
    (["--image", "{tmp}/text.jpg"], "Expected an image"),
    (["--image", "{tmp}/half.png"], "Cannot read the image"),
    (["--image", "{tmp}"], "received the folder"),
    (["--layers", "mixed4z"], "Unknown layer 'mixed4z'. Closest: mixed4"),
    (["--classes", "zebbra"], "Unknown class 'zebbra'. Closest: zebra"),
    (["--classes", "1000"], "from 0 to 999"),
    (["--model", "vgg"], "Unknown model 'vgg'"),
    (["--grouping", "SpectralBiclustering"], "cannot group channels"),
    (["--iterations", "0"], "Expected --attribution-steps"),
    (["--steps", "0"], "Expected --icon-steps"),
    (["--n-groups", "0"], "Expected --n-groups"),
    (["--weights", "{tmp}/none.npz"], "No weights at"),
    (["--weights", "{tmp}/half.npz", "--classes", "1"], "truncated"),
    (["--weights", "{tmp}/nan.npz", "--classes", "1"], "received NaN or infinity"),
    (["--output", "{tmp}/text.jpg/below"], "Expected --output to be a folder"),
    (["--device", "GPU:7", "--classes", "1"], "No device 'GPU:7' here. Expected one of: CPU:0"),
    (["--read-attributions", "--classes", "1"], "Cannot read the attributions"),
    (["--classes", "1", "--grouping", "DBSCAN", "--n-groups", "3"], "finds the number of groups"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_is_one_line_and_status_2(
    arguments, message, random_weights, photo, tmp_path, capsys
):
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "half.png").write_bytes(photo.read_bytes()[:900])
    if "half.npz" in str(arguments):
        (tmp_path / "half.npz").write_bytes(random_weights.read_bytes()[: 10**7])
    if "nan.npz" in str(arguments):
        with np.load(random_weights) as archive:
            name = googlenet.weight_names(architectures.BVLC, "npz")["mixed4a_1x1"]
            np.savez(tmp_path / "nan.npz", **{
                **archive, f"{name}/bias": np.full_like(archive[f"{name}/bias"], np.nan)
            })  # fmt: skip
    before = sorted(tmp_path.rglob("*"))
    given = [argument.format(tmp=tmp_path) for argument in arguments]
    defaults = ["--image", photo, "--weights", random_weights, "--output", tmp_path / "out"]
    status = main(["explain", *map(str, defaults), *QUICK, *given])
    captured = capsys.readouterr()
    assert status == 2
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("tfvis: error: ")
    assert message in captured.err
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--value-range", "1", "0"], "Expected --value-range (low, high), received (1, 0)."),
        (["--value-range", "0", "1", "--layers", "third"], "Unknown layer 'third'"),
        (["--value-range", "0", "1", "--layers", "dense"], "its output has the shape (N, 3)"),
        (["--value-range", "0", "1", "--classes", "dog"], "Unknown class 'dog'"),
        (["--value-range", "0", "1", "--labels", "nowhere.txt"], "Cannot read the labels"),
        (["--value-range", "0", "1", "--input-size", "9", "9"], "Expected --input-size (48, 48)"),
        (["--value-range", "0", "1", "--dtype", "bfloat17"], "Unknown --icon-dtype 'bfloat17'"),
        (
            ["--value-range", "0", "1", "--weights", "{photo}"],
            "Expected --weights for a network of the registry only",
        ),
        ([], "Cannot tell what values 'mine' takes"),
    ],
)
def test_what_is_said_wrongly_of_a_model_of_ones_own(
    own_model, photo, tmp_path, capsys, arguments, message
):
    status = run_own(own_model, photo, tmp_path, *(word.format(photo=photo) for word in arguments))
    captured = capsys.readouterr()
    assert status == 2
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--heat-maps", "activations"], "Unknown --heat-maps 'activations'. Closest: activation"),
        (["--cut", "1"], "Expected --cut from 0 to below 1, received 1."),
        (["--cut", "-0.1"], "Expected --cut from 0 to below 1, received -0.1."),
        (
            ["--show-against", "--heat-maps", "activation"],
            "Leave out --heat-maps activation and --attribution Shap",
        ),
        (["--show-against", "--attribution", "Shap"], "Expected --show-against with maps of attr"),
    ],
)
def test_heat_maps_that_cannot_be_had(explain, tmp_path, option, message):
    status, out, err = explain(*option)
    assert (status, out) == (2, "")
    assert err.startswith("tfvis: error: ")
    assert message in err
    assert not (tmp_path / "out").exists()


def test_the_network_that_was_chosen_is_noted_and_each_missing_one_has_a_line(
    nothing_here, monkeypatch
):
    spec = replace(registry.SPECS["vgg19"], url="http://127.0.0.1:9/weights")
    monkeypatch.setattr(registry, "SPECS", {**registry.SPECS, "vgg19": spec})
    said = []
    with running(CommandLine(words=(), command="invert", options={"model": "auto"})):
        assert chosen(NetworkSettings(family="inversion"), said.append).model == "critters"
        assert current().options == {"model": "critters"}
    assert [line.split()[0] for line in said] == ["Using", "VGG19's", "GoogLeNet's"]


def test_a_command_that_writes_nothing_has_no_folder_and_no_seed():
    parser = argparse.ArgumentParser()
    add_run_options(adder(parser, NetworkSettings()), output=None, seed=False)
    assert set(vars(parser.parse_args([]))) == {"device", "jit", "memory", "fit", "quiet"}
    add = adder(parser := argparse.ArgumentParser(), RunSettings())
    add_run_options(add, fit=False)
    assert set(vars(parser.parse_args([]))) == {
        "seed", "device", "jit", "memory", "output", "config", "json", "quiet",
    }  # fmt: skip


def test_several_gpus_share_the_network(monkeypatch):
    """What is computed with it is split; see tests/utils/test_devices.py."""
    scopes = []

    class Strategy:
        def __init__(self, devices):
            scopes.append(devices)

        def scope(self):
            return nullcontext()

    monkeypatch.setattr(tf.distribute, "MirroredStrategy", Strategy)
    monkeypatch.setattr(options, "gpus", lambda device: [] if device else ["GPU:0", "GPU:1"])
    monkeypatch.setattr(models, "load_model", lambda model, **own: model)
    with progress_bars(quiet=True) as progress:
        for device in (None, "GPU:1"):
            settings = NetworkSettings(model="critters", device=device)
            assert loaded(settings, progress) == "critters"
    assert scopes == [["GPU:0", "GPU:1"]]
