"""What is known of layers without an image."""

import keras
import pytest

from tfvis import load_model
from tfvis.models.keras_network import KerasNetwork
from tfvis.models.layer_structure import layer_structures
from tfvis.utils.errors import InputError

layers = keras.layers


@pytest.fixture(scope="module")
def net():
    images = keras.Input((12, 16, 3))
    x = layers.Conv2D(4, 3, 2, padding="same", name="first")(images)
    x = layers.UpSampling2D(2, name="enlarged")(x)
    return KerasNetwork(keras.Model(images, layers.Dense(2)(layers.GlobalMaxPooling2D()(x))))


def test_size_field_and_work_of_each_layer(net):
    first, enlarged = layer_structures(net)
    work = 6 * 8 * 4 * 3 * 3 * 3
    assert (first.layer, first.shape) == ("first", (6, 8, 4))
    assert (first.receptive_field, first.field_by) == ((3, 3), "computed")
    assert first.multiply_adds == enlarged.multiply_adds == work
    assert first.work == work / (work + 4 * 2)
    assert (enlarged.shape, enlarged.field_by) == ((12, 16, 4), "measured")
    assert enlarged.receptive_field == (3, 3)


def test_layers_are_taken_as_they_are_named_and_progress_rises(net):
    told = []
    (found,) = layer_structures(net, ["enlarged"], progress=lambda *step: told.append(step))
    assert found.layer == "enlarged"
    assert told == [(1, 1)]
    with pytest.raises(InputError, match="Unknown layer 'third'"):
        layer_structures(net, ["third"])


def test_a_field_that_cannot_be_found_in_any_way_is_not_known(closed_form, mix):
    net = closed_form(mix, lambda a: a[:, 0, 0, :2], 2)
    head = net.head
    # Each pixel is compared with another: neither an operation that is known nor a gradient.
    net.head = lambda *names: (
        lambda images: tuple(
            keras.ops.cast(maps > keras.ops.roll(maps, 1, 1), "float32")
            for maps in head(*names)(images)
        )
    )
    (found,) = layer_structures(net)
    assert (found.receptive_field, found.field_by) == (None, None)


def test_googlenets_fields_are_those_of_the_literature():
    # Computed by hand for 7/2, 3/2, 1, 3, 3/2 and the 5 × 5 branches: 59 + 4 · 8 = 91, and so on.
    net = load_model("critters")
    found = {own.layer: own for own in layer_structures(net)}
    fields = {name: own.receptive_field[0] for name, own in found.items()}
    assert fields["maxpool1"] == 27
    assert [fields[name] for name in ("mixed3a", "mixed3b", "maxpool4")] == [59, 91, 107]
    assert [fields[f"mixed4{letter}"] for letter in "abcde"] == [171, 235, 299, 363, 427]
    assert [fields[name] for name in ("maxpool10", "mixed5a", "mixed5b")] == [459, 587, 715]
    work = [own.work for own in found.values()]
    assert work == sorted(work)
    assert 0 < work[0] < work[-1] < 1
