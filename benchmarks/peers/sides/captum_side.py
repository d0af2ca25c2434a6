"""captum's side: sampled Shapley values and integrated gradients of a layer's channels.

Its methods get the network behind the layer, and zeros as baseline, which is what ours attribute.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from captum.attr import LayerIntegratedGradients, ShapleyValueSampling

from benchmarks.peers import torch_networks
from benchmarks.peers.serving import Numbers, Run, serve
from benchmarks.peers.subjects import Subject

BATCH = 64
"""Coalitions at once, as many as ours. captum's own default is 1."""

GRADIENTS = 16
"""Gradients at once, as many as ours."""


def shapley(folder: Path) -> Run:
    """Sampled Shapley values; one feature a channel."""
    subject = Subject.read(folder)
    head, tail = torch_networks.cut(torch_networks.load(subject), subject.layer)
    image = torch_networks.image_of(subject)
    method = ShapleyValueSampling(tail)

    def attributed(activations: torch.Tensor, orders: int) -> np.ndarray:
        channels = torch.arange(activations.shape[1])[None, :, None, None]
        found = method.attribute(
            activations, target=subject.classes[0], feature_mask=channels, n_samples=orders,
            perturbations_per_eval=BATCH,
        )  # fmt: skip
        # Every position of a channel has the channel's value.
        return found[0, :, 0, 0].numpy()

    def run(orders: int, spread: bool = False) -> Callable[[], Numbers]:
        torch.manual_seed(0)
        with torch.no_grad():
            activations = head(image)
        if spread:
            each = np.stack([attributed(activations, 1) for _ in range(orders)])
            error = each.std(axis=0, ddof=1).mean() / math.sqrt(orders)
            return lambda: {"orders": orders, "standard_error": float(error)}
        values = attributed(activations, orders)
        return lambda: {"orders": orders, "array": subject.keep("shapley_captum", values)}

    return run


def integrated_gradients(folder: Path) -> Run:
    """Integrated gradients of the layer's activations from zeros."""
    subject = Subject.read(folder)
    head, tail = torch_networks.cut(torch_networks.load(subject), subject.layer)
    image = torch_networks.image_of(subject)
    layer = torch.nn.Identity()
    method = LayerIntegratedGradients(torch.nn.Sequential(layer, tail), layer)

    def run(steps: int) -> Callable[[], Numbers]:
        with torch.no_grad():
            activations = head(image)
        values = []
        for index in subject.classes:
            found = method.attribute(
                activations, torch.zeros_like(activations), target=index, n_steps=steps,
                internal_batch_size=GRADIENTS,
            )  # fmt: skip
            values.append(found[0].sum((1, 2)).detach().numpy())

        def tell() -> Numbers:
            with torch.no_grad():
                full, empty = tail(torch.cat([activations, torch.zeros_like(activations)])).numpy()
            wholes = (full - empty)[list(subject.classes)]
            gaps = np.abs(np.sum(values, axis=1) / wholes - 1)
            array = subject.keep("gradients_captum", np.stack(values))
            return {"steps": steps, "gap": float(gaps.max()), "array": array}

        return tell

    return run


TASKS = {"shapley": shapley, "integrated_gradients": integrated_gradients}

if __name__ == "__main__":
    serve(TASKS)
