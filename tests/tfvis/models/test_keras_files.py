"""Keras models from files: what is read, and what is said of the others."""

import importlib
import shutil
import warnings
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

from tfvis.models.keras_files import read_model
from tfvis.utils.errors import InputError


def a_model(*extra):
    images = keras.Input((8, 8, 3))
    x = images
    for layer in (layers.Conv2D(4, 3), *extra, layers.GlobalAveragePooling2D(), layers.Dense(2)):
        x = layer(x)
    return keras.Model(images, x)


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5"])
def test_what_was_saved_is_read(suffix, tmp_path):
    model, file = a_model(), tmp_path / f"model{suffix}"
    model.save(file)
    images = np.random.default_rng(0).uniform(size=(2, 8, 8, 3))
    read = read_model(file)
    np.testing.assert_allclose(read.predict(images, verbose=0), model.predict(images, verbose=0))
    assert [type(layer) for layer in read.layers] == [type(layer) for layer in model.layers]


@pytest.fixture(scope="module")
def keras_2():
    pytest.importorskip("tf_keras")  # which tensorflow-hub brings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("tf_keras")


def saved_by_keras_2(model, file):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # HDF5 is legacy, it says
        model.save(file)
    return file


@pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`")
def test_a_file_of_keras_2_is_read_where_only_idle_arguments_are_unknown(keras_2, tmp_path):
    old = keras_2.Sequential(
        [
            keras_2.layers.Rescaling(2.0, input_shape=(8, 8, 3)),
            keras_2.layers.RandomFlip("horizontal"),  # rng_type
            keras_2.layers.DepthwiseConv2D(3, depth_multiplier=2),  # groups=1
            keras_2.layers.BatchNormalization(),
            keras_2.layers.GlobalAveragePooling2D(),
            keras_2.layers.Dense(3),
        ]
    )
    file = saved_by_keras_2(old, tmp_path / "old.h5")
    images = np.random.default_rng(0).uniform(size=(2, 8, 8, 3)).astype(np.float32)
    read = read_model(file)
    np.testing.assert_allclose(
        read(images, training=False), old(images, training=False), rtol=1e-5, atol=1e-6
    )
    assert type(read.layers[2]) is layers.DepthwiseConv2D


def test_an_argument_that_matters_is_not_dropped(keras_2, tmp_path):
    old = keras_2.Sequential(
        [keras_2.layers.Input((8, 8, 4)), keras_2.layers.DepthwiseConv2D(3, groups=2)]
    )
    file = saved_by_keras_2(old, tmp_path / "old.h5")
    with pytest.raises(InputError, match=r"Keras 3 cannot load.*of Keras 2.*\{'groups': 2\}"):
        read_model(file)


def test_operations_of_keras_2_name_the_way_that_works(keras_2, tmp_path):
    images = keras_2.Input((8, 8, 3))
    x = keras_2.layers.GlobalAveragePooling2D()(images / 127.5 - 1)
    file = saved_by_keras_2(keras_2.Model(images, x), tmp_path / "tutorial.h5")
    with pytest.raises(InputError) as error:
        read_model(file)
    assert "it has no class 'TFOpLambda'. Load it with tf_keras" in str(error.value)
    assert "call model.export(folder), and pass the folder." in str(error.value)


class Outer(layers.Layer):
    """A class of one's own, inside a model inside a model."""

    def call(self, x):
        return x


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_an_unknown_class_is_named_however_deep_it_is(suffix, tmp_path):
    inner = keras.Sequential([keras.Input((6, 6, 4)), Outer(name="x" * 300)])
    file = tmp_path / f"own{suffix}"
    a_model(inner).save(file)
    with pytest.raises(InputError, match=r"needs the class 'Outer', which is not known here\. Imp"):
        read_model(file)


def cut(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
    return file


def whole(suffix):
    def build(folder):
        a_model().save(folder / f"model{suffix}")
        return folder / f"model{suffix}"

    return build


def weights(folder):
    a_model().save_weights(folder / "model.weights.h5")
    return folder / "model.weights.h5"


def named(suffix, build):
    def renamed(folder):
        file = build(folder)
        return shutil.move(file, file.with_name(f"other{suffix}"))

    return renamed


def empty(folder):
    (folder / "empty.keras").touch()
    return folder / "empty.keras"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda folder: cut(whole(".keras")(folder)), r"model\.keras' is truncated"),
        (lambda folder: cut(whole(".h5")(folder)), r"model\.h5' is truncated"),
        (weights, r"model\.weights\.h5' holds weights only"),
        (empty, r"empty\.keras' is empty"),
        (named(".h5", whole(".keras")), r"Expected an HDF5 file, .*is a \.keras file"),
        (named(".keras", whole(".h5")), r"Expected a \.keras file, .*is an HDF5 file"),
        (lambda folder: folder / "no.keras", "Cannot read .*No such file"),
    ],
)
def test_what_is_no_whole_model_is_told(build, message, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        read_model(build(tmp_path))
    assert "\n" not in str(error.value)


class Dense(layers.Dense):
    """Of one's own, with a name of Keras's."""

    def call(self, x):
        return -super().call(x)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_class_of_ones_own_is_not_taken_for_keras_of_the_same_name(suffix, tmp_path):
    images = keras.Input((8, 8, 3))
    file = tmp_path / f"own{suffix}"
    keras.Model(images, Dense(2)(layers.GlobalAveragePooling2D()(images))).save(file)
    try:
        expected = keras.models.load_model(file, compile=False)
    except TypeError:
        with pytest.raises(InputError, match="needs the class 'Dense'"):
            read_model(file)
    else:
        assert type(read_model(file).layers[-1]) is type(expected.layers[-1])


def damaged(folder):
    file = whole(".keras")(folder)
    content = bytearray(file.read_bytes())
    place = content.find(b"metadata.json") + len("metadata.json") + 5
    content[place : place + 20] = b"\xff" * 20
    file.write_bytes(content)
    return file


def some_archive(folder):
    with zipfile.ZipFile(folder / "some.keras", "w") as archive:
        archive.writestr("word.xml", "no model")
    return folder / "some.keras"


def without_sense(folder):
    with zipfile.ZipFile(folder / "own.keras", "w") as archive:
        archive.writestr("config.json", "[1, 2]")
    return folder / "own.keras"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (damaged, r"model\.keras' is truncated|Cannot read the model"),
        (some_archive, "with a Keras model, .* is something else"),
        (without_sense, "Cannot load the Keras model .*Load it yourself"),
    ],
)
def test_damaged_archives_are_one_line(build, message, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        read_model(build(tmp_path))
    assert "\n" not in str(error.value)
    assert "weights only" not in str(error.value)


def test_a_suffix_in_upper_case_is_told(tmp_path):
    model = a_model()
    model.save(tmp_path / "model.keras")
    upper = shutil.move(tmp_path / "model.keras", tmp_path / "MODEL.KERAS")
    with pytest.raises(InputError, match=r"lower case. Rename .*MODEL.KERAS. to .MODEL.keras.\."):
        read_model(upper)


def test_a_file_of_a_newer_keras_says_so(tmp_path):
    a_model().save(tmp_path / "own.keras")
    with (
        zipfile.ZipFile(tmp_path / "own.keras") as own,
        zipfile.ZipFile(tmp_path / "newer.keras", "w") as newer,
    ):
        for name in own.namelist():
            data = own.read(name)
            if name == "metadata.json":
                data = b'{"keras_version": "17.2.0", "date_saved": ""}'
            if name == "config.json":
                data = data.replace(b'"padding": "valid"', b'"padding": "valid", "novelty": 3')
            newer.writestr(name, data)
    with pytest.raises(InputError) as error:
        read_model(tmp_path / "newer.keras")
    assert f"is of Keras 17.2.0, which is newer than {keras.__version__} here" in str(error.value)
    assert "'novelty'" in str(error.value)
    assert str(error.value).endswith("Update Keras, or save the model with this version.")
