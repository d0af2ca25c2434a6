"""One set of tests for every way of getting a network."""

import itertools

import keras
import numpy as np
import pytest
import slim_graphs
import tensorflow as tf

from tfvis import load_model
from tfvis.explainers.feature_groups import group_maps
from tfvis.explainers.guided_inversion import GuidedFeatureInversion
from tfvis.models.graph_network import GraphNetwork
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils import (
    aumann_shapley,
    channel,
    fourier_images,
    group_channels,
    render,
    select_channels,
    shapley_sampling,
)
from tfvis.utils.quadrature import RULES
from tfvis.utils.rendering import evaluate

layers = keras.layers
SIDE = 32


def convolutions(x):
    """Smooth ones: finite differences are exact to second order."""
    x = layers.Conv2D(6, 3, 2, padding="same", activation="softplus", name="first")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.AveragePooling2D(2, name="pool")(x)
    x = layers.Conv2D(6, 1, name="signed")(x)
    return layers.Conv2D(8, 3, padding="same", activation="softplus", name="second")(x)


def functional():
    keras.utils.set_random_seed(0)
    images = keras.Input((SIDE, SIDE, 3))
    x = layers.GlobalAveragePooling2D()(convolutions(images))
    return keras.Model(images, layers.Dense(5, activation="softmax", name="top")(x), name="small")


def sequential():
    model = functional()
    return keras.Sequential([model.inputs[0], *model.layers[1:]])


def nested():
    """With preprocessing of its own inside."""
    keras.utils.set_random_seed(0)
    images = keras.Input((None, None, 3))
    backbone = keras.Model(images, convolutions(layers.Rescaling(2.0, -1.0)(images)), name="back")
    whole = keras.Input((None, None, 3))
    x = layers.GlobalAveragePooling2D()(backbone(whole))
    return keras.Model(whole, layers.Dense(5)(layers.Dropout(0.5)(x)), name="outer")


def saved(suffix):
    def build(folder):
        file = folder / f"model{suffix}"
        functional().save(file)
        return file

    return build


def exported(folder):
    functional().export(folder / "exported", verbose=False)
    return folder / "exported"


def graph(folder):
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    model = functional()
    spec = tf.TensorSpec([None, SIDE, SIDE, 3], tf.float32, name="images")
    function = tf.function(lambda images: model(images, training=False))
    frozen = convert_variables_to_constants_v2(function.get_concrete_function(spec))
    file = folder / "frozen.pb"
    file.write_bytes(frozen.graph.as_graph_def().SerializeToString())
    return file


def tf1_module(folder):
    def small(images, slim):
        x = slim.convolution(images, 6, 3, "first", strides=2)
        x = slim.convolution(tf.nn.max_pool2d(x, 2, 2, "SAME"), 8, 3, "second")
        x = slim.convolution(
            tf.reduce_mean(x, [1, 2], keepdims=True), 5, 1, "top", relu=False, normalised=False
        )
        return tf.nn.softmax(tf.reshape(x, [-1, 5]))

    slim_graphs.hub_module(str(folder / "module"), small)
    return folder / "module"


def mixed(folder):
    """Computed in bfloat16, and exported so."""
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    try:
        model = functional()
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    model.export(folder / "mixed", verbose=False)
    return folder / "mixed"


def subclassed(folder):
    """A model that shows nothing of its inside, exported: as a graph it does."""
    parts = functional().layers[1:]

    class Hidden(keras.Model):
        def call(self, images):
            for layer in parts:
                images = layer(images)
            return images

    model = Hidden()
    model(np.zeros((1, SIDE, SIDE, 3), np.float32))
    model.export(folder / "hidden", verbose=False)
    return folder / "hidden"


OF_ONES_OWN = {
    "functional": lambda folder: functional(),
    "sequential": lambda folder: sequential(),
    "nested": lambda folder: nested(),
    ".keras": saved(".keras"),
    ".h5": saved(".h5"),
    "SavedModel": exported,
    "frozen graph": graph,
    "TF1 module": tf1_module,
    "SavedModel in bfloat16": mixed,
    "subclassed, exported": subclassed,
}
SAME = [name for name in OF_ONES_OWN if name not in ("nested", "TF1 module")]
"""Those that are `functional` in another form."""
REGISTERED = ("critters", "critters_resnet")


