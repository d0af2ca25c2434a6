"""How much memory does a run take, and does it keep within its bound?

    python -m benchmarks.memory [--bounds 1.2GB 1.6GB 2.4GB] [--models critters googlenet]

does each kind of work on each network under each bound, in a process of its own, and prints how
many images at once the bound let through and the peak of resident memory. Batches are as large
as the bound lets them be, whatever the defaults are. `resnet50`, of Keras, has random weights.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from typing import Any

from benchmarks.peers.serving import peak_mib
from benchmarks.running import in_one_line

WORK = ("icons", "IGSG", "Shap")
MODELS = ("critters", "googlenet", "resnet50")
_MANY = 1000
"""More at once than any of the bounds lets through."""
_ICONS = 24


def run() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--bounds", nargs="+", default=["1.2GB", "1.6GB", "2.4GB"])
    parser.add_argument("--models", nargs="+", default=MODELS[:2], choices=MODELS)
    parser.add_argument("--work", nargs="+", default=WORK, choices=WORK)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(_measured(*arguments.one)))
        return
    row = "| {} | {} | {} | {} | {} |" if arguments.markdown else "{:10} {:6} {:>8} {:>8} {:>9}"
    print(row.format("network", "work", "bound", "at once", "peak"))
    if arguments.markdown:
        print("|---|---|---|---|---|")
    for model in arguments.models:
        for work in arguments.work:
            for bound in arguments.bounds:
                found = _in_a_process(model, work, bound)
                print(row.format(model, work, bound, *found), flush=True)


def _in_a_process(model: str, work: str, bound: str) -> tuple[object, str]:
    """How many at once, and the peak, or why there is none."""
    command = [sys.executable, "-m", "benchmarks.memory", "--one", model, work, bound]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False,
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    if done.returncode == 2:
        return "none", "refused"
    if done.returncode:
        return "?", done.stderr.strip().splitlines()[-1]
    found = json.loads(done.stdout.splitlines()[-1])
    return found["at_once"], f"{found['peak'] / 1e9:.2f}GB"


def _measured(model: str, work: str, bound: str) -> dict[str, int]:
    """Do some work within a bound; how many at once there were, and the peak in bytes."""
    import numpy as np

    from tfvis import IconOptions
    from tfvis.utils import aumann_shapley, memory_bound, shapley_sampling
    from tfvis.utils.icons import render_icons
    from tfvis.utils.memory_bounds import TAIL, batch_size_within
    from tfvis.utils.rendering import images_at_once

    net = _network(model)
    layer = net.default_layers[0]
    image = np.random.default_rng(0).random((*net.input_size, 3)).astype(np.float32)
    with memory_bound(bound):
        if work == "icons":
            options = IconOptions(steps=2, dtype="float32", batch_size=_ICONS)
            weights = np.random.default_rng(0).random((_ICONS, net.n_channels(layer)))
            found = images_at_once(net, [layer], _ICONS, options.size, _ICONS)
            render_icons(net, layer, weights, options)
        elif work == "IGSG":
            found = batch_size_within(net, TAIL, layer, most=_MANY)
            aumann_shapley(net, image, layer, classes=[0], steps=min(found, 256), batch_size=_MANY)
        else:
            found = batch_size_within(net, TAIL, layer, most=_MANY, gradient=False)
            shapley_sampling(net, image, layer, classes=[0], permutations=2, batch_size=_MANY)
    return {"at_once": found, "peak": round(peak_mib() * 2**20)}


def _network(model: str):  # noqa: ANN202
    from tfvis import load_model

    if model != "resnet50":
        return load_model(model)
    import keras

    resnet50: Any = keras.applications.ResNet50
    made = resnet50(weights=None, classifier_activation=None)
    return load_model(made, value_range=(0, 1))


if __name__ == "__main__":
    in_one_line(run)
