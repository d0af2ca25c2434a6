"""What all results can do."""

from dataclasses import dataclass

import numpy as np
import pytest

from tfvis.attacks import AdversarialSample
from tfvis.evaluation.box_results import BoxLocalisation
from tfvis.evaluation.scene_results import SceneLocalisation
from tfvis.explainers.base import ClassMap
from tfvis.explainers.masks import Inversion
from tfvis.runtime.saving import Saved, Shown
from tfvis.utils.errors import InputError


@dataclass(frozen=True, eq=False)
class Picture(Shown):
    pixels: np.ndarray

    def sheet(self):
        return self.pixels


@pytest.mark.parametrize(
    "kind", [AdversarialSample, BoxLocalisation, ClassMap, Inversion, SceneLocalisation]
)
def test_every_kind_of_result_can_be_saved_and_compared(kind):
    assert issubclass(kind, Saved)
    assert (kind.save, kind.__eq__, kind.__hash__) == (Saved.save, Saved.__eq__, None)


def test_results_are_equal_if_their_kinds_and_fields_are():
    one = Picture(np.zeros((2, 2, 3)))
    assert one == Picture(np.zeros((2, 2, 3)))
    assert one != Picture(np.ones((2, 2, 3)))
    assert one != one.pixels.tolist()


def test_what_the_report_does_not_know_is_not_saved(tmp_path):
    with pytest.raises(InputError, match="Expected a result of tfvis, received Picture"):
        Picture(np.zeros((2, 2, 3))).save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_plot_shows_the_sheet():
    (axes,) = Picture(np.full((2, 4, 3), 0.5)).plot().axes
    assert axes.images[0].get_array().shape == (2, 4, 3)