APART = (
    "functional", "nested", "frozen graph", "TF1 module", "SavedModel in bfloat16",
    "critters_resnet",
)  # fmt: skip
"""Once they are loaded, the others are the same layers or operations as one of these."""


@pytest.fixture(scope="module", params=[*OF_ONES_OWN, *REGISTERED])
def net(request, tmp_path_factory):
    if request.param in REGISTERED:
        return load_model(request.param)
    source = OF_ONES_OWN[request.param](tmp_path_factory.mktemp("model"))
    return load_model(source, value_range=(0, 1), input_size=(SIDE, SIDE))


@pytest.fixture(scope="module")
def batch(net):
    """Of 32 pixels a side, also where the network was trained with more: it is quicker."""
    return np.random.default_rng(0).random((3, SIDE, SIDE, 3), np.float32)


def test_it_is_the_kind_that_its_source_asks_for(net, request):
    kind = request.node.callspec.params["net"]
    graphs = ("SavedModel", "frozen graph", "TF1 module", "SavedModel in bfloat16",
              "subclassed, exported")  # fmt: skip
    assert isinstance(net, GraphNetwork if kind in graphs else KerasNetwork)
    assert len(net.layers) >= 3


def test_it_answers_as_the_model_does(net, batch, request):
    """The same probabilities as Keras's own `predict`."""
    kind = request.node.callspec.params["net"]
    if kind not in SAME:
        pytest.skip("another network")
    logits = net.logits(batch)
    found = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    expected = np.log(functional().predict(batch, verbose=0))
    np.testing.assert_allclose(found, expected, atol=0.02 if "bfloat16" in kind else 1e-4)
    assert expected.std() > 0.1


@pytest.mark.slow
def test_every_cut_is_the_network(net, batch):
    whole = net.logits(batch)
    for layer in net.layers:
        activations = net.activations(batch, layer)
        assert activations.shape[-1] == net.n_channels(layer)
        np.testing.assert_allclose(
            net.logits_from(layer, activations), whole, rtol=1e-4, atol=1e-4 * np.abs(whole).max()
        )


def test_images_do_not_mix_and_any_batch_size_will_do(net, batch):
    whole = net.logits(batch)
    for size in (1, 2, 3):
        np.testing.assert_allclose(
            net.logits(batch, batch_size=size), whole, rtol=1e-4, atol=1e-5 * np.abs(whole).max()
        )


def test_gradients_are_those_of_finite_differences(net, batch, request):
    """Along random directions where the network is smooth, else along the gradient.

    There a step is worth most, and the kinks of ReLU and the rounding of float32 disturb least.
    """
    kind = request.node.callspec.params["net"]
    if "bfloat16" in kind:
        pytest.skip("bfloat16 is too coarse for differences")
    rng = np.random.default_rng(1)
    for layer in (net.layers[0], net.layers[-1]):
        tail = net.tail(layer)
        point = tf.constant(net.activations(batch[:1], layer))
        weights = tf.constant(rng.standard_normal(len(net.labels)).astype(np.float32))

        def value(x, tail=tail, weights=weights):
            return tf.reduce_sum(tf.cast(tail(x), tf.float32) * weights)

        with tf.GradientTape() as tape:
            tape.watch(point)
            worth = value(point)
        gradient = tape.gradient(worth, point)
        directions = [gradient / tf.norm(gradient)]
        if kind in SAME or kind == "nested":
            for _ in range(2):
                # Nothing of the gradient in them: it may be wrong.
                directions.append(tf.constant(rng.standard_normal(point.shape), tf.float32))
        for direction in directions:
            slope = float(tf.reduce_sum(gradient * direction))
            found = []
            for share in (3e-2, 1e-2, 1e-3, 3e-4):
                step = share * float(tf.norm(point) / tf.norm(direction))
                higher, lower = value(point + step * direction), value(point - step * direction)
                found.append(float(higher - lower) / (2 * step))
            # Long steps cross kinks, short ones drown in rounding: one of them must fit.
            bound = 0.04 if kind in REGISTERED else 0.02
            assert min(abs(quotient / slope - 1) for quotient in found) < bound, found


