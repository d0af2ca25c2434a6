"""SavedModels that are damaged, or of no images: each is one line that says what is wrong."""

import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from own_models import network

from tfvis import load_model
from tfvis.models.saved_model import freeze
from tfvis.utils.errors import InputError

layers = keras.layers


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "exported"
    network().export(folder, verbose=False)
    return folder


@pytest.fixture
def copy(exported, tmp_path):
    return Path(shutil.copytree(exported, tmp_path / "copied"))


def refused(folder, **said):
    with pytest.raises(InputError) as error:
        load_model(folder, value_range=(0, 1), **said)
    assert "\n" not in str(error.value)
    return str(error.value)


def without_variables(folder):
    shutil.rmtree(folder / "variables")


def without_index(folder):
    (folder / "variables" / "variables.index").unlink()


def with_half_of_its_variables(folder):
    (data,) = (folder / "variables").glob("*.data*")
    data.write_bytes(data.read_bytes()[:100])


@pytest.mark.parametrize("damage", [without_variables, without_index, with_half_of_its_variables])
def test_variables_that_are_not_there(copy, damage):
    damage(copy)
    assert refused(copy) == (
        f"The variables of the SavedModel {str(copy)!r} are missing or damaged. Copy the whole "
        "folder again, its folder 'variables' too."
    )


@pytest.mark.parametrize("content", [b"", b"hello world", None])
def test_a_definition_that_is_none(copy, content):
    file = copy / "saved_model.pb"
    file.write_bytes(file.read_bytes()[:5000] if content is None else content)
    assert refused(copy) == (
        f"Expected a SavedModel: {str(file)!r} is truncated or something else."
    )


def test_a_folder_that_may_not_be_looked_into(copy, monkeypatch):
    whole = Path.is_file

    def denied(path):
        if path.parent == copy:
            raise PermissionError(13, "Permission denied", str(path))
        return whole(path)

    monkeypatch.setattr(Path, "is_file", denied)
    assert refused(copy) == f"Cannot look into {str(copy)!r}: Permission denied."


def test_a_file_that_may_not_be_read(copy, monkeypatch):
    whole = Path.open

    def denied(path, *arguments, **options):
        if path.parent == copy:
            raise PermissionError(13, "Permission denied", str(path))
        return whole(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", denied)
    assert refused(copy) == f"Cannot read {str(copy / 'saved_model.pb')!r}: Permission denied."


@pytest.mark.parametrize("shape", [[None, 20], [None, 20, 3], [None, 8, 8, 1], [None, 3, 8, 8]])
def test_what_takes_no_images_is_told_so(tmp_path, shape):
    class Sums(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec(shape)])
        def __call__(self, x):
            return tf.nn.softmax(tf.reshape(x, [tf.shape(x)[0], -1])[:, :2])

    tf.saved_model.save(Sums(), str(tmp_path / "sums"))
    shown = ", ".join("?" if size is None else str(size) for size in shape)
    for said in ({}, {"input_size": (8, 8)}):
        assert f"received input 'x' of shape ({shown})." in refused(tmp_path / "sums", **said)


def test_logits_are_an_output_or_a_tensor(exported):
    assert refused(exported, logits="answer") == (
        "Unknown output 'answer'. Expected one of: output_0."
    )
    image = np.zeros((1, 16, 16, 3), np.float32)
    # Keras numbers the layers of a process.
    (dense,) = {
        "/".join(node.name.split("/")[-2:])
        for node in freeze(exported).graph.node
        if re.search(r"dense[^/]*/BiasAdd$", node.name)
    }
    found = [
        load_model(exported, value_range=(0, 1), logits=name).logits(image)
        for name in ("output_0", dense, f"{dense}:0")
    ]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
