"""pytorch-grad-cam's side."""

# pyright: reportMissingImports=false
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.peers import torch_networks
from benchmarks.peers.serving import Numbers, Run, serve
from benchmarks.peers.sides.torchvision_start import declare_operators
from benchmarks.peers.subjects import Subject


def grad_cam(folder: Path) -> Run:
    """Grad-CAM's map of the first class."""
    declare_operators()
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    subject = Subject.read(folder)
    net = torch_networks.load(subject)
    # It takes gradients of a layer's output, which there are none of where no weight needs one.
    image = torch_networks.image_of(subject).requires_grad_()
    method = GradCAM(net, [net.get_submodule(subject.layer)])

    def run(calls: int) -> Callable[[], Numbers]:
        a_map = subject.image
        for _ in range(calls):
            (a_map,) = method(image, [ClassifierOutputTarget(subject.classes[0])])
        return lambda: {"calls": calls, "array": subject.keep("cam_pytorch", a_map)}

    return run


TASKS = {"grad_cam": grad_cam}

if __name__ == "__main__":
    serve(TASKS)
