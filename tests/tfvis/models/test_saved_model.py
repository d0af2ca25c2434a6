"""SavedModels of one's own."""

import numpy as np
import pytest
import tensorflow as tf
from own_models import network

from tfvis import load_model
from tfvis.utils.errors import InputError


def test_a_program_of_someone_elses_is_announced(tmp_path, caplog):
    network().export(tmp_path / "exported", verbose=False)
    load_model(tmp_path / "exported", value_range=(0, 1))
    assert "exported is a program: loading it runs what its author wrote." in caplog.text


def test_outputs_may_be_nested(tmp_path):
    images = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 3])])
        def __call__(self, images):
            x = tf.nn.conv2d(images, tf.ones([1, 1, 3, 4]), 1, "SAME")
            return {"endpoints": {"maps": x}, "answer": tf.reduce_mean(x, [1, 2])}

    tf.saved_model.save(Module(), str(tmp_path / "nested"))
    said = {"value_range": (0, 1), "input_size": (8, 8)}
    net = load_model(tmp_path / "nested", logits="answer", **said)
    assert net.name == "nested"
    assert net.logits(images).shape == (2, 4)
    with pytest.raises(InputError, match="there are 2 outputs: one of answer, endpoints/maps"):
        load_model(tmp_path / "nested", **said)
