"""How much faster is guided feature inversion than its plain restatement in PyTorch?

    pip install torch
    python -m benchmarks.inversion_speed [--images 10] [--torch-iterations 2] [--dtypes NAME ...]

VGG19's shape with random weights, the terms of the reimplementation, 10 and 70 iterations. Ours is
run whole, for one image and for a batch; of the restatement's iterations a few are timed in turn
with ours, and their median is multiplied by how many there are. It does what the reimplementation's
loops do: both networks and the base layer anew in every iteration, a new Adam for each, the
channels summed in a Python loop. PyTorch works out the slopes of the network's own weights too
unless they are frozen, so the restatement is timed both ways.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from benchmarks.running import in_one_line
from tfvis.explainers.guided_inversion import PRESETS, GuidedFeatureInversion
from tfvis.models import spec_of
from tfvis.models.keras_applications import network
from tfvis.runtime.terminal import Parser
from tfvis.utils.errors import InputError, require_count

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
PRESET = PRESETS["reimplementation"]


def seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


class Restatement:
    """The reimplementation's loops, one image, one iteration at a time."""

    def __init__(self, image: np.ndarray, *, frozen: bool) -> None:
        try:
            import torch  # pyright: ignore[reportMissingImports]  # optional
        except ImportError:
            raise InputError("PyTorch is not installed: pip install torch") from None
        self.torch = torch
        nn = torch.nn
        features: list[Any] = []
        before = 3
        for channels, convolutions in BLOCKS:
            for _ in range(convolutions):
                features += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
                before = channels
            features.append(nn.MaxPool2d(2))
        self.base = nn.Sequential(*features[:-1])
        self.pool = features[-1]
        self.top = nn.Sequential(
            nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(),
            nn.Linear(4096, 1000),
        )  # fmt: skip
        for part in (self.base, self.top):
            part.requires_grad_(not frozen)
            part.eval()
        self.x = torch.tensor(image.transpose(2, 0, 1)[np.newaxis])
        self.p = torch.nn.functional.avg_pool2d(self.x, 23, 1, 11)
        self.w = torch.full([512], PRESET.start, requires_grad=True)

    def mask(self) -> Any:
        activations = self.base(self.x)[0]
        total = self.torch.zeros(activations.shape[1:])
        for k in range(512):
            total = total + self.w[k] * activations[k]
        m = (total - total.min()) / (total.max() - total.min())
        return self.torch.nn.functional.interpolate(
            m[None, None], self.x.shape[2:], mode="bilinear", align_corners=False
        )

    def iterate(self, discriminate: bool) -> None:
        optimiser = self.torch.optim.Adam([self.w], lr=PRESET.learning_rate)
        m = self.mask()
        kept = self.x * m + self.p * (1 - m)
        if discriminate:
            hidden = self.x * (1 - m) + self.p * m
            up, down = (self.top(self.pool(self.base(part)))[0, 7] for part in (kept, hidden))
            loss = down - up
        else:
            with self.torch.no_grad():
                target = self.pool(self.base(self.x))
            loss = ((self.pool(self.base(kept)) - target) ** 2).sum()
        loss = loss + PRESET.penalties[discriminate] * self.w.sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with self.torch.no_grad():
            self.w.clamp_(min=0)


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0],
                    formatter_class=argparse.ArgumentDefaultsHelpFormatter)  # fmt: skip
    parser.add_argument("--images", type=int, default=10, help="in the batch")
    parser.add_argument("--torch-iterations", type=int, default=2, help="timed of each step")
    parser.add_argument("--dtypes", nargs="+", default=["float32", "bfloat16"], help="of ours")
    arguments = parser.parse_args()
    require_count("--images", arguments.images)
    require_count("--torch-iterations", arguments.torch_iterations)
    images = np.random.default_rng(0).random((arguments.images, 224, 224, 3), np.float32)
    theirs = {
        name: Restatement(images[0], frozen=frozen)
        for name, frozen in (("as loaded", False), ("weights frozen", True))
    }
    keras.utils.set_random_seed(0)
    model = keras.applications.VGG19(
        weights=None,  # pyright: ignore[reportArgumentType]  # Keras's default hides None
        classifier_activation=None,  # pyright: ignore[reportArgumentType]
    )
    net = network(spec_of("vgg19"), model)
    ours = {
        dtype: GuidedFeatureInversion(
            net, preset="reimplementation", batch_size=arguments.images, dtype=dtype
        )
        for dtype in arguments.dtypes
    }

    def explain(dtype: str, batch: np.ndarray) -> None:
        ours[dtype].discriminate(batch, [7] * len(batch))

    for restatement in theirs.values():  # the first time takes longer, as it does with ours
        for step in (0, 1):
            restatement.iterate(bool(step))
    traced = {dtype: seconds(lambda d=dtype: explain(d, images[:1])) for dtype in ours}
    times: dict[tuple[str, int], list[float]] = defaultdict(list)
    own: dict[str, list[float]] = defaultdict(list)
    for _ in range(arguments.torch_iterations):
        for name, restatement in theirs.items():
            for step in (0, 1):
                times[name, step].append(seconds(lambda r=restatement, s=step: r.iterate(bool(s))))
        for dtype in ours:
            own[dtype].append(seconds(lambda d=dtype: explain(d, images[:1])))
    whole = {}
    for name in theirs:
        steps = [statistics.median(times[name, step]) for step in (0, 1)]
        whole[name] = sum(n * median for n, median in zip(PRESET.iterations, steps, strict=True))
        print(
            f"restatement, {name}: {steps[0]:.2f} s an iteration of step 1, {steps[1]:.2f} s of "
            f"step 2, from these medians {whole[name]:.0f} s an image"
        )
    for dtype in ours:
        one = statistics.median(own[dtype])
        print(f"ours, {dtype}, one image: {one:.0f} s ({traced[dtype]:.0f} s with tracing), "
              f"{_ratios(whole, one)}", flush=True)  # fmt: skip
        batch = seconds(lambda d=dtype: explain(d, images)) / len(images)
        print(f"ours, {dtype}, a batch of {len(images)}: {batch:.1f} s an image with tracing, "
              f"{_ratios(whole, batch)}", flush=True)  # fmt: skip


def _ratios(whole: Mapping[str, float], own: float) -> str:
    ratios = (f"{theirs / own:.1f} ({name})" for name, theirs in whole.items())
    return f"{' and '.join(ratios)} times faster"


if __name__ == "__main__":
    in_one_line(run)
