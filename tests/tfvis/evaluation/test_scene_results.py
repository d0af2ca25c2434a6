"""Two results are equal if all that they hold is; test_scene_localisation.py has the estimates."""

from dataclasses import replace

import numpy as np
import pytest

from tfvis.evaluation.scene_results import SceneLocalisation, Scores


@pytest.fixture
def result():
    def make(value=0.5, **changes):
        values = {"pointing": np.array([[1, value]]), "iou": np.full((1, 2, 3), np.nan)}
        scores = Scores(values, {"iou": np.array([0.1, 0.2, 0.3])}, ((None, "It diverged."),))
        given = {"scores": {"mine": scores}, "nothing_selected": 1, "seed": 2}
        return SceneLocalisation(**given | changes)

    return make


def test_results_are_equal_if_all_is(result):
    assert result() == result()
    assert result() != result(0.25)
    assert result() != result(seed=3)
    scores = replace(result().scores["mine"], problems=((None, None),))
    assert result() != result(scores={"mine": scores})
    assert result() != "something else"


def test_a_result_cannot_be_hashed_since_it_holds_arrays(result):
    with pytest.raises(TypeError, match="unhashable"):
        hash(result())
