import numpy as np
import pytest

from tfvis.critters import CLASSES, render_scene
from tfvis.critters.dataset import composition, render_scenes
from tfvis.utils.errors import InputError


def test_compositions_hold_as_many_objects_as_asked_and_every_class():
    drawn = [composition(seed, (0.5, 0.5)) for seed in range(2000)]
    n = np.array([len(classes) for classes in drawn])
    # Standard deviation of a share of one half over 2000 draws: 0.011.
    assert abs((n == 1).mean() - 0.5) < 0.05
    assert set(n) == {1, 2}
    assert all(len(set(classes)) == len(classes) for classes in drawn)
    often = np.bincount([CLASSES.index(c) for classes in drawn for c in classes])
    assert often.min() > 0.6 * often.mean()


@pytest.mark.slow
def test_scenes_in_parallel_are_the_scenes_one_by_one():
    scenes = render_scenes(4, first_seed=40, shares=(0, 0, 1), size=64, jobs=2)
    for k in range(4):
        classes = composition(40 + k, (0, 0, 1))
        alone = render_scene(classes, seed=40 + k, size=64)
        np.testing.assert_array_equal(scenes.images[k] / np.float32(255), alone.image)
        assert {CLASSES[i] for i in np.flatnonzero(scenes.present[k])} == set(classes)
        assert len(classes) == 3


def test_progress_is_told():
    calls = []
    render_scenes(2, first_seed=0, shares=(1,), size=64, jobs=1,
                  progress=lambda done, total: calls.append((done, total)))  # fmt: skip
    assert calls == [(1, 2), (2, 2)]


@pytest.mark.parametrize("shares", [(), (0, 0), (1, -1), (1, 1, 1, 1, 1)])
def test_shares_that_cannot_be_used(shares):
    with pytest.raises(InputError, match="Expected up to 4 shares of at least 0"):
        composition(0, shares)
