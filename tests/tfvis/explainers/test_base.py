"""The result that all methods share, and the pairs that they explain."""

import numpy as np
import pytest
from PIL import Image

import tfvis
from tfvis.explainers.base import ClassMap, Explainer, NothingSelected, Pairs, uniform_map
from tfvis.explainers.grad_cam import GradCAM
from tfvis.explainers.uniform import Uniform
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import read_image


def class_map(kind=ClassMap, **changes):
    given = {"map": np.eye(4, 6, dtype=np.float32), "image": np.zeros((4, 6, 3), np.float32),
             "class_index": 3, "label": "tiger cat", "method": "mine", **changes}  # fmt: skip
    return kind(**given)


def test_one_map_alone_is_all_its_maps():
    found = class_map()
    assert found.maps.shape == (1, 4, 6)
    parts = np.ones((2, 4, 6), np.float32)
    assert class_map(parts=parts).maps is parts


def test_a_result_says_what_it_is():
    expected = "ClassMap(method='mine', class_index=3, label='tiger cat', 4 x 6)"
    assert repr(class_map()) == expected
    nothing = class_map(NothingSelected, problem="no channel stands out")
    assert repr(nothing) == expected.replace("ClassMap", "NothingSelected").replace(
        "6)", "6, problem='no channel stands out')"
    )


def test_its_image_may_be_a_picture_or_a_file(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    file = tmp_path / "own.png"
    Image.fromarray(pixels).save(file)
    for image in (Image.fromarray(pixels), file, str(file), read_image(pixels)):
        np.testing.assert_array_equal(class_map(image=image).image, np.float32(pixels) / 255)


def test_a_sheet_is_a_picture_and_a_plot_shows_it():
    sheet = class_map().sheet()
    assert sheet.ndim == 3
    assert sheet.dtype == np.float32
    assert 0 <= sheet.min() < sheet.max() <= 1
    figure = class_map().plot()
    assert len(figure.axes[0].images) == 1


def test_what_is_saved_is_read_back(tmp_path):
    found = class_map(problem="none to speak of")
    folder = found.save(tmp_path)
    assert folder.is_relative_to(tmp_path)
    read = tfvis.load_result(folder)
    np.testing.assert_array_equal(read.map, found.map)
    for name in ("class_index", "label", "method", "problem", "provenance"):
        assert getattr(read, name) == getattr(found, name)


def test_an_explainer_is_what_explains(net):
    assert isinstance(Uniform(net), Explainer)
    assert not isinstance(net, Explainer)


def test_pairs_are_read_and_resolved(net, pictures):
    pairs = Pairs.of(net, pictures, ["cat", 2, "dog"])
    assert len(pairs) == 3
    assert pairs.classes == (0, 2, 1)
    assert [image.size for image in pairs.images] == [(24, 24), (20, 28), (24, 24)]


def test_pairs_of_equal_images_belong_together(net, pictures):
    first, second = pictures[0], pictures[1]
    pairs = Pairs.of(net, [first, second, first.copy(), first], [0, 1, 2, 0])
    found = [(image.digest, classes, places) for image, classes, places in pairs.by_image()]
    assert found == [
        (read_image(first).digest, [0, 2, 0], [0, 2, 3]),
        (read_image(second).digest, [1], [1]),
    ]


def test_pairs_of_one_size_belong_together(net, pictures):
    assert list(Pairs.of(net, pictures, [0, 0, 0]).by_size()) == [[0, 2], [1]]


def test_an_object_that_is_given_several_times_is_read_once(net, pictures):
    image = pictures[0]
    one, _, other = Pairs.of(net, [image, pictures[1], image], [0, 1, 2]).images
    assert one is other


def test_images_that_are_made_on_the_way_do_not_stand_for_each_other(net):
    shades = (0.0, 0.25, 0.5, 0.75)
    pairs = Pairs.of(net, (np.full((4, 4, 3), shade) for shade in shades), [0] * 4)
    assert [float(image.pixels[0, 0, 0]) for image in pairs.images] == list(shades)


def test_files_are_brought_to_the_networks_size(net, tmp_path):
    Image.fromarray(np.zeros((50, 70, 3), np.uint8)).save(tmp_path / "own.png")
    (image,) = Pairs.of(net, [tmp_path / "own.png"], [0]).images
    assert image.size == net.input_size
    assert image.name == "own"


@pytest.mark.parametrize("classes", ["cat", 0])
def test_pairs_need_a_list_of_classes(net, pictures, classes):
    with pytest.raises(InputError, match=f"a list with one class an image, received {classes!r}"):
        Pairs.of(net, pictures[:1], classes)


def test_pairs_need_as_many_classes_as_images(net, pictures):
    with pytest.raises(
        InputError, match="as many classes as images, received 2 classes for 3 images"
    ):
        Pairs.of(net, pictures, [0, 1])


def test_a_uniform_map_prefers_no_pixel():
    found = uniform_map((2, 3))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.ones((2, 3)))


def test_pairs_want_lists(net, pictures):
    with pytest.raises(
        InputError, match=r"a list of images, received one \(str\): write \[image\]"
    ):
        Pairs.of(net, "photo.jpg", ["dog"])
    with pytest.raises(InputError, match=r"received one \(ndarray\): write \[image\]"):
        Pairs.of(net, pictures[0], ["dog"])
    with pytest.raises(InputError, match="a list with one class an image, received None"):
        Pairs.of(net, pictures, None)
    assert Pairs.of(net, pictures[:2], (name for name in ("dog", "cat"))).classes == (1, 0)


def test_options_of_another_kind_are_refused(net):
    with pytest.raises(InputError, match="options to be GradCamOptions, received 'first'"):
        GradCAM(net, "first")
