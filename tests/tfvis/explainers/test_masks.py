import numpy as np
import pytest

from tfvis.explainers.masks import MaskExplanation


def explanation(**changes):
    image = np.zeros((4, 4, 3), np.float32)
    given = {
        "image": image, "mask": np.eye(4), "mixture": image, "complement": image + 1,
        "weights": np.ones(3), "losses": np.ones(2), "class_index": 0, "logits": np.ones(2),
        "kept": np.array([[0, 0], [2, 0]]), "hidden": np.array([[0, 0], [1, 0]]), **changes,
    }  # fmt: skip
    return MaskExplanation(**given)


def test_nothing_is_wrong_with_a_mask_that_keeps_its_class():
    assert explanation(area=0.2).problem is None
    assert explanation().problem is None
    assert explanation(class_index=None, kept=np.zeros((2, 2))).problem is None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"silent": True, "weights": np.zeros(3)}, "the base layer is silent on this image"),
        ({"weights": np.full(3, np.nan)}, "the weights are not finite"),
        ({"weights": np.zeros(3), "mask": np.zeros((4, 4))}, "all weights fell to zero"),
        ({"mask": np.ones((4, 4))}, "the mask is constant"),
        ({"kept": np.zeros((2, 2))}, "speaks no more for the class than what it hides"),
        ({"kept": np.full((2, 2), np.nan)}, "speaks no more for the class than what it hides"),
        ({"complement": np.full((4, 4, 3), 1e-3)}, "keeps and what it hides look the same"),
        (
            {"kept": np.array([[2, 0], [2, 0]]), "hidden": np.zeros((2, 2))},
            "no better mask was found than the one that it began with",
        ),
        ({"area": 0.1}, "keeps 25% of the image, not 10%: it may need more iterations"),
        ({"class_index": 1}, "speaks no more for the class than what it hides"),
    ],
)
def test_what_went_wrong_is_told(changes, problem):
    assert problem in explanation(**changes).problem
