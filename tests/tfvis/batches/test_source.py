"""Where workers get their network from."""

import pickle

import pytest

from tfvis.batches import ModelSource
from tfvis.utils import InputError


def test_a_source_is_a_few_words_that_can_be_sent():
    source = ModelSource(model="critters", description=(("std", (1.0, 1.0, 1.0)),), threads=2)
    sent = pickle.dumps(source)
    assert len(sent) < 1000
    assert pickle.loads(sent) == source


def test_its_network_is_the_one_that_load_model_gives():
    from tfvis import load_model

    with ModelSource(model="critters").running():
        found = ModelSource(model="critters").load()
    assert found.digest == load_model("critters").digest


def test_a_model_of_ones_own_is_loaded_with_its_description(tmp_path):
    from own_models import network

    network().save(tmp_path / "mine.keras")
    source = ModelSource(
        model=str(tmp_path / "mine.keras"), description=(("value_range", (0.0, 1.0)),)
    )
    assert source.load().input_size == (16, 16)


def test_what_cannot_be_had_is_named():
    with pytest.raises(InputError, match="Unknown model 'criters'"):
        ModelSource(model="criters").load()
    with (
        pytest.raises(InputError, match="No device 'GPU:7' here"),
        ModelSource(model="critters", device="GPU:7").running(),
    ):
        pass


def test_outside_of_dask_a_process_takes_all_cores():
    from tfvis.batches.source import _own_threads

    assert _own_threads() is None


def test_files_are_named_by_their_whole_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = ModelSource(model="mine.keras", weights="w.npz").absolute()
    assert (found.model, str(found.weights)) == (
        str(tmp_path / "mine.keras"), str(tmp_path / "w.npz"),
    )  # fmt: skip
    for name in ("critters", "https://example.org/model"):
        assert ModelSource(model=name).absolute().model == name
