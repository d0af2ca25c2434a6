"""Sums tell that weights have changed, whatever was changed, on any device."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.models import weight_sums
from tfvis.models.keras_network import KerasNetwork
from tfvis.models.weight_sums import WeightSums, are_fixed, fixed_weights, weights_looked_at


def variables(dtype="float32"):
    rng = np.random.default_rng(0)
    shapes = ((3, 3, 4, 5), (5,), (), (7, 2), (0, 3))
    return [keras.Variable(rng.standard_normal(shape), dtype=dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_both_ways_to_sum_agree(dtype):
    sums = WeightSums(variables(dtype))
    assert sums().dtype == np.float32
    np.testing.assert_allclose(sums(), sums.compiled(), rtol=1e-4, atol=1e-5)


def test_a_sum_has_a_cosine_for_each_row_and_column():
    table = np.float32([[1, 2], [3, 4], [5, 6]])
    columns, rows = np.cos(1 + np.arange(2)), np.cos(2 + np.arange(3))
    np.testing.assert_allclose(
        WeightSums([keras.Variable(table)])(), [rows @ table @ columns], rtol=1e-5
    )


@pytest.mark.parametrize("way", [WeightSums.__call__, WeightSums.compiled], ids=["now", "compiled"])
def test_every_change_is_seen(way):
    arrays = variables()
    sums = WeightSums(arrays)
    before = way(sums)
    assert (way(sums) == before).all()
    for k, array in enumerate(arrays[:4]):
        own = np.array(array)
        changed = own.ravel().copy()
        changed[-1] += 1  # in an array of several values the plain sum stays
        if len(changed) > 1:
            changed[0] -= 1
        array.assign(changed.reshape(own.shape))
        assert (way(sums) != before).tolist() == [j == k for j in range(5)]
        array.assign(own)
    assert (way(sums) == before).all()


@pytest.mark.parametrize("shape", [(512, 64), (3, 3, 64, 80), (7,), ()])
def test_a_change_of_a_single_weight_is_seen(shape):
    rng = np.random.default_rng(0)
    array = keras.Variable(rng.normal(size=shape))
    sums = WeightSums([array])
    before = sums()
    values = np.array(array.numpy())
    for _ in range(20):
        place = tuple(rng.integers(0, n) for n in shape)
        other = values.copy()
        other[place] += 0.5
        array.assign(other)
        assert not np.array_equal(sums(), before)
    array.assign(values)
    np.testing.assert_array_equal(sums(), before)


@pytest.mark.parametrize(
    "change",
    [
        lambda own: own.assign(own + 1),
        lambda own: own.value.assign_add(tf.ones([3, 4])),
        lambda own: own.value.scatter_add(tf.IndexedSlices(tf.ones([1, 4]), [2])),
        lambda own: tf.function(lambda: own.value.assign_add(tf.ones([3, 4])))(),
        lambda own: tf.raw_ops.ResourceApplyGradientDescent(
            var=own.value.handle, alpha=1.0, delta=tf.ones([3, 4])
        ),
        lambda own: tf.function(lambda: own.value.assign_add(tf.ones([3, 4])), jit_compile=True)(),
        lambda own: own.value[1].assign(own.value[1] + 1),
        lambda own: keras.optimizers.Adam().apply([tf.ones([3, 4])], [own]),
    ],
    ids=["assign", "assign_add", "scatter_add", "graph", "kernel", "XLA", "slice", "optimiser"],
)
def test_whatever_changes_an_array_is_seen(change):
    """Also a second time, of an array that TensorFlow has changed where it lay."""
    array = keras.Variable(np.zeros((3, 4), np.float32))
    sums = WeightSums([array])
    for _ in range(3):
        change(array)
        assert sums.changed()
        assert not sums.changed()


@pytest.mark.parametrize(("dtype", "asked"), [("float32", 0), ("int8", 0), ("bfloat16", 2)])
def test_sums_are_not_needed_while_nothing_is_written(dtype, asked, monkeypatch):
    """But of formats that Python cannot look into."""
    arrays = [keras.Variable(np.ones(shape), dtype=dtype) for shape in ((3, 4), (), (0, 3))]
    sums = WeightSums(arrays)
    summed, plain = [], WeightSums._sums
    monkeypatch.setattr(
        WeightSums, "_sums", lambda own, held: (summed.append(1), plain(own, held))[1]
    )
    assert [sums.changed(), sums.changed()] == [False, False]
    assert len(summed) == asked


def test_arrays_of_which_a_read_is_a_copy_are_not_held():
    """As of those that were scattered into: each copy would take memory for nothing."""
    array = keras.Variable(np.ones((3, 4), np.float32))
    array.value.scatter_add(tf.IndexedSlices(tf.ones([1, 4]), [2]))
    sums = WeightSums([array])
    assert sums._held is None
    assert not sums.changed()
    array.assign(array + 1)
    assert sums.changed()


def test_whole_numbers_are_left_out_and_nan_is_quiet():
    seeds = keras.Variable(np.array([1, 2]), dtype="int32")
    broken = keras.Variable(np.float32([[np.nan, np.inf], [-np.inf, 1]]))
    assert np.isnan(WeightSums([seeds, broken])()).tolist() == [True]
    assert WeightSums([seeds])().shape == WeightSums([seeds]).compiled().shape == (0,)


def test_int8_kernels_are_summed():
    kernel = keras.Variable(np.array([[1, -2], [3, 4]]), dtype="int8")
    sums = WeightSums([kernel])
    kernel.assign(np.array([[1, -2], [3, 5]]))
    assert sums.changed()


def test_a_change_is_told_once():
    arrays = variables()
    sums = WeightSums(arrays)
    for _ in range(3):
        assert not sums.changed()
        arrays[1].assign_add(np.ones(5))
        assert sums.changed()


def test_arrays_of_another_device_are_summed_there(monkeypatch):
    arrays, asked = variables(), []
    expected = WeightSums(arrays)()

    def elsewhere(own):
        asked.append(own)
        return expected

    class Elsewhere:
        def __init__(self, value):
            self.dtype, self.device = value.dtype, "/device:GPU:0"

    monkeypatch.setattr(WeightSums, "compiled", elsewhere)
    monkeypatch.setattr(weight_sums, "_read", lambda value: Elsewhere(value))
    sums = WeightSums(arrays)
    assert not sums.changed()
    assert asked == [sums, sums]


def test_weights_are_looked_at_once_when_the_block_begins():
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3, name="layer"),
                              keras.layers.GlobalAveragePooling2D()])  # fmt: skip
    net = KerasNetwork(model)
    image, kernel = np.ones((1, 8, 8, 3), np.float32), model.layers[0].kernel
    net.memory.get("known", lambda: 1)
    kernel.assign(kernel + 1)
    with weights_looked_at(net):
        assert net.memory.get("known", lambda: 2) == 2
        kernel.assign(kernel + 1)
        assert net.memory.get("known", lambda: 3) == 2
    assert net.memory.get("known", lambda: 4) == 4
    assert net.logits(image).shape == (1, 2)


def test_weights_are_fixed_within_the_block_alone():
    assert not are_fixed()
    with fixed_weights():
        with fixed_weights():
            assert are_fixed()
        assert are_fixed()
    assert not are_fixed()
    with pytest.raises(ZeroDivisionError), fixed_weights():
        raise ZeroDivisionError
    assert not are_fixed()


def test_a_network_sees_a_changed_weight_after_the_block_not_within_it():
    inputs = keras.Input((4, 4, 3))
    x = keras.layers.Conv2D(2, 3, name="conv")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(2, name="logits")(x))
    net = KerasNetwork(model)
    before = net.digest
    with fixed_weights():
        model.get_layer("conv").kernel.assign_add(keras.ops.ones((3, 3, 3, 2)))
        assert net.digest == before
    after = net.digest
    assert after != before
    model.get_layer("conv").kernel.assign_add(keras.ops.ones((3, 3, 3, 2)))
    assert net.digest != after


def test_other_threads_have_blocks_of_their_own():
    with fixed_weights(), ThreadPoolExecutor(1) as pool:
        assert not pool.submit(are_fixed).result()
