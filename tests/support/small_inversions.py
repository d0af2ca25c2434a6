"""A size of images and a check for tests of guided inversion."""

import numpy as np

SIDE = 24


def finite(found):
    arrays = (
        found.mask,
        found.weights,
        found.losses,
        found.logits,
        found.kept_logits,
        found.hidden_logits,
    )
    return all(np.isfinite(array).all() for array in arrays)
