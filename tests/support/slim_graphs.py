"""Graphs laid out as those of TF-Slim and of lucid's model zoo, with random weights."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1


class Layers:
    """TF-Slim's layers in the graph that is being built; each makes its weights when it must.

    Args:
        weights: arrays by name; those that are missing are drawn, and kept.
        variables: whether weights are variables, as in a Hub module, or constants.
    """

    def __init__(self, weights: dict[str, np.ndarray], *, variables: bool = False) -> None:
        self.weights, self.variables = weights, variables
        self.rng = np.random.default_rng(0)

    def weight(self, name: str, shape: tuple[int, ...], draw: Callable) -> tf.Tensor:
        scope = tf1.get_default_graph().get_name_scope()
        key = f"{scope}/{name}".split("module/")[-1]
        if key not in self.weights:
            self.weights[key] = np.float32(draw(shape))
        array = self.weights[key]
        if not self.variables:
            return tf.constant(array, name=name)
        return tf1.get_variable(key.replace("/", "_"), initializer=array)

    def normal(self, shape: tuple[int, ...]) -> np.ndarray:
        return self.rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:-1]))

    def convolution(
        self, x: tf.Tensor, filters: int, kernel: int, name: str, *, strides: int = 1,
        relu: bool = True, normalised: bool = True, same: bool = False,
    ) -> tf.Tensor:  # fmt: skip
        """`same` pads as `conv2d_same` does where it strides."""
        with tf1.name_scope(name):
            padding = "SAME"
            if same and strides > 1:
                before = (kernel - 1) // 2
                around = [before, kernel - 1 - before]
                x, padding = tf.pad(x, [[0, 0], around, around, [0, 0]]), "VALID"
            shape = (kernel, kernel, x.shape[-1], filters)
            x = tf.nn.conv2d(
                x, self.weight("weights", shape, self.normal), strides, padding, name="Conv2D"
            )
            if normalised:
                x = self.normalisation(x, filters)
            else:
                bias = self.weight("biases", (filters,), lambda s: 0.1 * self.rng.random(s))
                x = tf.nn.bias_add(x, bias, name="BiasAdd")
            return tf.nn.relu(x, name="Relu") if relu else x

    def normalisation(self, x: tf.Tensor, filters: int, epsilon: float = 1e-5) -> tf.Tensor:
        with tf1.name_scope("BatchNorm"):
            shape = (filters,)
            gamma = self.weight("gamma", shape, lambda s: 0.5 + self.rng.random(s))
            beta = self.weight("beta", shape, lambda s: 0.2 * self.rng.standard_normal(s))
            mean = self.weight("moving_mean", shape, lambda s: 0.1 * self.rng.standard_normal(s))
            variance = self.weight("moving_variance", shape, lambda s: 0.5 + self.rng.random(s))
            return tf1.nn.fused_batch_norm(
                x, gamma, beta, mean, variance, epsilon=epsilon, is_training=False,
                name="FusedBatchNorm",
            )[0]  # fmt: skip


def resnet_v1_50(
    images: tf.Tensor, layers: Layers, *, width: int = 64, n_classes: int = 1000
) -> tf.Tensor:
    """TF-Slim's resnet_v1_50, whose strides stand in the last unit of a block; probabilities."""

    def unit(x: tf.Tensor, depth: int, strides: int) -> tf.Tensor:
        with tf1.name_scope("bottleneck_v1"):
            if x.shape[-1] == 4 * depth:
                shortcut = x[:, ::strides, ::strides] if strides > 1 else x
            else:
                shortcut = layers.convolution(
                    x, 4 * depth, 1, "shortcut", strides=strides, relu=False
                )
            x = layers.convolution(x, depth, 1, "conv1")
            x = layers.convolution(x, depth, 3, "conv2", strides=strides, same=True)
            x = layers.convolution(x, 4 * depth, 1, "conv3", relu=False)
            return tf.nn.relu(tf.add(shortcut, x, name="add"), name="Relu")

    with tf1.name_scope("resnet_v1_50"):
        x = layers.convolution(images, width, 7, "conv1", strides=2, same=True)
        with tf1.name_scope("pool1"):
            x = tf.nn.max_pool2d(x, 3, 2, "SAME", name="MaxPool")
        for block, units in enumerate((3, 4, 6, 3), start=1):
            with tf1.name_scope(f"block{block}"):
                for number in range(1, units + 1):
                    strides = 2 if number == units and block < 4 else 1
                    with tf1.name_scope(f"unit_{number}"):
                        x = unit(x, width * 2 ** (block - 1), strides)
        x = tf.reduce_mean(x, [1, 2], keepdims=True, name="pool5")
        x = layers.convolution(x, n_classes, 1, "logits", relu=False, normalised=False)
        with tf1.name_scope("predictions"):
            logits = tf.reshape(x, [-1, n_classes], name="Reshape")
            return tf.nn.softmax(logits, name="Softmax")


