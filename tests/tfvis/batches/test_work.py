"""What workers are told."""

import json
import pickle
from pathlib import Path

from tfvis.batches import BatchJob, ChosenExplainer, batch_jobs
from tfvis.datasets.manifests import ListedImage
from tfvis.explainers import FeatureGroupExplainer
from tfvis.explainers.options import FeatureGroupOptions
from tfvis.explainers.registry import method_of
from tfvis.models import load_model
from tfvis.utils.icon_options import IconOptions

GROUPS = ChosenExplainer(
    method=method_of("all groups"), options=FeatureGroupOptions(layer="mixed4d", sign="neg")
)


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


def test_shards_keep_the_places_of_the_whole():
    listed = tuple(ListedImage(Path(f"/{k}.png"), f"{k}.png") for k in range(5))
    names = tuple("01234")
    shards = [batch_jobs(listed, names, (k, 2)) for k in (1, 2)]
    assert [[job.place for job in shard] for shard in shards] == [[0, 2, 4], [1, 3]]


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
