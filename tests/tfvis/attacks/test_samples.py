from dataclasses import replace

import numpy as np
import pytest

from tfvis.attacks import AdversarialSample


@pytest.fixture
def sample():
    image = np.full((4, 4, 3), 100, np.float32)
    changed = image.copy()
    changed[0, 0], changed[1, 1, 2] = 103, 96
    return AdversarialSample(
        image=image / np.float32(255), sample=changed / np.float32(255), class_index=1, label="cat",
        answer_label="dog", logits=np.float32([0, 5, 1]), sample_logits=np.float32([6, 5, 1]),
        method="fgsm",
    )  # fmt: skip


def test_changes_are_told_in_levels(sample):
    assert sample.largest_change == 4
    assert sample.length_of_change == pytest.approx(np.sqrt(3 * 9 + 16))
    assert sample.change[1, 1, 2] == -4


def test_success_is_the_target_or_any_other_class(sample):
    assert sample.answer == 0
    assert sample.succeeded
    assert not replace(sample, target=2, target_label="fish").succeeded
    assert replace(sample, target=0, target_label="dog").succeeded
    assert not replace(sample, sample_logits=sample.logits).succeeded


def test_the_magnified_change_uses_the_whole_range(sample):
    shown = sample.magnified()
    assert shown[2, 2, 0] == 0.5
    assert shown[1, 1, 2] == pytest.approx(0)
    unchanged = replace(sample, sample=sample.image).magnified()
    assert (unchanged == 0.5).all()


def test_the_sheet_is_a_picture(sample):
    sheet = sample.sheet()
    assert sheet.ndim == 3
    assert 0 <= sheet.min() < sheet.max() <= 1
    assert sample.plot().axes