def inception_v1(
    images: tf.Tensor, layers: Layers, *, width: int = 8, n_classes: int = 1001
) -> tf.Tensor:
    """TF-Slim's InceptionV1 with `width` channels in every branch; probabilities."""

    def pool(x: tf.Tensor, name: str, size: int = 3, strides: int = 2) -> tf.Tensor:
        with tf1.name_scope(name):
            return tf.nn.max_pool2d(x, size, strides, "SAME", name="MaxPool")

    def mixed(x: tf.Tensor, name: str) -> tf.Tensor:
        with tf1.name_scope(name):
            with tf1.name_scope("Branch_0"):
                a = layers.convolution(x, width, 1, "Conv2d_0a_1x1")
            with tf1.name_scope("Branch_1"):
                b = layers.convolution(x, width, 1, "Conv2d_0a_1x1")
                b = layers.convolution(b, width, 3, "Conv2d_0b_3x3")
            with tf1.name_scope("Branch_2"):
                c = layers.convolution(x, width, 1, "Conv2d_0a_1x1")
                c = layers.convolution(c, width, 3, "Conv2d_0b_3x3")
            with tf1.name_scope("Branch_3"):
                d = layers.convolution(pool(x, "MaxPool_0a_3x3", 3, 1), width, 1, "Conv2d_0b_1x1")
            return tf.concat([a, b, c, d], -1, name="concat")

    with tf1.name_scope("InceptionV1"):
        with tf1.name_scope("InceptionV1"):
            x = layers.convolution(images, width, 7, "Conv2d_1a_7x7", strides=2)
            x = pool(x, "MaxPool_2a_3x3")
            x = layers.convolution(x, width, 1, "Conv2d_2b_1x1")
            x = layers.convolution(x, width, 3, "Conv2d_2c_3x3")
            x = pool(x, "MaxPool_3a_3x3")
            for name in ("Mixed_3b", "Mixed_3c"):
                x = mixed(x, name)
            x = pool(x, "MaxPool_4a_3x3")
            for name in ("Mixed_4b", "Mixed_4c", "Mixed_4d", "Mixed_4e", "Mixed_4f"):
                x = mixed(x, name)
            x = pool(x, "MaxPool_5a_2x2", 2)
            for name in ("Mixed_5b", "Mixed_5c"):
                x = mixed(x, name)
        with tf1.name_scope("Logits"):
            x = tf.reduce_mean(x, [1, 2], keepdims=True, name="global_pool")
            x = layers.convolution(x, n_classes, 1, "Conv2d_0c_1x1", relu=False, normalised=False)
            x = tf.squeeze(x, [1, 2], name="SpatialSqueeze")
            with tf1.name_scope("Predictions"):
                x = tf.reshape(x, [-1, n_classes], name="Reshape")
                return tf.nn.softmax(x, name="Softmax")


