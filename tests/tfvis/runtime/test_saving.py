"""What all results can do."""

import io
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from tfvis.attacks import AdversarialSample
from tfvis.evaluation.box_results import BoxLocalisation
from tfvis.evaluation.evaluations import Evaluation
from tfvis.evaluation.scene_results import SceneLocalisation
from tfvis.experiments.outcomes import Experiment
from tfvis.explainers.base import ClassMap
from tfvis.explainers.compared import Comparison
from tfvis.explainers.masks import Inversion
from tfvis.runtime.saving import Saved, Shown
from tfvis.utils.errors import InputError


@dataclass(frozen=True, eq=False)
class Picture(Shown):
    pixels: np.ndarray

    def sheet(self):
        return self.pixels


@pytest.mark.parametrize(
    "kind",
    [AdversarialSample, BoxLocalisation, ClassMap, Comparison, Evaluation, Experiment, Inversion,
     SceneLocalisation],
)  # fmt: skip
def test_every_kind_of_result_can_be_saved_compared_and_shown(kind):
    assert issubclass(kind, Shown)
    assert (kind.plot, kind._repr_png_, kind._repr_html_) == (
        Shown.plot, Shown._repr_png_, Shown._repr_html_,
    )  # fmt: skip
    assert kind.sheet is not Shown.sheet
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


def test_a_notebook_shows_the_page_of_a_result_or_its_sheet():
    found = Picture(np.full((2, 4, 3), 0.5))
    with Image.open(io.BytesIO(found._repr_png_())) as shown:
        assert (np.asarray(shown) == 128).all()
    assert found._repr_html_().startswith("<iframe ")


def test_what_has_no_picture_says_so():
    with pytest.raises(NotImplementedError):
        Shown().plot()
