"""TensorFlow's start-up lines in a script, with a small TensorFlow that writes one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LINE = "I0000 cudart_stub.cc:31] Could not find cuda drivers\n"
LEVEL = "TF_CPP_MIN_LOG_LEVEL"
OURS = "import tfvis.utils.compiling"  # it imports TensorFlow


@pytest.fixture
def run(tmp_path):
    """Run a script beside a TensorFlow, and a Keras on it, that write a line as they start."""
    (tmp_path / "tensorflow.py").write_text(
        "import contextlib, os\n"
        f"with contextlib.suppress(OSError): os.write(2, {LINE.encode()!r})\n"
    )
    (tmp_path / "keras.py").write_text("import tensorflow\n")

    def run(code, level=None, ending=""):
        environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
        environment.pop(LEVEL, None)
        if level is not None:
            environment[LEVEL] = level
        (tmp_path / "script.py").write_text(f"{code}\nimport os\nprint(os.environ.get('{LEVEL}'))")
        return subprocess.run(
            f"{sys.executable} script.py {ending}", shell=True, cwd=tmp_path, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_the_lines_are_hidden_where_tfvis_imports_tensorflow(run):
    found = run(OURS)
    assert (found.stderr, found.stdout) == ("", "3\n")


def test_they_are_hidden_where_tfvis_imports_keras_first(run):
    code = "import tfvis.runtime\nexec('import keras', {'__name__': 'tfvis.models.planted'})"
    found = run(code)
    assert (found.stderr, found.stdout) == ("", "3\n")


def test_a_level_that_the_user_has_set_stays(run):
    found = run(OURS, level="0")
    assert (found.stderr, found.stdout) == (LINE, "0\n")


@pytest.mark.parametrize(
    "code", ["import tensorflow\nimport tfvis", "import tfvis\nimport tensorflow, keras"]
)
def test_what_the_users_own_code_imports_is_left_alone(run, code):
    found = run(f"{code}\n{OURS}")
    assert (found.stderr, found.stdout) == (LINE, "None\n")


def test_what_is_written_afterwards_is_shown(run):
    found = run(f"{OURS}\nimport os, sys\nos.write(2, b'native\\n')\nsys.stderr.write('python\\n')")
    assert found.stderr == "native\npython\n"


def test_an_error_is_shown(run, tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('no such processor')")
    found = run(OURS)
    assert found.returncode == 1
    assert found.stderr.endswith("ImportError: no such processor\n")


def test_the_module_has_its_own_loader(run):
    code = "import tensorflow as tf\nprint(type(tf.__loader__), type(tf.__spec__.loader))"
    first, second = run(f"{OURS}\n{code}").stdout.splitlines()[0].split("> <")
    assert "SourceFileLoader" in first
    assert "SourceFileLoader" in second


def test_a_process_without_stderr(run):
    found = run(OURS, ending="2>&-")
    assert (found.returncode, found.stdout) == (0, "3\n")


def test_what_others_write_meanwhile_is_shown(run, tmp_path):
    lines = "import os\nos.write(2, b'mine\\n')\n"
    (tmp_path / "tensorflow.py").write_text(lines + f"os.write(2, {LINE.encode()!r})\n{lines}")
    assert run(OURS).stderr == "mine\nmine\n"


def test_a_start_that_ends_the_process_is_told(run, tmp_path):
    (tmp_path / "tensorflow.py").write_text("import os\nos.abort()\n")
    found = run(OURS)
    assert found.returncode != 0
    assert "Fatal Python error: Aborted" in found.stderr
    assert "tensorflow.py" in found.stderr
