"""Where does the time of a step of icons go?

    python -m benchmarks.step_profile [--model googlenet] [--layer mixed4d] [--groups 10]

renders icons of random groups at 224 pixels, records some steps with TensorFlow's profiler, and
prints the milliseconds of each kind of operation in a step, and the slowest single operations.
`TF_ENABLE_ONEDNN_OPTS=0 python -m …` does so without oneDNN.
"""

from __future__ import annotations

import argparse
import importlib
import os
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.pairs import SHARED
from benchmarks.running import in_one_line
from tfvis.runtime.startup import start_tensorflow

FIRST, LAST = 3, 6
"""The steps between which the profiler records; the first ones are not typical."""

SHOWN = 16


def recorded(folder: Path) -> Counter[str]:
    """Picoseconds by operation, "name:Kind", of all steps that were recorded."""
    (file,) = folder.rglob("*.xplane.pb")
    protobuf = importlib.import_module("tensorflow.tsl.profiler.protobuf.xplane_pb2")
    space = protobuf.XSpace()
    space.ParseFromString(file.read_bytes())
    found: Counter[str] = Counter()
    for plane in space.planes:
        if "CPU" not in plane.name and "GPU" not in plane.name:
            continue
        for line in plane.lines:
            for event in line.events:
                name = plane.event_metadata[event.metadata_id].name
                kind = name.rpartition(":")[2]
                if ":" in name and "::" not in name and (kind[:1].isupper() or kind[:1] == "_"):
                    found[name] += event.duration_ps
    return found


def run() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="googlenet")
    parser.add_argument("--layer", help="the network's first default layer if left out")
    parser.add_argument("--groups", type=int, default=10)
    parser.add_argument("--dtype", default="float32")
    arguments = parser.parse_args()
    with start_tensorflow():
        _profile(arguments)


def _profile(arguments: argparse.Namespace) -> None:
    import tensorflow as tf

    from tfvis import load_model
    from tfvis.utils import losses, preconditioning
    from tfvis.utils.rendering import render

    weights = SHARED / "weights" if arguments.model == "googlenet" else None
    net = load_model(arguments.model, weights=weights)
    layer = net.require_layer(arguments.layer or net.default_layers[0])
    groups = np.abs(
        np.random.default_rng(0).standard_normal((arguments.groups, net.n_channels(layer)))
    )
    with tempfile.TemporaryDirectory() as folder:

        def watch(done: int, total: int) -> None:
            if done == FIRST:
                tf.profiler.experimental.start(folder)
            elif done == LAST:
                tf.profiler.experimental.stop()

        render(
            net, losses.channel_mean(layer, groups),
            preconditioning.aligned_images(arguments.groups, 224), steps=LAST,
            dtype=arguments.dtype, progress=watch,
        )  # fmt: skip
        operations = recorded(Path(folder))
    kinds: Counter[str] = Counter()
    for name, duration in operations.items():
        kinds[name.rpartition(":")[2].removeprefix("_MklNative").removeprefix("_Mkl")] += duration
    in_step = 1e9 * (LAST - FIRST)
    total = sum(kinds.values())
    on = os.environ.get("TF_ENABLE_ONEDNN_OPTS")
    print(f"{net.name}, {layer}, {arguments.groups} groups, {arguments.dtype}, oneDNN {on}: "
          f"{total / in_step:.0f} ms a step")  # fmt: skip
    for title, counts in (("kind of operation", kinds), ("operation", operations)):
        print(f"\n{title}: ms a step, share")
        for name, duration in counts.most_common(SHOWN):
            print(f"{duration / in_step:8.1f}  {duration / total:6.1%}  {name}")


if __name__ == "__main__":
    in_one_line(run)
