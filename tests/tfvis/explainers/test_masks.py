"""What is told of masks that went wrong, and what a mask's result holds."""

from dataclasses import replace

import numpy as np
import pytest

from tfvis.explainers.masks import Inversion, MaskExplanation, problem_of


def problem(**changes):
    image = np.zeros((4, 4, 3), np.float32)
    given = {
        "mask": np.eye(4), "mixture": image, "complement": image + 1, "weights": np.ones(3),
        "class_index": 0, "kept_logits": np.array([[0, 0], [2, 0]]),
        "hidden_logits": np.array([[0, 0], [1, 0]]), **changes,
    }  # fmt: skip
    return problem_of(**given)


def test_nothing_is_wrong_with_a_mask_that_keeps_its_class():
    assert problem(area=0.2) is None
    assert problem() is None
    assert problem(class_index=None, kept_logits=np.zeros((2, 2))) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"silent": True, "weights": np.zeros(3)}, "the base layer is silent on this image"),
        ({"weights": np.full(3, np.nan)}, "the weights are not finite"),
        ({"weights": np.zeros(3), "mask": np.zeros((4, 4))}, "all weights fell to zero"),
        ({"mask": np.ones((4, 4))}, "the mask is constant"),
        ({"kept_logits": np.zeros((2, 2))}, "speaks no more for the class than what it hides"),
        (
            {"kept_logits": np.full((2, 2), np.nan)},
            "speaks no more for the class than what it hides",
        ),
        ({"complement": np.full((4, 4, 3), 1e-3)}, "keeps and what it hides look the same"),
        (
            {"kept_logits": np.array([[2, 0], [2, 0]]), "hidden_logits": np.zeros((2, 2))},
            "no better mask was found than the one that it began with",
        ),
        ({"area": 0.1}, "keeps 25% of the image, not 10%: it may need more iterations"),
        ({"class_index": 1}, "speaks no more for the class than what it hides"),
    ],
)
def test_what_went_wrong_is_told(changes, expected):
    assert expected in problem(**changes)


@pytest.fixture
def mask():
    image = np.zeros((4, 6, 3), np.float32)
    return MaskExplanation(
        map=np.eye(4, 6, dtype=np.float32), image=image, class_index=1, label="dog", method="mine",
        mixture=image, complement=image + 1, weights=np.ones(3), losses=np.ones(2),
        logits=np.ones(2), kept_logits=np.ones((2, 2)), hidden_logits=np.zeros((2, 2)),
        problem="the mask is constant",
    )  # fmt: skip


def test_a_mask_is_its_map(mask):
    assert mask.mask is mask.map
    assert mask.maps.shape == (1, 4, 6)
    assert repr(mask) == (
        "MaskExplanation(method='mine', class_index=1, label='dog', 4 x 6, "
        "problem='the mask is constant')"
    )
    # Arrays are as they were given: a copy with another label shares them.
    assert replace(mask, label="cat").mixture is mask.mixture


def test_an_inversion_holds_both_steps(mask):
    saliency = replace(mask, class_index=None, label="")
    found = Inversion(saliency=saliency, discriminated=(mask,))
    assert found.saliency is saliency
    assert found.discriminated == (mask,)
    assert dict(found.seconds) == {}


def test_a_picture_of_both_steps_has_a_row_a_mask(mask):
    saliency = replace(mask, class_index=None, label="")
    one, two = (
        Inversion(saliency=saliency, discriminated=(mask,) * n).sheet().shape[0] for n in (1, 2)
    )
    assert two / one == pytest.approx(4 / 3, abs=0.02)  # the image's row, step 1's, and step 2's
