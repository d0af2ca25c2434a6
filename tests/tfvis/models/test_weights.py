from dataclasses import replace

import numpy as np
import pytest

from tfvis.models import (
    load_model,
    registry,
    spec_of,
    weights,
)
from tfvis.utils.errors import InputError


def test_weights_are_looked_for_in_order(clean, monkeypatch):
    names = ("first.npz", "second.pb")
    assert weights.find(names) is None
    (clean / "cache").mkdir()
    (clean / "cache" / "second.pb").touch()
    assert weights.find(names) == clean / "cache" / "second.pb"
    (clean / "own").mkdir()
    (clean / "own" / "second.pb").touch()
    monkeypatch.setenv("TFVIS_WEIGHTS_DIR", str(clean / "own"))
    assert weights.find(names) == clean / "own" / "second.pb"
    (clean / "own" / "first.npz").touch()
    assert weights.find(names) == clean / "own" / "first.npz"
    assert weights.find(names, clean / "cache") == clean / "cache" / "second.pb"
    assert weights.find(names, clean / "own" / "second.pb") == clean / "own" / "second.pb"


def test_places_that_are_not_there_are_named(clean, monkeypatch):
    with pytest.raises(InputError, match=r"No weights at .*nowhere"):
        weights.find(("a.npz",), clean / "nowhere")
    with pytest.raises(InputError, match=r"Expected a\.npz or b\.pb in"):
        weights.find(("a.npz", "b.pb"), clean)
    monkeypatch.setenv("TFVIS_WEIGHTS_DIR", str(clean / "nowhere"))
    with pytest.raises(InputError, match=r"Expected \$TFVIS_WEIGHTS_DIR to be a folder"):
        weights.find(("a.npz",))


@pytest.mark.slow
def test_a_network_is_downloaded_once(clean, server, random_weights, monkeypatch):
    body = random_weights.read_bytes()
    server.answers["/weights"] = (200, len(body), body)
    spec = replace(spec_of("googlenet"), url=f"{server.url}/weights")
    monkeypatch.setattr(registry, "SPECS", {"googlenet": spec})
    net = load_model("googlenet")
    cached = clean / "cache" / "InceptionV1_caffe.pb"
    assert cached.is_file()
    server.answers.clear()
    again = load_model("googlenet")
    batch = np.zeros((1, 64, 64, 3))
    np.testing.assert_array_equal(net.logits(batch), again.logits(batch))


def test_an_unknown_network_offers_the_closest():
    with pytest.raises(InputError, match=r"Unknown model 'googlnet'\. Closest: googlenet"):
        load_model("googlnet")
