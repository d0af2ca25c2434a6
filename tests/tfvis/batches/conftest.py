"""A few scenes, and batches of them that are run in this process or in others."""

import contextlib
from dataclasses import replace

import numpy as np
import pytest
from batch_explainers import FAULTY, Faults
from PIL import Image

from tfvis.batches import BatchJob, BatchRun, BatchWork, ChosenExplainer, ModelSource
from tfvis.batches.worker import forget_loaded
from tfvis.critters import render_scene
from tfvis.explainers.options import FeatureGroupOptions, GradCamOptions
from tfvis.explainers.registry import method_of
from tfvis.report.batch_folder import BatchFolder
from tfvis.report.batch_lock import BatchLock

NAMES = ("a", "b", "c", "d", "e", "f")


@pytest.fixture(scope="session")
def scenes(tmp_path_factory):
    """A folder with six scenes of a dog or a cat."""
    folder = tmp_path_factory.mktemp("scenes")
    for k, name in enumerate(NAMES):
        pixels = render_scene([("dog", "cat")[k % 2]], seed=k).image
        Image.fromarray(np.uint8(np.round(255 * np.asarray(pixels)))).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def jobs(scenes):
    """The scenes as they are handed out."""
    return tuple(
        BatchJob(name=name, path=str(scenes / f"{name}.png"), image=f"{name}.png", place=k)
        for k, name in enumerate(NAMES)
    )


@pytest.fixture(scope="session", autouse=True)
def nothing_stays_loaded():
    yield
    forget_loaded()


GROUPS = ChosenExplainer(
    method=method_of("all groups"), options=FeatureGroupOptions(attribution_steps=4, n_groups=2)
)
GRAD_CAM = ChosenExplainer(method=method_of("Grad-CAM"), options=GradCamOptions())


@pytest.fixture
def work(tmp_path):
    """What is done with each scene: Grad-CAM of critters, into a folder of the test."""

    def make(**changes):
        whole = {
            "source": ModelSource(model="critters"),
            "explainers": (GRAD_CAM,),
            "output": str(tmp_path / "out"),
        }
        return BatchWork(**{**whole, **changes})

    return make


@pytest.fixture
def faulty(work, tmp_path):
    """The same with an explainer that goes wrong; see `batch_explainers`."""

    def make(**faults):
        own = ChosenExplainer(method=FAULTY, options=Faults(folder=str(tmp_path), **faults))
        return work(explainers=(own,), own_process=True)

    return make


@pytest.fixture
def begun():
    """A run of a batch in its folder, which it has locked until the block ends."""

    @contextlib.contextmanager
    def begin(work, jobs, **options):
        folder = BatchFolder(tmp_path_of(work))
        folder.make()
        with BatchLock(folder.lock, lifetime=5, every=0.2) as lock:
            token = folder.begin_run(options)
            yield BatchRun(
                folder=folder, work=replace(work, token=token), jobs=jobs, title="scenes",
                facts={"network": "critters"}, lock=lock,
            )  # fmt: skip

    return begin


def tmp_path_of(work):
    from pathlib import Path

    return Path(work.output)