def lucid_inception_v1(
    images: tf.Tensor, layers: Layers, *, width: int = 8, n_classes: int = 1008
) -> tf.Tensor:
    """lucid's InceptionV1 with `width` channels in every branch; probabilities of three heads."""

    def convolution(x: tf.Tensor, name: str, kernel: int, strides: int = 1) -> tf.Tensor:
        shape = (kernel, kernel, x.shape[-1], width)
        x = tf.nn.conv2d(x, layers.weight(f"{name}_w", shape, layers.normal), strides, "SAME")
        bias = layers.weight(f"{name}_b", (width,), lambda s: 0.1 * layers.rng.random(s))
        return tf.nn.relu(tf.nn.bias_add(x, bias, name=f"{name}_pre_relu"), name=name)

    def normalise(x: tf.Tensor, name: str) -> tf.Tensor:
        return tf.nn.local_response_normalization(x, 2, 1, 2e-5, 0.75, name=name)

    def mixed(x: tf.Tensor, name: str) -> tf.Tensor:
        three = convolution(x, f"{name}_3x3_bottleneck", 1)
        five = convolution(x, f"{name}_5x5_bottleneck", 1)
        pooled = tf.nn.max_pool2d(x, 3, 1, "SAME", name=f"{name}_pool")
        branches = [
            convolution(x, f"{name}_1x1", 1), convolution(three, f"{name}_3x3", 3),
            convolution(five, f"{name}_5x5", 5), convolution(pooled, f"{name}_pool_reduce", 1),
        ]  # fmt: skip
        return tf.concat(branches, -1, name=name)

    def head(x: tf.Tensor, name: str) -> tf.Tensor:
        shape = (x.shape[-1], n_classes)
        weights = layers.weight(f"{name}_w", shape, layers.normal)
        logits = tf.matmul(x, weights, name=f"{name}_pre_activation")
        return tf.nn.softmax(logits, name=name)

    x = convolution(images, "conv2d0", 7, 2)
    x = normalise(tf.nn.max_pool2d(x, 3, 2, "SAME", name="maxpool0"), "localresponsenorm0")
    x = convolution(convolution(x, "conv2d1", 1), "conv2d2", 3)
    x = tf.nn.max_pool2d(normalise(x, "localresponsenorm1"), 3, 2, "SAME", name="maxpool1")
    x = mixed(mixed(x, "mixed3a"), "mixed3b")
    x = mixed(tf.nn.max_pool2d(x, 3, 2, "SAME", name="maxpool4"), "mixed4a")
    head(tf.reduce_mean(x, [1, 2], name="head0_pool"), "softmax0")
    for name in ("mixed4b", "mixed4c", "mixed4d"):
        x = mixed(x, name)
    head(tf.reduce_mean(x, [1, 2], name="head1_pool"), "softmax1")
    x = mixed(x, "mixed4e")
    x = mixed(tf.nn.max_pool2d(x, 3, 2, "SAME", name="maxpool10"), "mixed5a")
    x = mixed(x, "mixed5b")
    return head(tf.reduce_mean(x, [1, 2], name="avgpool0"), "softmax2")


def frozen(
    build: Callable[..., tf.Tensor],
    weights: dict[str, np.ndarray] | None = None,
    *,
    name: str = "input",
    **options: int,
) -> bytes:
    """A frozen graph of one of the builders, as a file of lucid's model zoo holds it."""
    with tf.Graph().as_default() as graph:
        images = tf1.placeholder(tf.float32, [None, None, None, 3], name=name)
        build(images, Layers({} if weights is None else weights), **options)
        return graph.as_graph_def().SerializeToString()


@contextlib.contextmanager
def _variables(graph: tf.Graph) -> Iterator[tf1.Session]:
    with tf1.Session(graph=graph) as session:
        session.run(tf1.global_variables_initializer())
        yield session


def hub_module(
    folder: str,
    build: Callable[..., tf.Tensor],
    weights: dict[str, np.ndarray] | None = None,
    **options: int,
) -> None:
    """A module of TensorFlow 1's Hub library, as `google/imagenet/…/classification/1` is.

    Variables, a graph without tags for inference and one with the tag "train", and the signature
    "image_classification" from "images" to "logits".
    """
    weights = {} if weights is None else weights
    builder = tf1.saved_model.Builder(folder)
    for number, tags in enumerate(([], ["train"])):
        with tf.Graph().as_default() as graph:
            images = tf1.placeholder(tf.float32, [None, 224, 224, 3], name="hub_input/images")
            with tf1.name_scope("module"):
                found = build(images, Layers(weights, variables=True), **options)
            info = tf1.saved_model.build_tensor_info
            signature = tf1.saved_model.signature_def_utils.build_signature_def(
                {"images": info(images)},
                {"default": info(found), "logits": info(found.op.inputs[0])},
            )
            signatures = {"image_classification": signature, "default": signature}
            with _variables(graph) as session:
                if number == 0:
                    builder.add_meta_graph_and_variables(
                        session, tags, signature_def_map=signatures
                    )
                else:
                    builder.add_meta_graph(tags, signature_def_map=signatures)
    builder.save()