def test_both_attributions_add_up(net, batch):
    layer = net.layers[-1]
    image = batch[0]
    (shap,) = shapley_sampling(net, image, layer, classes=[1], permutations=2)
    assert abs(shap.values.sum() - shap.total) < 1e-3 * max(1, abs(shap.total))
    (igsg,) = aumann_shapley(net, image, layer, classes=[1], steps=64)
    assert igsg.total == pytest.approx(shap.total, rel=1e-4, abs=1e-4)
    assert abs(igsg.values.sum() - igsg.total) < 0.05 * max(0.1, abs(igsg.total))


def _signed_and_last(net, batch):
    """One with negative activations, if there is one, and the last with several positions."""
    signed = [layer for layer in net.layers if "signed" in layer]
    spread = [n for n in net.layers if net.activations(batch[:1], n).shape[1] > 1]
    return [*signed[:1], spread[-1]]


def test_maps_of_groups_sum_to_their_scores(net, batch):
    for layer in _signed_and_last(net, batch):
        (attribution,) = aumann_shapley(net, batch[0], layer, classes=[1])
        activations = net.activations(batch[:1], layer)[0]
        signs = [sign for sign in ("pos", "neg") if len(select_channels(attribution, sign))]
        assert signs
        for sign in signs:
            groups = group_channels(activations, attribution, sign=sign)
            kind, maps = group_maps(activations, groups)
            assert kind == "attribution"
            for a_map, group in zip(maps, groups, strict=True):
                assert a_map.sum() == pytest.approx(group.score, rel=1e-4)


def test_raising_what_icons_show_raises_the_logit(net, batch, request):
    """The path's points αA, moved by ε w_i |A_i|, change the logit by ε Σ w_i² on average."""
    kind = request.node.callspec.params["net"]
    if "bfloat16" in kind:
        pytest.skip("bfloat16 is too coarse for differences")
    nodes, weights = RULES["graded"](8)
    for layer in _signed_and_last(net, batch):
        (found,) = aumann_shapley(net, batch[0], layer, classes=[1], steps=8)
        w, activations = found.directions, net.activations(batch[:1], layer)
        if "signed" in layer:
            assert activations.min() < 0
            assert (found.directions * found.values < 0).any()
        path = nodes[:, np.newaxis, np.newaxis, np.newaxis] * activations
        move = w * np.abs(activations)
        quotients = []
        for share in (1e-1, 3e-2, 1e-2, 1e-3):
            step = share * np.linalg.norm(activations) / np.linalg.norm(move)
            logits = net.logits_from(
                layer, np.concatenate([path + step * move, path - step * move])
            )
            higher, lower = np.float64(logits[:, 1]).reshape(2, -1)
            quotients.append(weights @ (higher - lower) / (2 * step))
        bound = 0.04 if kind in REGISTERED else 0.02
        assert min(abs(quotient / np.sum(w**2) - 1) for quotient in quotients) < bound, quotients


@pytest.mark.slow
@pytest.mark.parametrize("net", APART, indirect=True)
def test_a_short_rendering_climbs(net):
    layer = net.layers[-1]
    active = net.activations(np.full((1, 96, 96, 3), 0.5), layer).mean(axis=(0, 1, 2))
    objective = channel(layer, int(active.argmax()))
    start = fourier_images(1, 96, sd=0.1)
    brief = render(net, objective, start, steps=1, seed=0)
    longer = render(net, objective, start, steps=12, seed=0)
    assert evaluate(net, objective, longer.images)[0] > evaluate(net, objective, brief.images)[0]


def test_layers_have_their_order(net):
    for first, second in itertools.pairwise(net.layers):
        assert net.precedes(first, second)
        assert not net.precedes(second, first)
        assert net.precedes(first, first)


@pytest.mark.slow
@pytest.mark.parametrize("net", APART, indirect=True)
def test_guided_inversion_keeps_what_it_says(net, batch):
    inversion = GuidedFeatureInversion(
        net, net.layers[0], net.layers[-1], sigma=4.0, iterations=(2, 2), batch_size=2
    )
    found = inversion.discriminate(batch[:2], [0, 1])
    for own in found:
        assert own.mask.shape == batch.shape[1:3]
        assert np.isfinite(own.losses).all()
        np.testing.assert_allclose(
            own.kept_logits[1], net.logits(own.mixture[np.newaxis])[0], rtol=1e-3, atol=1e-3
        )
    (alone,) = inversion.discriminate(batch[1:2], [1])
    np.testing.assert_allclose(alone.weights, found[1].weights, atol=1e-4)
