"""Each in a process of its own: TensorFlow starts only once."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf

from tfvis.runtime.startup import gpus, start_tensorflow

ROOT = Path(__file__).parents[3]


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


@pytest.mark.slow
@pytest.mark.parametrize(("given", "expected"), [("", "1"), ("0", "0")])
def test_tensorflow_starts_quietly_with_one_operation_at_a_time(given, expected, monkeypatch):
    """Its faster operations are on before it is imported, unless someone says otherwise."""
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    found = run(
        "import os, sys\n"
        "found = []\n"
        "note = lambda: found.append(os.environ['TF_ENABLE_ONEDNN_OPTS'])\n"
        "sys.addaudithook(lambda event, own: (event, own[:1]) == ('import', ('tensorflow',))"
        " and note())\n"
        "from tfvis.runtime.startup import start_tensorflow\n"
        "with start_tensorflow('CPU:0'):\n"
        "    import tensorflow as tf\n"
        "    threads = tf.config.threading.get_inter_op_parallelism_threads()\n"
        "    print(found[0], threads, tf.ones(1).device)",
        **({"TF_ENABLE_ONEDNN_OPTS": given} if given else {}),
    )
    assert found.stdout.split()[:2] == [expected, "1"]
    assert found.stdout.strip().endswith("CPU:0")
    assert found.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "expected"),
    [("startup.keep_imports()", "True True"), ("", "False True"),
     ("startup.keep_imports(); gc.disable()", "False False"),
     ("startup.keep_imports(); import tensorflow", "False True")],
)  # fmt: skip
def test_a_program_looks_for_no_garbage_among_what_is_imported(before, expected):
    """Unless it has no say in it: then nothing is changed."""
    found = run(
        "import gc\n"
        "from tfvis.runtime import startup\n"
        f"{before}\n"
        "startup.start_tensorflow()\n"
        "print(gc.get_freeze_count() > 100_000, gc.isenabled())"
    )
    assert found.stdout.split() == expected.split(), found.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "kept"),
    [("tfvis.__main__ import run", True), ("tfvis.cli import main as run", False)],
)
def test_the_command_is_a_program_and_its_function_is_not(module, kept):
    """Whoever calls `tfvis.cli.main` may have objects of their own that have to go."""
    found = run(
        "import gc, sys\n"
        f"from {module}\n"
        "sys.argv = ['tfvis', 'models', 'critters']\n"
        "assert run() == 0\n"
        "print(gc.get_freeze_count() > 100_000)"
    )
    assert found.stdout.split()[-1] == str(kept), found.stderr


def test_a_gpus_memory_is_taken_as_it_is_needed(monkeypatch):
    grown, gpus = [], ["GPU:0", "GPU:1"]
    listed = tf.config.list_physical_devices
    monkeypatch.setattr(
        tf.config, "list_physical_devices", lambda kind: gpus if kind == "GPU" else listed(kind)
    )

    def grow(gpu, wanted):
        grown.append((gpu, wanted))
        if gpu == "GPU:0":
            raise RuntimeError("Physical devices cannot be modified after being initialized")

    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", grow)
    start_tensorflow()
    assert grown == [("GPU:0", True), ("GPU:1", True)]


@pytest.mark.slow
@pytest.mark.parametrize("jit", [True, False])
def test_xla_compiles_where_it_is_asked_for(jit):
    found = run(
        "from tfvis.runtime.startup import start_tensorflow\n"
        f"with start_tensorflow(jit={jit}):\n"
        "    import tensorflow as tf\n"
        "    double = tf.function(lambda x: tf.tanh(x * x) + tf.exp(x) * 2)\n"
        "    print(double(tf.zeros(8)).numpy().tolist() == [2.0] * 8)\n"
        "print(tf.config.optimizer.get_jit())",
        TF_CPP_MIN_LOG_LEVEL="0",
    )
    assert found.stdout.split() == ["True"], found.stderr
    assert ("Compiled cluster using XLA" in found.stderr) == jit


def test_a_run_is_split_among_all_gpus_unless_a_device_is_named(monkeypatch):
    known = [SimpleNamespace(name=f"/device:GPU:{k}") for k in range(2)]
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: known)
    assert gpus(None) == ["GPU:0", "GPU:1"]
    assert gpus("CPU:0") == []


def test_another_backend_is_refused_before_keras_is_imported():
    found = run(
        "import sys\nfrom tfvis.cli import main\n"
        "status = main(['explain', '--quiet', '--model', 'critters'])\n"
        "assert 'keras' not in sys.modules\nsys.exit(status)",
        KERAS_BACKEND="torch",
    )
    assert found.returncode == 2
    assert found.stderr == (
        "tfvis: error: Expected Keras to run on TensorFlow, received KERAS_BACKEND='torch'. "
        "Set KERAS_BACKEND=tensorflow.\n"
    )
