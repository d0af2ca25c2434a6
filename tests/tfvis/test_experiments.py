import numpy as np
import pytest

from tfvis import experiments
from utils.channel_attribution import ChannelAttribution
from utils.errors import InputError


@pytest.fixture(scope="module")
def attribution(random_net):
    values = np.zeros(528)
    values[:20] = np.linspace(1, 3, 20)
    values[20:40] = -np.linspace(1, 3, 20)
    return ChannelAttribution("IGSG", "mixed4d", 7, values)


@pytest.fixture(scope="module")
def image64():
    return np.random.default_rng(0).random((64, 64, 3), np.float32)


@pytest.mark.parametrize("method", ["IGSG", "Shap"])
def test_both_methods_attribute(relu_free_net, image, method):
    (found,) = experiments.attribute(
        relu_free_net, image, "features", classes=[0], method=method, iterations=4
    )
    assert found.method == method
    assert found.values.sum() == pytest.approx(found.total, rel=1e-3)


@pytest.fixture
def relu_free_net(closed_form, mix):
    import tensorflow as tf

    weights = np.ones((6, 1), np.float32)
    return closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 1)


def test_an_unknown_method(relu_free_net, image):
    with pytest.raises(InputError, match="Unknown attribution 'LIME'"):
        experiments.attribute(relu_free_net, image, "features", classes=[0], method="LIME")


@pytest.mark.parametrize("sign", ["pos", "neg"])
def test_an_explanation_has_a_map_an_icon_and_a_score_for_each_group(
    random_net, image64, attribution, sign
):
    stages = []

    def progress(stage):
        return lambda done, total: stages.append((stage, done, total))

    found = experiments.explain(
        random_net, image64, attribution, sign=sign, n_groups=3, steps=2, side=32,
        progress=progress,
    )  # fmt: skip
    n = len(found.groups)
    assert 1 <= n <= 3
    assert found.heat_maps.shape == (n, 64, 64)
    assert found.icons.shape == (n, 32, 32, 3)
    assert (found.heat_maps >= 0).all()
    assert found.label == random_net.labels[7]
    assert (found.sign, found.layer) == (sign, "mixed4d")
    assert stages == [("icons", 1, 2), ("icons", 2, 2)]
    # Each group's objective on the image, by its definition.
    activations = random_net.activations(image64[np.newaxis], "mixed4d")[0]
    for group, value in zip(found.groups, found.image_objectives, strict=True):
        expected = activations[..., group.channels].mean(axis=(0, 1)) @ group.strengths
        assert value == pytest.approx(expected, rel=1e-5)


def test_a_grouper_of_ones_own(random_net, image64, attribution):
    class Halves:
        def fit_predict(self, X):
            return np.arange(X.shape[1]) % 2

    found = experiments.explain(
        random_net, image64, attribution, grouping=Halves(), steps=1, side=16
    )
    assert len(found.groups) == 2


def test_the_heat_maps_find_the_right_animal(googlenet_real, photographs):
    """On dog_cat224.jpg, boxes (x, y) of images/README.md: the dog, and the cat's head."""
    from utils import images
    from utils.activation_maps import heat_map
    from utils.grouping import group_channels

    image = images.load(photographs / "dog_cat224.jpg", (224, 224))
    activations = googlenet_real.activations(image[np.newaxis], "mixed4d")[0]
    attributions = experiments.attribute(
        googlenet_real, image, "mixed4d", classes=["golden retriever", "tiger cat"]
    )
    boxes = [((0, 18), (165, 160)), ((155, 15), (224, 95))]
    for attribution, ((left, top), (right, bottom)) in zip(attributions, boxes, strict=True):
        groups = group_channels(activations, attribution)
        summed = sum(
            heat_map(activations, group.channels, group.strengths, (224, 224)) for group in groups
        )
        y, x = np.unravel_index(summed.argmax(), summed.shape)
        assert left <= x < right
        assert top <= y < bottom
