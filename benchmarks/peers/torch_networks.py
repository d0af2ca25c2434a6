"""GoogLeNet and `critters` in PyTorch, with the weights that TensorFlow has."""

# PyTorch is in the peers' environment alone, where this module runs.
# pyright: reportMissingImports=false
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .subjects import Subject

BRANCHES = ("1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool_proj")
MODULES = tuple(f"mixed{name}" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"))
POOL_BEFORE = {"mixed4a": "maxpool4", "mixed5a": "maxpool10"}


class Scaling(nn.Module):
    """From images in [0, 1] to (255 · images − mean) / deviation."""

    def __init__(self, mean: tuple[float, float, float], deviation: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean)[:, None, None])
        self.deviation = deviation

    def forward(self, images: Tensor) -> Tensor:
        return (255 * images - self.mean) / self.deviation


class SamePadding(nn.Module):
    """TensorFlow's "same", which for a stride of 2 may pad more behind than before."""

    def __init__(self, kernel: int, stride: int, value: float = 0.0) -> None:
        super().__init__()
        self.kernel, self.stride, self.value = kernel, stride, value

    def forward(self, x: Tensor) -> Tensor:
        sides = []
        for size in (x.shape[3], x.shape[2]):
            missing = max((-(-size // self.stride) - 1) * self.stride + self.kernel - size, 0)
            sides += [missing // 2, missing - missing // 2]
        return functional.pad(x, sides, value=self.value)


def pool() -> nn.Module:
    return nn.Sequential(SamePadding(3, 2, -torch.inf), nn.MaxPool2d(3, 2))


def convolution(
    subject: Subject, name: str, *, stride: int = 1, padding: int | None = None
) -> nn.Module:
    """A convolution and its ReLU.

    Args:
        subject: has its weights.
        name: the layer's.
        stride: its stride.
        padding: on every side; TensorFlow's "same" if None.
    """
    kernel = torch.from_numpy(subject.arrays[f"{name}/kernel"]).permute(3, 2, 0, 1).contiguous()
    size = kernel.shape[2]
    if stride == 1:
        padding = size // 2
    layer = nn.Conv2d(kernel.shape[1], kernel.shape[0], size, stride, padding or 0)
    layer.weight.data = kernel
    layer.bias.data = torch.from_numpy(subject.arrays[f"{name}/bias"])
    before = [SamePadding(size, stride)] if padding is None else []
    return nn.Sequential(*before, layer, nn.ReLU())


class InceptionModule(nn.Module):
    """Four branches of convolutions side by side."""

    def __init__(self, subject: Subject, name: str) -> None:
        super().__init__()
        self.branches = nn.ModuleDict(
            {branch: convolution(subject, f"{name}_{branch}") for branch in BRANCHES}
        )
        self.pool = nn.MaxPool2d(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        of = self.branches
        return torch.cat(
            [of["1x1"](x), of["3x3"](of["3x3_reduce"](x)), of["5x5"](of["5x5_reduce"](x)),
             of["pool_proj"](self.pool(x))], 1,
        )  # fmt: skip


class Classifier(nn.Module):
    """Means over positions, then a linear map to logits."""

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        kernel = torch.from_numpy(subject.arrays["logits/kernel"])
        self.linear = nn.Linear(*kernel.shape)
        self.linear.weight.data = kernel.T.contiguous()
        self.linear.bias.data = torch.from_numpy(subject.arrays["logits/bias"])

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.mean((2, 3)))


def load(subject: Subject) -> nn.Sequential:
    """The network: images (N, 3, H, W) in [0, 1] → logits. Its parts have the layers' names.

    Raises:
        ValueError: its logits are not those of TensorFlow.
    """
    large = subject.network == "googlenet"
    parts: dict[str, nn.Module] = {}
    parts["scaling"] = (
        Scaling((123, 117, 104), 1) if large else Scaling((127.5, 127.5, 127.5), 127.5)
    )
    parts["conv2d0"] = convolution(subject, "conv2d0", stride=2, padding=3 if large else None)
    parts["maxpool0"] = pool()
    if large:
        parts["localresponsenorm0"] = nn.LocalResponseNorm(5)
    parts["conv2d1"] = convolution(subject, "conv2d1")
    parts["conv2d2"] = convolution(subject, "conv2d2")
    if large:
        parts["localresponsenorm1"] = nn.LocalResponseNorm(5)
    parts["maxpool1"] = pool()
    for name in MODULES:
        if name in POOL_BEFORE:
            parts[POOL_BEFORE[name]] = pool()
        parts[name] = InceptionModule(subject, name)
    parts["classifier"] = Classifier(subject)
    net = nn.Sequential()
    for name, part in parts.items():
        net.add_module(name, part)
    net.eval().requires_grad_(requires_grad=False)
    with torch.no_grad():
        subject.require_logits(net(image_of(subject))[0].numpy())
    return net


def image_of(subject: Subject) -> Tensor:
    """The image, (1, 3, H, W)."""
    return torch.from_numpy(subject.image).permute(2, 0, 1)[None].contiguous()


def cut(net: nn.Sequential, layer: str) -> tuple[nn.Sequential, nn.Sequential]:
    """The network up to a layer, and behind it."""
    place = [name for name, _ in net.named_children()].index(layer) + 1
    return net[:place], net[place:]
