"""The command line where it cannot write, and where it is interrupted before it has begun."""

import subprocess
import sys

import pytest

TFVIS = f"{sys.executable} -m tfvis"


def shell(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", ["models", "--help", "explain --help", "--version"])
def test_an_output_that_is_full_is_one_line(arguments):
    found = shell(f"{TFVIS} {arguments} > /dev/full")
    expected = "tfvis: error: Cannot write to standard output: No space left on device.\n"
    assert (found.stderr, found.returncode) == (expected, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("closed", "arguments", "status"),
    [
        ("2>&-", "models", 0),
        ("2>&-", "models critter", 2),
        ("2>&-", "explain --icon-steps 0", 2),
        (">&-", "models", 0),
        (">&-", "explain --icon-steps 0", 2),
        (">&- 2>&-", "models critter", 2),
    ],
)
def test_without_a_stream_the_status_is_the_same(closed, arguments, status):
    assert shell(f"{TFVIS} {arguments} {closed}").returncode == status


INTERRUPT = """
import sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "tfvis.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
from tfvis.__main__ import run
sys.exit(run(prog="tfvis"))
"""


def test_an_interrupt_while_it_begins_is_one_line():
    found = subprocess.run(
        [sys.executable, "-c", INTERRUPT], capture_output=True, text=True, check=False
    )
    assert found.stderr == "tfvis: interrupted; nothing was finished.\n"
    assert found.returncode == 130


def test_a_value_that_begins_with_a_dash_is_hinted_at():
    found = shell(f"{TFVIS} explain --image -dash.jpg")
    assert found.returncode == 2
    assert found.stderr == (
        "tfvis explain: error: argument --image/--images: expected at least one argument; for a "
        "value that begins with a dash write --image=-… (see --help)\n"
    )
    assert "dash" not in shell(f"{TFVIS} explain --classes").stderr
    assert "dash" not in shell(f"{TFVIS} explain --mean=-1 0 0").stderr
