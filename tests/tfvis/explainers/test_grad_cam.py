import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.grad_cam import GradCAM, grad_cam
from tfvis.utils.activation_maps import heat_map, resize
from tfvis.utils.errors import InputError


def pooled(image, mix):
    """The activations of a closed-form network, in NumPy: (4, 4, C)."""
    return np.einsum("ywxvd,dc->yxc", image.reshape(4, 2, 4, 2, 3), mix) / 4


@pytest.fixture
def weights():
    return np.float32(np.random.default_rng(3).standard_normal((6, 4)))


def test_grad_cam_of_a_linear_tail(closed_form, image, mix, weights):
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 4)
    found = grad_cam(net, image, "features", classes=[2, "class 0"])
    # The gradient of a mean over 4 × 4 positions is weights / 16 at each of them.
    maps = np.maximum(pooled(image, mix) @ weights[:, [2, 0]] / 16, 0)
    expected = [resize(maps[..., k], (8, 8)) for k in range(2)]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
    assert (found > 0).any()


def test_grad_cam_of_a_tail_whose_gradient_differs_by_position(closed_form, image, mix, weights):
    net = closed_form(mix, lambda a: tf.reduce_mean(a**3, [1, 2]) @ weights, 4)
    activations = pooled(image, mix)
    alpha = (3 * activations**2 / 16 * weights[:, 1]).mean(axis=(0, 1))
    expected = resize(np.maximum(activations @ alpha, 0), (8, 8))
    (found,) = grad_cam(net, image, "features", classes=[1])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


def test_grad_cam_can_be_cut_as_heat_maps_are(closed_form, image, mix, weights):
    weights = np.abs(weights)  # then nothing is negative, and Grad-CAM is a heat map
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 4)
    (found,) = grad_cam(net, image, "features", classes=[1], quantile=0.6)
    activations = pooled(image, mix)
    expected = heat_map(activations, range(6), weights[:, 1] / 16, (8, 8), quantile=0.6)
    assert activations.min() >= 0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


def test_classes_and_images_do_not_retrace(closed_form, image, mix, weights):
    traces = []

    def tail(activations):
        traces.append(activations.shape)
        return tf.reduce_mean(activations, [1, 2]) @ weights

    net = closed_form(mix, tail, 4)
    every = grad_cam(net, image, "features", classes=range(4))
    once = len(traces)
    for k in range(4):
        np.testing.assert_allclose(
            grad_cam(net, image, "features", classes=[k])[0], every[k], rtol=1e-5
        )
    grad_cam(net, np.zeros((6, 10, 3)), "features", classes=[0, 1])
    assert len(traces) == once


@pytest.mark.parametrize("scarce", [False, True])
def test_many_classes_go_in_batches(closed_form, image, mix, weights, monkeypatch, scarce):
    net = closed_form(mix, lambda a: tf.reduce_mean(a**3, [1, 2]) @ weights, 4)
    classes = [0, 1, 2, 3, 1]
    whole = grad_cam(net, image, "features", classes=classes, batch_size=5)
    build, at_once = net.compiled, []

    def counted(*key):
        def run(*given):
            if len(given) == 2:  # the activations, and classes
                at_once.append(len(given[-1]))
                if scarce and at_once[-1] > 1:
                    raise MemoryError
            return build(*key)(*given)

        return run

    monkeypatch.setattr(net, "compiled", counted)
    found = grad_cam(net, image, "features", classes=classes, batch_size=2)
    np.testing.assert_allclose(found, whole, rtol=1e-6)
    assert at_once == ([2, 1, 1, 1, 1, 1] if scarce else [2, 2, 1])


def test_a_thousand_classes_are_not_one_pass(closed_form, image, mix, monkeypatch):
    wide = np.float32(np.random.default_rng(3).standard_normal((6, 40)))
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ wide, 40)
    asked = []

    def bounded(net, part, layer, *, most):
        asked.append((part, layer, most))
        return 3

    monkeypatch.setattr("tfvis.explainers.grad_cam.batch_size_within", bounded)
    found = grad_cam(net, image, "features", classes=range(40))
    assert asked == [("tail", "features", 16)]
    expected = np.maximum(pooled(image, mix) @ wide / 16, 0)
    expected = [resize(expected[..., k], (8, 8)) for k in range(40)]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("classes", [[], "class 0", 1])
def test_grad_cam_needs_a_list_of_classes(closed_form, image, mix, weights, classes):
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 4)
    with pytest.raises(InputError, match="Expected a list of at least one class"):
        grad_cam(net, image, "features", classes=classes)


def test_the_explainer_gives_the_same_maps(closed_form, image, mix, weights):
    net = closed_form(mix, lambda a: tf.reduce_mean(a**3, [1, 2]) @ weights, 4)
    other = np.ascontiguousarray(image[::-1])
    pictures, classes = [image, other, image], [2, 1, 0]
    for cut, quantile in ((0.0, None), (0.6, 0.6)):
        found = GradCAM(net, cut=cut).explain(pictures, classes)
        for own, picture, index in zip(found, pictures, classes, strict=True):
            (expected,) = grad_cam(net, picture, "features", classes=[index], quantile=quantile)
            np.testing.assert_allclose(own.map, expected, rtol=1e-5, atol=1e-8)
            assert (own.method, own.class_index) == ("Grad-CAM", index)
            assert own.provenance.options == {"layer": "features", "cut": cut}


def test_the_last_layer_may_be_asked_for(random_net):
    assert GradCAM(random_net).layer == random_net.default_layers[0]
    assert GradCAM(random_net, last_layer=True).layer == random_net.layers[-1]
    assert GradCAM(random_net, layer="mixed3a").layer == "mixed3a"


def test_a_layer_and_the_last_layer_exclude_each_other(random_net):
    with pytest.raises(InputError, match="Expected layer or last_layer, received both"):
        GradCAM(random_net, layer="mixed4d", last_layer=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cut": 1.0}, "Expected cut from 0 to below 1, received 1"),
        ({"layer": "third"}, "Unknown layer 'third'. .*features"),
        ({"layers": "features"}, "Unknown option 'layers'. Closest: layer"),
    ],
)
def test_what_cannot_be_used(closed_form, mix, changes, message):
    with pytest.raises(InputError, match=message):
        GradCAM(closed_form(mix, lambda a: a, 1), **changes)
