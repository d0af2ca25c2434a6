"""A command on a small model of one's own."""

import pytest
from command_line import OF_OWN, paint, run_own


@pytest.fixture(autouse=True)
def _networks_are_loaded_once(networks_are_loaded_once):
    """For every command."""


@pytest.fixture
def own(own_model, tmp_path, capsys):
    """Run `tfvis explain` on a small model; returns status, stdout and stderr."""
    photo = tmp_path / "photo.png"
    paint(photo, 0)

    def run(*arguments, image=photo, model=own_model):
        status = run_own(model, image, tmp_path, *OF_OWN, *map(str, arguments))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run
