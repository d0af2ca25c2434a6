"""Explainers that go wrong in a worker: it is killed, or they raise."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfvis.explainers import ClassMap
from tfvis.explainers.registry import Method
from tfvis.utils import InputError


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What goes wrong, by the name of the image.

    Attributes:
        kill: kills its process; so often, in all.
        fail: raises an error that is of the image.
        crash: raises an error of a program.
        seconds: that each image takes.
        folder: where it is noted how often a process was killed, and who explained what.
    """

    kill: tuple[str, ...] = ()
    times: int = 1
    fail: tuple[str, ...] = ()
    crash: tuple[str, ...] = ()
    seconds: float = 0.0
    folder: str = ""


class Faulty:
    """Gives the image's brightness as its map, unless something goes wrong."""

    def __init__(self, net, options):
        self.net, self.options = net, options

    def explain(self, images, classes, *, progress=None):
        options, name = self.options, images[0].name
        note = Path(options.folder, f"{name}.killed")
        killed = len(note.read_text()) if note.exists() else 0
        if name in options.kill and killed < options.times:
            note.write_text("x" * (killed + 1))
            os.kill(os.getpid(), signal.SIGKILL)
        if name in options.fail:
            raise InputError("Expected a better image.")
        if name in options.crash:
            raise ZeroDivisionError("by hand")
        time.sleep(options.seconds)
        with Path(options.folder, "explained").open("a") as stream:
            stream.write(f"{name} {os.getpid()}\n")
        return tuple(
            ClassMap(
                map=np.mean(image.pixels, axis=-1), image=image.pixels, class_index=index,
                label=self.net.labels[index], method="brightness",
            )
            for image, index in zip(images, classes, strict=True)
        )  # fmt: skip


FAULTY = Method("brightness", "batch_explainers", "Faulty", Faults)
