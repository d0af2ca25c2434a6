"""Ctrl-C and SIGTERM while masks are optimised, sent to a process of its own.

`test_signals.py` has both at every stage, in one process: what handles them is the same.
"""

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest
from PIL import Image

from tfvis.report import load_result

ROOT = Path(__file__).parents[3]


def begin(own_model, tmp_path, n_images, iterations, stderr=subprocess.PIPE):
    """`tfvis invert` of so many images one after the other, in a process of its own."""
    files = []
    for k in range(n_images):
        file = tmp_path / f"image{k}.png"
        Image.new("RGB", (60, 60), (40 * k, 90, 30)).save(file)
        files.append(str(file))
    output = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "tfvis", "invert", *files, "--model", str(own_model),
         "--value-range", "0", "1", "--labels", str(own_model.with_name("labels.txt")), "--class",
         "cat", "--iterations", *map(str, iterations), "--batch-size", "1", "--output",
         str(output)],
        stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=ROOT,
    )  # fmt: skip
    return process, output


@pytest.mark.slow
def test_ctrl_c_ends_a_long_loop(own_model, tmp_path):
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))  # it has no width
    process, output = begin(own_model, tmp_path, 1, (100_000, 100_000), stderr=terminal)
    os.close(terminal)
    drawn = b""
    with process:
        try:
            # The bar is drawn from inside the loop.
            while b"step 1" not in drawn:
                drawn += os.read(screen, 1024)
            process.send_signal(signal.SIGINT)
            timer = threading.Timer(120, process.kill)  # the loop would take hours
            timer.start()
            with contextlib.suppress(OSError):  # nobody writes any more
                while True:
                    drawn += os.read(screen, 1024)
            process.wait()
            timer.cancel()
        finally:
            process.kill()
            os.close(screen)
    assert process.returncode == 130
    err = drawn.decode()
    assert err.splitlines()[-1] == "tfvis: interrupted; nothing was finished."
    assert "Traceback" not in err
    assert not output.exists()


@pytest.mark.slow
def test_sigterm_leaves_the_finished_images(own_model, tmp_path):
    n_images = 6
    process, output = begin(own_model, tmp_path, n_images, (20, 20))
    with process:
        try:
            for line in process.stdout:
                if " -> " in line:  # the first one is written
                    break
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 143
    found = sorted(path.name for path in output.iterdir())
    n = len(found)
    assert 1 <= n < n_images
    assert found == [f"image{k}" for k in range(n)]
    were, are = ("was", "is") if n == 1 else ("were", "are")
    assert err.splitlines()[-1] == (
        f"tfvis: interrupted; {n} of {n_images} images {were} finished and {are} in "
        f"{str(output)!r}."
    )
    for name in found:
        assert load_result(output / name).discriminated[0].label == "cat"
