"""Networks small enough to know everything about, and the real one where its weights are.

TensorFlow is imported by the fixtures that need it: the process that distributes the tests runs
none of them, and the others start after it has read this file.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from tfvis.models import load_model, spec_of
from tfvis.utils.errors import InputError

SHARED = Path(__file__).parents[2] / "shared"

# There is a process for each core: threads of scikit-learn's and NumPy's would wait for each other.
# Those processes inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Keep downloads out of the user's cache, and the user's cache out of the tests."""
    before = os.environ.get("TFVIS_CACHE_DIR")
    os.environ["TFVIS_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    yield
    del os.environ["TFVIS_CACHE_DIR"]
    if before is not None:
        os.environ["TFVIS_CACHE_DIR"] = before


@pytest.fixture(autouse=True, scope="session")
def device_without_bfloat16():
    """Icons of these tests are of float32, whatever the device; see test_number_formats.py."""
    from tfvis.utils import number_formats

    real = number_formats._of_device
    number_formats._of_device = lambda: number_formats.NumberFormat("float32", "for a test")
    yield real
    number_formats._of_device = real


@pytest.fixture(autouse=True, scope="session")
def not_ignoring_interrupts():
    """A shell's background jobs ignore Ctrl-C, which some tests send."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def closed_form() -> type:
    from closed_forms import ClosedFormNetwork

    return ClosedFormNetwork


@pytest.fixture
def image() -> np.ndarray:
    """A random image of 8 × 8 pixels."""
    return np.random.default_rng(1).random((8, 8, 3), np.float32)


@pytest.fixture
def mix() -> np.ndarray:
    """From 3 colours to 6 channels, all positive."""
    return np.random.default_rng(2).random((3, 6)) + 0.2


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory) -> Path:
    """An .npz archive of GoogLeNet's layout, with random weights."""
    from tfvis.models import architectures, googlenet

    rng = np.random.default_rng(3)
    arrays = {}
    names = googlenet.weight_names(architectures.BVLC, "npz")
    for layer, shape in googlenet.weight_shapes(architectures.BVLC).items():
        fan_in = np.prod(shape[:-1])
        kernel = rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / fan_in))
        arrays[f"{names[layer]}/kernel"] = kernel
        arrays[f"{names[layer]}/bias"] = rng.standard_normal(shape[-1:], np.float32) * 0.01
    file = tmp_path_factory.mktemp("weights") / "bvlc_googlenet.npz"
    np.savez(file, **{name: np.float32(array) for name, array in arrays.items()})
    return file


@pytest.fixture(scope="session")
def random_net(random_weights):
    """GoogLeNet with random weights."""
    return load_model("googlenet", weights=random_weights)


@pytest.fixture(scope="session")
def real_weights() -> Path:
    """The folder with GoogLeNet's real weights; skips where there is none."""
    folder = Path(os.environ.get("TFVIS_WEIGHTS_DIR") or SHARED / "weights")
    if not any((folder / name).is_file() for name in spec_of("googlenet").weights):
        pytest.skip(f"no weights of the real GoogLeNet in {folder}")
    return folder


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder with the photographs for tests; skips where there is none."""
    folder = SHARED / "images"
    if not folder.is_dir():
        pytest.skip(f"no photographs in {folder}")
    return folder


@pytest.fixture(scope="session")
def googlenet_real(real_weights):
    """GoogLeNet with its real weights."""
    try:
        return load_model("googlenet", weights=real_weights)
    except InputError as error:
        pytest.fail(str(error))
