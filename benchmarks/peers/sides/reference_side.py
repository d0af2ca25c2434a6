"""The loops of the reference implementation of feature groups: one call of the network at a time.

Shi, Du, Fan (2020): 100 left points of the path, anew for each class; sampled Shapley values by a
forward pass a coalition, from all channels on, one removed at a time. TensorFlow runs them here as
compiled functions of the network behind the layer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.serving import Numbers, Run, serve
from benchmarks.peers.sides.tfvis_side import loaded
from benchmarks.peers.subjects import Subject


def shapley(folder: Path) -> Run:
    """Sampled Shapley values."""
    subject = Subject.read(folder)
    net = loaded(subject)
    import tensorflow as tf

    tail = net.tail(subject.layer)
    logit = tf.function(lambda x: tail(x)[0, subject.classes[0]])

    def run(orders: int) -> Callable[[], Numbers]:
        activations = net.activations(subject.image[np.newaxis], subject.layer)
        rng = np.random.default_rng(0)
        values = np.zeros(activations.shape[-1])
        for _ in range(orders):
            present = np.ones(len(values), np.float32)
            before = logit(tf.constant(activations)).numpy()
            for channel in rng.permutation(len(values)):
                present[channel] = 0
                after = logit(tf.constant(activations * present)).numpy()
                values[channel] += before - after
                before = after
        return lambda: {
            "orders": orders,
            "array": subject.keep("shapley_reference", values / orders),
        }

    return run


def integrated_gradients(folder: Path) -> Run:
    """Integrated gradients by a left Riemann sum."""
    subject = Subject.read(folder)
    net = loaded(subject)
    import tensorflow as tf

    tail = net.tail(subject.layer)

    @tf.function
    def gradient(x: tf.Tensor, index: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            logit = tail(x)[0, index]
        return tape.gradient(logit, x)

    def run(steps: int) -> Callable[[], Numbers]:
        activations = net.activations(subject.image[np.newaxis], subject.layer)
        values = []
        for index in subject.classes:
            total = np.zeros_like(activations[0])
            for step in range(steps):
                point = tf.constant(activations * (step / steps))
                total += gradient(point, tf.constant(index)).numpy()[0]
            values.append((activations[0] * total / steps).sum(axis=(0, 1)))

        def tell() -> Numbers:
            ends = np.concatenate([activations, np.zeros_like(activations)])
            full, empty = tail(tf.constant(ends)).numpy()
            wholes = (full - empty)[list(subject.classes)]
            gaps = np.abs(np.sum(values, axis=1) / wholes - 1)
            array = subject.keep("gradients_reference", np.stack(values))
            return {"steps": steps, "gap": float(gaps.max()), "array": array}

        return tell

    return run


TASKS = {"shapley": shapley, "integrated_gradients": integrated_gradients}

if __name__ == "__main__":
    serve(TASKS)
