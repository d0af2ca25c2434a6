import json
from dataclasses import replace

import numpy as np
import pytest

from tfvis.attacks import apply_patch, levels
from tfvis.report import load_result, write
from tfvis.utils import images
from tfvis.utils.errors import InputError


def test_the_sample_is_written_as_it_was_attacked(tmp_path, sample):
    folder = write(sample, tmp_path)
    assert folder == tmp_path / "photo" / "attack_pgd"
    assert {file.name for file in folder.iterdir()} == {
        "photo_pgd.png", "before.png", "change.png", "overview.png", "arrays.npz",
        "report.html", "result.json",
    }  # fmt: skip
    np.testing.assert_array_equal(images.load(folder / "photo_pgd.png"), sample.sample)
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
    other = replace(sample, provenance=made(method="pgd", options={"epsilon": 9}))
    assert write(other, tmp_path) != first
    assert write(sample, tmp_path) == first
    assert len(list(first.parent.iterdir())) == 2


def test_a_sample_of_another_image_of_the_same_name_is_refused(tmp_path, sample, made):
    write(sample, tmp_path)
    other = replace(sample, provenance=made(method="pgd", image="b" * 64, image_file="e" * 64))
    with pytest.raises(InputError, match="another image"):
        write(other, tmp_path)


def test_a_patch_is_written_as_it_was_pasted(tmp_path, sample, require_equal):
    patch = np.random.default_rng(2).integers(0, 256, (3, 3, 3)).astype(np.float32) / 255
    centre = (4.25, 3.0)  # between pixels: its edge is smoothed
    pasted = apply_patch(sample.image, patch, centre=centre)
    before = replace(
        sample, method="patch", patch=patch, sample=levels.to_images(levels.to_levels(pasted))
    )
    folder = write(before, tmp_path)
    require_equal(load_result(folder), before)
    read = images.load(folder / "patch.png")
    np.testing.assert_array_equal(read, patch)
    again = apply_patch(images.load(folder / "before.png"), read, centre=centre)
    images.save(tmp_path / "again.png", again)
    np.testing.assert_array_equal(
        images.load(tmp_path / "again.png"), images.load(folder / "photo_patch.png")
    )
