"""A command on a small model of one's own."""

import pytest
from command_line import paint, run_own


@pytest.fixture(autouse=True)
def _networks_are_loaded_once(networks_are_loaded_once):
    """For every command."""


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
