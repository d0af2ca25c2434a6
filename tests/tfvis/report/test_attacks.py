import json
from dataclasses import replace

import numpy as np
import pytest

from tfvis.attacks import AdversarialSample
from tfvis.report import load_result, write
from tfvis.utils import images
from tfvis.utils.errors import InputError


@pytest.fixture
def sample(made):
    before = np.random.default_rng(0).integers(20, 230, (8, 8, 3))
    after = before + np.random.default_rng(1).integers(-8, 9, before.shape)
    return AdversarialSample(
        image=np.float32(before) / np.float32(255),
        sample=np.float32(after) / np.float32(255),
        class_index=3,
        label="cat / dog",
        target=0,
        target_label="crane",
        answer_label="crane",
        logits=np.float32([1, 0, 0, 3]),
        sample_logits=np.float32([4, 0, 0, 2]),
        method="PGD",
        provenance=made(method="PGD"),
    )


def test_the_sample_is_written_as_it_was_attacked(tmp_path, sample):
    folder = write(sample, tmp_path)
    assert folder == tmp_path / "photo" / "attack_PGD"
    assert {file.name for file in folder.iterdir()} == {
        "photo_PGD.png", "before.png", "change.png", "overview.png", "arrays.npz", "result.json",
    }  # fmt: skip
    np.testing.assert_array_equal(images.load(folder / "photo_PGD.png"), sample.sample)
    np.testing.assert_array_equal(images.load(folder / "before.png"), sample.image)


def test_it_comes_back(tmp_path, sample, require_equal):
    folder = sample.save(tmp_path, name="other")
    require_equal(
        load_result(folder),
        replace(sample, provenance=replace(sample.provenance, image_name="other")),
    )


def test_the_summary_says_whether_it_succeeded(tmp_path, sample):
    said = json.loads((write(sample, tmp_path) / "result.json").read_text())
    assert said["succeeded"] is True
    assert said["largest_change"] == np.abs(sample.change).max() == 8
    assert said["logits"] == {
        "class": {"before": 3.0, "after": 2.0},
        "answer": {"before": 1.0, "after": 4.0},
    }


def test_a_sample_of_other_options_stays(tmp_path, sample, made):
    first = write(sample, tmp_path)
    other = replace(sample, provenance=made(method="PGD", options={"epsilon": 9}))
    assert write(other, tmp_path) != first
    assert write(sample, tmp_path) == first
    assert len(list(first.parent.iterdir())) == 2


def test_a_sample_of_another_image_of_the_same_name_is_refused(tmp_path, sample, made):
    write(sample, tmp_path)
    other = replace(sample, provenance=made(method="PGD", image="b" * 64, image_file="e" * 64))
    with pytest.raises(InputError, match="another image"):
        write(other, tmp_path)
