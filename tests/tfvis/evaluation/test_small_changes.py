"""Images with noise or cropped, and explainers with other options."""

from dataclasses import dataclass

import numpy as np
import pytest

from tfvis.evaluation.small_changes import CROP_SIDE, cropped, has_option, noisy, with_options
from tfvis.explainers.feature_groups import FeatureGroupExplainer


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_noise_has_its_deviation_and_leaves_colours_from_0_to_1(rng):
    grey = np.full((64, 64, 3), 0.5, np.float32)
    found = noisy(grey, 0.02, rng)
    assert found.dtype == np.float32
    assert (found - grey).std() == pytest.approx(0.02, rel=0.05)
    white = noisy(np.ones((8, 8, 3), np.float32), 0.5, rng)
    assert 0 <= white.min() < white.max() == 1
    np.testing.assert_array_equal(noisy(grey, 0.0, rng), grey)


def test_a_crop_is_a_part_at_the_images_size(rng):
    """A ramp from 0 to 1: a crop has its share of it."""
    ramp = np.broadcast_to(np.linspace(0, 1, 100)[:, np.newaxis, np.newaxis], (100, 100, 3))
    found = [cropped(np.float32(ramp), rng) for _ in range(8)]
    for image in found:
        assert image.shape == ramp.shape
        assert np.ptp(image) == pytest.approx(CROP_SIDE, abs=0.02)
    assert len({image.tobytes() for image in found}) > 1


def test_an_explainer_of_tfvis_has_options_that_can_be_changed(closed_form, mix):
    net = closed_form(mix, lambda a: a[:, 0, 0, :3], 3)
    explainer = FeatureGroupExplainer(net, layer="features", n_groups=2, seed=3)
    assert has_option(explainer, "sign")
    other = with_options(explainer, sign="neg", seed=4)
    assert type(other) is FeatureGroupExplainer
    assert other.net is net
    assert (other.options.sign, other.options.seed, other.options.n_groups) == ("neg", 4, 2)
    assert (explainer.options.sign, explainer.options.seed) == ("pos", 3)


@dataclass
class Options:
    seed: int = 0


def test_other_explainers_need_a_network_and_options():
    class Own:
        pass

    own = Own()
    assert not has_option(own, "seed")
    own.options = Options()
    assert not has_option(own, "seed")
    own.net = None
    assert has_option(own, "seed")
    assert not has_option(own, "n_groups")
