"""Residual networks of bottlenecks (He et al. 2016, arXiv 1512.03385) as functional Keras models.

Laid out and named as Keras's ResNet50, whose first block of each stage takes the stride in its
first convolution.
"""

from __future__ import annotations

import keras

from .architectures import EXPANSION, Residual
from .keras_layers import convolution, preprocessing


def build(
    architecture: Residual, *, name: str = "resnet", batch_normalization: bool = False
) -> keras.Model:
    """The network with fresh weights: images (N, H, W, 3) in [0, 1] → logits (N, n_classes).

    Args:
        architecture: its table.
        name: the model's.
        batch_normalization: train with it after every convolution; `layers.folded` takes it out
            again.
    """
    layers = keras.layers
    append = convolution(batch_normalization=batch_normalization)

    def block(x: keras.KerasTensor, name: str, width: int, strides: int) -> keras.KerasTensor:
        wide = EXPANSION * width
        shortcut = x
        if x.shape[-1] != wide or strides > 1:
            shortcut = append(x, wide, 1, f"{name}_0_conv", strides=strides, activation=None)
        x = append(x, width, 1, f"{name}_1_conv", strides=strides)
        x = append(x, width, 3, f"{name}_2_conv")
        x = append(x, wide, 1, f"{name}_3_conv", activation=None)
        x = layers.Add(name=f"{name}_add")([shortcut, x])
        return layers.Activation("relu", name=f"{name}_out")(x)

    images = keras.Input((None, None, 3), name="images")
    x = preprocessing(architecture.mean, architecture.deviation)(images)
    x = append(x, architecture.stem, 7, "conv1_conv", strides=2)
    x = layers.MaxPooling2D(3, 2, padding="same", name="pool1_pool")(x)
    for stage, (blocks, width) in enumerate(architecture.stages, start=2):
        for number in range(1, blocks + 1):
            strides = 2 if number == 1 and stage > 2 else 1
            x = block(x, f"conv{stage}_block{number}", width, strides)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    logits = layers.Dense(architecture.n_classes, name="logits", dtype="float32")(x)
    return keras.Model(images, logits, name=name)
