"""lucent's side: icons by its own loop, parameters, transforms and optimiser."""

# pyright: reportMissingImports=false
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.peers import torch_networks
from benchmarks.peers.serving import Numbers, Run, serve
from benchmarks.peers.sides.torchvision_start import declare_operators
from benchmarks.peers.subjects import Subject


def icons(folder: Path) -> Run:
    """Icons of the groups."""
    declare_operators()
    from lucent.optvis import param, render
    from lucent.optvis.objectives import Objective

    subject = Subject.read(folder)
    net = torch_networks.load(subject)
    groups = torch.from_numpy(subject.groups)
    side = len(subject.image)

    def minus_objective(activations: Callable[[str], Any]) -> Any:
        return -torch.einsum("nchw,nc->nhw", activations(subject.layer), groups).mean((1, 2)).sum()

    def run(steps: int) -> Callable[[], Numbers]:
        torch.manual_seed(0)
        np.random.seed(0)
        (images,) = render.render_vis(
            net, Objective(minus_objective), lambda: param.image(side, batch=len(groups)),
            thresholds=(steps,), preprocess=False, progress=False, show_image=False,
        )  # fmt: skip
        return lambda: {"steps": steps, "file": subject.keep("icons_lucent", images)}

    return run


TASKS = {"icons": icons}

if __name__ == "__main__":
    serve(TASKS)
