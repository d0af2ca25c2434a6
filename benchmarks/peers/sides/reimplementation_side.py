"""The loops of the PyTorch reimplementation of guided feature inversion, for one image.

Both networks and the base layer run anew in every iteration, each has a new Adam, and the channels
are summed in a Python loop; see `benchmarks.inversion_speed`, which has the same for VGG19.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.peers import torch_networks
from benchmarks.peers.serving import Numbers, Run, serve
from benchmarks.peers.subjects import Subject

BASE, INVERSION = "mixed4e", "mixed5b"
ITERATIONS = (10, 70)
PENALTIES = (10.0, 1.0)
START, RATE, WINDOW = 0.1, 0.01, 23


def inversion(folder: Path) -> Run:
    """The mask of both steps."""
    subject = Subject.read(folder)
    net = torch_networks.load(subject)
    base, inverted = (torch_networks.cut(net, layer)[0] for layer in (BASE, INVERSION))
    x = torch_networks.image_of(subject)
    p = torch.nn.functional.avg_pool2d(x, WINDOW, 1, WINDOW // 2, count_include_pad=False)

    def mask(w: Any) -> Any:
        activations = base(x)[0]
        total = torch.zeros(activations.shape[1:])
        for k in range(len(w)):
            total = total + w[k] * activations[k]
        m = (total - total.min()) / (total.max() - total.min())
        return torch.nn.functional.interpolate(
            m[None, None], x.shape[2:], mode="bilinear", align_corners=False
        )

    def loss(m: Any, discriminate: bool) -> Any:
        kept, hidden = x * m + p * (1 - m), x * (1 - m) + p * m
        if discriminate:
            up, down = (net(part)[0, subject.classes[0]] for part in (kept, hidden))
            return down - up
        with torch.no_grad():
            target = inverted(x)
        return ((inverted(kept) - target) ** 2).sum()

    def run() -> Callable[[], Numbers]:
        w = torch.full([base(x).shape[1]], START, requires_grad=True)
        for step, iterations in enumerate(ITERATIONS):
            for _ in range(iterations):
                optimiser = torch.optim.Adam([w], lr=RATE)
                total = loss(mask(w), bool(step)) + PENALTIES[step] * w.sum()
                optimiser.zero_grad()
                total.backward()
                optimiser.step()
                with torch.no_grad():
                    w.clamp_(min=0)
        with torch.no_grad():
            found = mask(w)[0, 0].numpy()
        return lambda: {"array": subject.keep("mask_reimplementation", found)}

    return run


TASKS = {"inversion": inversion}

if __name__ == "__main__":
    serve(TASKS)
