"""One network got in several ways: are its attributions the same, and as fast?

    python -m benchmarks.kinds [--steps 32] [--repeats 3]

compares the real GoogLeNet as a Keras model, as the frozen graph of lucid's model zoo and as a
SavedModel of the Keras port: the largest difference of the attributions (over the largest
attribution), and the time of one attribution and of one forward pass, as ratios to the Keras
model's in the same round, medians.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pairs import SHARED, photograph
from benchmarks.running import in_one_line
from tfvis.runtime.terminal import Parser
from tfvis.utils.errors import require_count

LAYER, CLASS = "mixed4d", "tiger cat"
BVLC: dict[str, Any] = {"value_range": (0, 255), "channel_order": "BGR", "mean": (123, 117, 104)}


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0],
                    formatter_class=argparse.ArgumentDefaultsHelpFormatter)  # fmt: skip
    parser.add_argument("--steps", type=int, default=32, help="gradients")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    require_count("--steps", arguments.steps)
    require_count("--repeats", arguments.repeats)

    from tfvis import load_model
    from tfvis.models import architectures, googlenet
    from tfvis.utils import aumann_shapley, images

    weights = SHARED / "weights"
    image = images.load(photograph("dog_cat224"), (224, 224))
    size: dict[str, Any] = {"input_size": image.shape[:2]}
    with tempfile.TemporaryDirectory() as folder:
        port = googlenet.build(architectures.BVLC)
        for layer, arrays in googlenet.read_weights(weights / "bvlc_googlenet.npz").items():
            port.get_layer(layer).set_weights(arrays)
        port.export(Path(folder) / "port", verbose=False)
        nets = {
            "Keras": load_model("googlenet", weights=weights / "bvlc_googlenet.npz"),
            "frozen graph": load_model(weights / "InceptionV1_caffe.pb", **BVLC, **size),
            "SavedModel": load_model(Path(folder) / "port", value_range=(0, 1), **size),
        }
    layers = {"Keras": LAYER, "frozen graph": "inception_4d_output", "SavedModel": LAYER}
    target = nets["Keras"].class_index(CLASS)

    def attribute(kind: str) -> np.ndarray:
        net = nets[kind]
        net.memory.clear()  # or the activations would be those of the time before
        layer = net.require_layer(layers[kind])
        return aumann_shapley(net, image, layer, classes=[target], steps=arguments.steps)[0].values

    values = {kind: attribute(kind) for kind in nets}  # and everything is compiled
    batch = np.repeat(image[np.newaxis], 8, axis=0)
    for net in nets.values():
        net.logits(batch)
    attributions: dict[str, list[float]] = {kind: [] for kind in nets}
    passes: dict[str, list[float]] = {kind: [] for kind in nets}
    for _ in range(arguments.repeats):
        for kind, net in nets.items():
            attributions[kind].append(seconds(lambda kind=kind: attribute(kind)))
            passes[kind].append(seconds(lambda net=net: net.logits(batch)))
    largest = np.abs(values["Keras"]).max()
    for kind in nets:
        ratios = [
            np.median(np.array(times[kind]) / np.array(times["Keras"]))
            for times in (attributions, passes)
        ]
        print(
            f"{kind:14} difference {np.abs(values[kind] - values['Keras']).max() / largest:.1e}   "
            f"attribution {np.median(attributions[kind]):.2f} s, ratio {ratios[0]:.2f}   "
            f"8 images {np.median(passes[kind]):.2f} s, ratio {ratios[1]:.2f}"
        )


if __name__ == "__main__":
    in_one_line(run)
