"""What workers are told."""

import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfvis.batches import BatchJob, BatchWork, ChosenExplainer, ModelSource, batch_jobs
from tfvis.batches.work import digest_of_jobs
from tfvis.datasets.manifests import ListedImage
from tfvis.explainers import FeatureGroupExplainer
from tfvis.explainers.options import FeatureGroupOptions
from tfvis.explainers.registry import method_of
from tfvis.models import load_model
from tfvis.utils import InputError
from tfvis.utils.icon_options import IconOptions

GROUPS = ChosenExplainer(
    method=method_of("all groups"), options=FeatureGroupOptions(layer="mixed4d", sign="neg")
)


@dataclass(frozen=True)
class Background:
    """Options that have an array."""

    background: Any


def test_an_image_with_two_classes_is_one_job(tmp_path):
    listed = (
        ListedImage(tmp_path / "a.png", "a.png", label="cat"),
        ListedImage(tmp_path / "b.png", "b.png"),
        ListedImage(tmp_path / "a.png", "a.png", label="dog"),
    )
    first, second = batch_jobs(listed, ("a", "b", "a"))
    assert first == BatchJob(
        name="a", path=str(tmp_path / "a.png"), image="a.png", labels=("cat", "dog"), place=0
    )
    assert (second.name, second.labels, second.place) == ("b", (), 1)


def test_images_have_the_places_of_the_list():
    listed = tuple(ListedImage(Path(f"/{k}.png"), f"{k}.png") for k in range(5))
    assert [job.place for job in batch_jobs(listed, tuple("01234"))] == [0, 1, 2, 3, 4]


def test_a_list_has_one_digest_wherever_it_lies():
    one, two = (
        tuple(BatchJob(name=name, path=f"{place}/{name}.png", image=name) for name in "ab")
        for place in ("/here", "/there")
    )
    assert digest_of_jobs(one) == digest_of_jobs(two)
    others = (
        one[:1], one[::-1], (one[0], BatchJob(name="b", path="/b.png", image="b", labels=("cat",)))
    )  # fmt: skip
    assert len({digest_of_jobs(one), *map(digest_of_jobs, others)}) == 4


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"top": 0}, "Expected top to be a whole number >= 1, received 0."),
        ({"explainers": ()}, "Expected an explainer or more, received none."),
    ],
)
def test_work_that_would_fail_for_every_image_is_refused(changes, told):
    whole = {"source": ModelSource(model="critters"), "explainers": (GROUPS,), "output": "out"}
    with pytest.raises(InputError) as error:
        BatchWork(**{**whole, **changes})
    assert str(error.value) == told


def test_an_array_among_the_options_is_told_by_what_it_holds():
    backgrounds = [np.zeros((300, 3)), np.zeros((300, 3)), np.eye(300)[:, :3]]
    told = [
        ChosenExplainer(method=method_of("Grad-CAM"), options=Background(own)).as_json()
        for own in backgrounds
    ]
    assert told[0] == told[1] != told[2]
    json.dumps(told)


def test_paths_are_absolute():
    (job,) = batch_jobs([ListedImage(Path("a.png"), "a.png")], ["a"])
    assert job.path == str(Path.cwd() / "a.png")


def test_an_explainer_can_be_sent_and_told():
    assert pickle.loads(pickle.dumps(GROUPS)) == GROUPS
    told = json.loads(json.dumps(GROUPS.as_json()))
    assert (told["method"], told["layer"], told["sign"]) == ("all groups", "mixed4d", "neg")
    assert told["icons"] is None


def test_an_explainer_is_built_with_its_icons():
    net = load_model("critters")
    without = GROUPS.build(net)
    assert isinstance(without, FeatureGroupExplainer) and without.icons is None
    icons = IconOptions(steps=3)
    chosen = ChosenExplainer(method=GROUPS.method, options=GROUPS.options, icons=icons)
    assert chosen.build(net).icons == icons


def test_what_is_asked_of_an_image_changes_with_its_file_and_its_labels(tmp_path):
    file = tmp_path / "a.png"
    file.write_bytes(b"one")
    job = BatchJob(name="a", path=str(file), image="a.png", labels=("cat",))
    first = job.asked()
    assert BatchJob(name="other", path=str(file), image="a.png", labels=("cat",)).asked() == first
    assert BatchJob(name="a", path=str(file), image="a.png", labels=("dog",)).asked() != first
    file.write_bytes(b"another")
    assert job.asked() != first
    file.unlink()
    assert job.asked() == job.asked() != first
