"""torchvision beside a PyTorch that its compiled part was not built for.

PyPI's torchvision has its operators compiled for GPUs. Beside a PyTorch for CPUs they do not load,
and torchvision ends its import over them. None of the code that is compared uses one, so declaring
them is enough.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import torch

_KEPT = torch.library.Library("torchvision", "FRAGMENT")


def declare_operators() -> None:
    """Declare the operators that torchvision describes; to be called before its import."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return
    text = (Path(spec.origin).parent / "_meta_registrations.py").read_text(encoding="utf-8")
    for name in re.findall(r'register_(?:fake|meta)\("(?:torchvision::)?(\w+)"\)', text):
        if not hasattr(torch.ops.torchvision, name):
            _KEPT.define(f"{name}(Tensor x) -> Tensor")
