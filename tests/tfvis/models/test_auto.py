import os
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from tfvis.models import (
    auto,
    choose,
    load_model,
    registry,
    spec_of,
)
from tfvis.utils.errors import InputError


@pytest.fixture
def url(monkeypatch):
    """Set where GoogLeNet's weights are downloaded from."""

    def change(url):
        spec = replace(spec_of("googlenet"), url=url)
        monkeypatch.setattr(registry, "SPECS", {**registry.SPECS, "googlenet": spec})

    return change


def test_googlenet_is_taken_where_its_weights_are(clean, random_weights, monkeypatch):
    monkeypatch.setenv("TFVIS_WEIGHTS_DIR", str(random_weights.parent))
    choice = choose()
    name, reason = choice.name, choice.reason
    assert name == "googlenet"
    assert str(random_weights) in reason
    assert "--model critters" in reason
    assert choose(weights=random_weights).name == "googlenet"


def test_googlenet_is_downloaded_where_it_can_be(clean, server, url, random_weights):
    body = random_weights.read_bytes()
    server.answers["/weights"] = (200, len(body), body)
    url(f"{server.url}/weights")
    seen = []
    assert choose(progress=lambda done, total: seen.append(done)).name == "googlenet"
    assert seen[-1] == len(body)
    assert (clean / "cache" / "InceptionV1_caffe.pb").read_bytes() == body


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((404, 4, b"none"), "Not Found"),
        ((200, 1000, b"short"), "it ended after 5 of 1000 bytes"),
        ((200, 6, b"<html>"), "something else came instead"),
    ],
)
def test_else_the_bundled_network_and_why_and_how_to_get_the_other(
    clean, server, url, answer, reason
):
    server.answers["/weights"] = answer
    url(f"{server.url}/weights")
    choice = choose()
    assert choice.name == "critters"
    assert f"cannot be downloaded ({reason})" in choice.reason
    assert f"save {server.url}/weights as InceptionV1_caffe.pb" in choice.reason
    assert "$TFVIS_WEIGHTS_DIR" in choice.reason
    assert "\n" not in choice.reason
    assert not list((clean / "cache").iterdir())


def test_a_folder_without_the_files_is_mentioned(clean, url, monkeypatch, tmp_path):
    url("http://127.0.0.1:9/weights")
    monkeypatch.setenv("TFVIS_WEIGHTS_DIR", str(tmp_path))
    expected = f"(now {str(tmp_path)!r}, without bvlc_googlenet.npz or InceptionV1_caffe.pb)"
    assert expected in choose().reason


def test_a_user_without_a_home_gets_the_bundled_network(clean, monkeypatch):
    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("TFVIS_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pathlib.Path.home", nowhere)
    choice = choose()
    assert choice.name == "critters"
    assert "there is no home folder to keep it in" in choice.reason


def test_it_does_not_wait_for_a_host_that_is_silent(clean, url, monkeypatch):
    monkeypatch.setattr(auto, "TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url(f"http://127.0.0.1:{silent.getsockname()[1]}/weights")
        assert "cannot be downloaded (timed out)" in choose().reason


def test_a_model_that_is_named_is_never_replaced(clean, url):
    url("http://127.0.0.1:9/weights")  # nothing listens there
    with pytest.raises(InputError, match="Cannot download"):
        load_model("googlenet")


def test_auto_in_python_says_what_it_took(clean, url, caplog):
    url("http://127.0.0.1:9/weights")
    assert load_model().name == "critters"
    assert "Using the bundled network" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("weights", [True, False])
def test_a_user_of_python_sees_once_which_network_was_taken(
    clean, url, random_weights, offline, weights
):
    """Also where nothing was set up for logging."""
    folder = str(random_weights.parent) if weights else ""
    code = (
        "from dataclasses import replace\n"
        "from tfvis.models import load_model, registry\n"
        "spec = replace(registry.SPECS['googlenet'], url='http://127.0.0.1:9/weights')\n"
        "registry.SPECS['googlenet'] = spec\n"
        "load_model()"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, **offline, "TFVIS_WEIGHTS_DIR": folder},
    )  # fmt: skip
    said = "Using GoogLeNet, whose weights are in" if weights else "Using the bundled network"
    assert [line.startswith(said) for line in found.stderr.splitlines() if "Using" in line] == [
        True
    ]


def test_auto_is_among_the_names_that_are_expected():
    with pytest.raises(
        InputError, match=r"Unknown model 'nope'\. Expected one of: auto, googlenet"
    ):
        load_model("nope")


def test_weights_that_are_named_must_be_there(clean, tmp_path):
    with pytest.raises(InputError, match="No weights at"):
        choose(weights=tmp_path / "nowhere.npz")


def test_guided_inversion_prefers_vgg19_then_googlenet_then_what_is_bundled(
    clean, monkeypatch, tmp_path, random_weights
):
    specs = {
        name: replace(spec_of(name), url="http://127.0.0.1:9/weights")
        for name in ("vgg19", "googlenet")
    }
    monkeypatch.setattr(registry, "SPECS", {**registry.SPECS, **specs})
    choice = choose("inversion")
    assert choice.name == "critters"
    assert "VGG19's weights are not on this machine and cannot be downloaded" in choice.reason
    assert "GoogLeNet's weights are not on this machine and cannot be" in choice.reason
    taken, vgg19, googlenet = choice.lines
    assert taken == "Using the bundled network, critters, which knows rendered scenes only:"
    assert vgg19.startswith("VGG19's weights are not on this machine")
    assert googlenet.startswith("GoogLeNet's weights are not on this machine")
    monkeypatch.setenv("TFVIS_WEIGHTS_DIR", str(random_weights.parent))
    choice = choose("inversion")
    assert choice.name == "googlenet"
    assert choice.reason.startswith("Using GoogLeNet, whose weights are in ")
    assert "VGG19's weights are not on this machine" in choice.reason
    assert "\n" not in choice.reason
    assert choice.lines == (choice.reason,)  # a single network is missing
    # A file of VGG19's is enough to choose it; what is in it shows when it is loaded.
    (tmp_path / spec_of("vgg19").weights[0]).touch()
    monkeypatch.setenv("TFVIS_WEIGHTS_DIR", str(tmp_path))
    assert choose("inversion").name == "vgg19"


def test_weights_that_are_named_choose_their_network(clean, random_weights, tmp_path):
    for weights in (random_weights, random_weights.parent):
        assert choose("inversion", weights=weights).name == "googlenet"
    with pytest.raises(InputError, match=r"Expected vgg19_weights\S+ in '"):
        choose("inversion", weights=tmp_path)
