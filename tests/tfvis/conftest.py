"""A machine without weights, a server that has what a test gives it, and commands to run."""

import contextlib
import http.server
import threading
from dataclasses import replace

import keras
import numpy as np
import pytest
from command_line import QUICK
from known_networks import load_once
from PIL import Image

import tfvis.models
from tfvis.cli import main
from tfvis.models import SPECS, registry


@pytest.fixture
def networks_are_loaded_once(monkeypatch):
    """Commands trace a network that comes with tfvis in the first test alone."""
    monkeypatch.setattr(tfvis.models, "load_model", load_once)


@pytest.fixture
def clean(tmp_path, monkeypatch):
    """An empty cache and no folder of weights."""
    monkeypatch.delenv("TFVIS_WEIGHTS_DIR", raising=False)
    monkeypatch.setenv("TFVIS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def server():
    """A server on this machine.

    Its `answers` map paths to (status, announced size, body), or to a function that is called with
    the handler of the request. Its `asked` are the paths that were requested, in order.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            answer = self.server.answers[self.path]
            if callable(answer):
                with contextlib.suppress(OSError):  # nobody waits for the rest any more
                    answer(self)
                return
            status, size, body = answer
            self.send_response(status)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers, server.asked = {}, []
        server.daemon_threads = True  # a test need not wait for answers that go on
        server.block_on_close = False
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def photo(tmp_path_factory):
    """A small grey-scale photograph of no particular size."""
    file = tmp_path_factory.mktemp("photo") / "my photo.png"
    pixels = np.random.default_rng(0).integers(0, 255, (50, 70), np.uint8)
    Image.fromarray(pixels).save(file)
    return file


@pytest.fixture
def explain(random_weights, photo, tmp_path, capsys):
    """Run `tfvis explain` with random weights; returns status, stdout and stderr."""

    def run(*arguments, image=photo):
        given = [] if image is None else ["--image", str(image)]
        status = main(
            ["explain", *given, "--weights", str(random_weights), "--output", str(tmp_path / "out"),
             *QUICK, *map(str, arguments)]
        )  # fmt: skip
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def nothing_here(tmp_path, monkeypatch):
    """A machine without GoogLeNet's weights, from which they cannot be downloaded either."""
    monkeypatch.delenv("TFVIS_WEIGHTS_DIR", raising=False)
    monkeypatch.setenv("TFVIS_CACHE_DIR", str(tmp_path / "cache"))
    spec = replace(SPECS["googlenet"], url="http://127.0.0.1:9/weights")  # nothing listens there
    monkeypatch.setattr(registry, "SPECS", {**SPECS, "googlenet": spec})


@pytest.fixture(scope="session")
def own_model(tmp_path_factory):
    """A small Keras model in a file, and its labels in another."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("own")
    images = keras.Input((48, 48, 3))
    x = keras.layers.Conv2D(12, 3, 2, activation="relu", name="first")(images)
    x = keras.layers.Conv2D(16, 3, 2, activation="relu", name="second")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    keras.Model(images, keras.layers.Dense(3, activation="softmax", name="dense")(x)).save(
        folder / "mine.keras"
    )
    (folder / "labels.txt").write_text("cat\ndog\nbird\n")
    return folder / "mine.keras"


@pytest.fixture
def offline(tmp_path):
    """An environment without weights or a network."""
    return {
        "TFVIS_CACHE_DIR": str(tmp_path / "cache"), "KERAS_HOME": str(tmp_path / "keras"),
        "TFVIS_WEIGHTS_DIR": "", "https_proxy": "http://127.0.0.1:9",
    }  # fmt: skip
