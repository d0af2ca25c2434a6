"""A command on a small model of one's own."""

import pytest
from command_line import paint, run_own
from known_networks import load_once

import tfvis.models


@pytest.fixture(autouse=True)
def networks_are_loaded_once(monkeypatch):
    """Commands trace a network that comes with tfvis in the first test alone."""
    monkeypatch.setattr(tfvis.models, "load_model", load_once)


@pytest.fixture
def own(own_model, tmp_path, capsys):
    """Run `tfvis explain` on a small model; returns status, stdout and stderr."""
    photo = tmp_path / "photo.png"
    paint(photo, 0)

    def run(*arguments, image=photo, model=own_model):
        status = run_own(model, image, tmp_path, "--value-range", "0", "1", "--layers", "second",
                         "--classes", "1", *map(str, arguments))  # fmt: skip
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run
