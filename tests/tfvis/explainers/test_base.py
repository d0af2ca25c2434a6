"""The result that all methods share, and the pairs that they explain."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import tfvis
from tfvis.explainers.base import ClassMap, Explainer, NothingSelected, Pairs, uniform_map
from tfvis.explainers.grad_cam import GradCAM
from tfvis.explainers.uniform import Uniform
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import read_image
from tfvis.utils.provenance import Provenance


def class_map(kind=ClassMap, **changes):
    given = {"map": np.eye(4, 6, dtype=np.float32), "image": np.zeros((4, 6, 3), np.float32),
             "class_index": 3, "label": "tiger cat", "method": "mine", **changes}  # fmt: skip
    return kind(**given)


def test_one_map_alone_is_all_its_maps():
    found = class_map()
    assert found.maps.shape == (1, 4, 6)
    parts = np.ones((2, 4, 6), np.float32)
    found = class_map(parts=parts)
    assert found.maps is found.parts
    np.testing.assert_array_equal(found.maps, parts)


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
    assert tfvis.load_result(folder) == found


OTHERS = {
    "map": np.eye(4, 6, 1, np.float32), "image": np.ones((4, 6, 3), np.float32),
    "parts": np.ones((2, 4, 6)), "class_index": None, "label": "cat", "method": "yours",
    "problem": "none to speak of",
    "provenance": Provenance("m", "net", None, "a" * 64, None, options={"seed": 5}),
}  # fmt: skip


def test_results_are_equal_if_all_their_fields_are():
    assert class_map() == class_map()
    assert class_map(**OTHERS) == class_map(**OTHERS)
    for name, value in OTHERS.items():
        assert class_map() != class_map(**{name: value}), name
    assert class_map() != class_map(NothingSelected)
    assert class_map() != "a map"
    lost = {"map": np.full((4, 6), np.nan), "problem": "it diverged"}
    assert class_map(**lost) == class_map(**lost)
    # What is equal by its arrays has no hash, as arrays have none.
    with pytest.raises(TypeError, match="unhashable"):
        hash(class_map())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"map": np.ones((2, 3, 1))}, r"map of shape \(H, W\), received shape \(2, 3, 1\)\."),
        ({"map": 5}, r"map of shape \(H, W\), received shape \(\)\."),
        ({"map": np.ones((0, 3))}, r"map of shape \(H, W\), received shape \(0, 3\)\."),
        ({"map": "cat"}, r"map of shape \(H, W\) with numbers, received str\."),
        ({"map": [[1], [1, 2]]}, r"map of shape \(H, W\) with numbers, received list\."),
        ({"map": np.full((4, 6), -0.5)}, r"map to be >= 0, received -0\.5\."),
        ({"map": np.full((4, 6), -0.5), "problem": "it"}, r"map to be >= 0, received -0\.5\."),
        ({"map": np.full((4, 6), np.nan)}, r"map to be finite where .* no problem, received nan\."),
        ({"map": np.full((4, 6), np.inf)}, r"map to be finite where .* no problem, received inf\."),
        ({"parts": np.ones((4, 6))}, r"parts of shape \(n, H, W\), received shape \(4, 6\)\."),
        ({"parts": []}, r"parts of shape \(n, H, W\), received shape \(0,\)\."),
        ({"parts": np.ones((2, 6, 4))}, r"parts of the map's size \(4, 6\), received \(6, 4\)\."),
        ({"parts": -np.ones((2, 4, 6))}, r"parts to be >= 0, received -1\."),
        (
            {"image": np.full((4, 6, 3), 2.0)},
            r"images with values in \[0, 1\], received values from 0 to 2\.",
        ),
        ({"image": np.ones((4, 6))}, r"one image of shape \(H, W, 3\), received shape \(4, 6\)\."),
        ({"class_index": "cat"}, r"class_index to be an integer or None, received 'cat'\."),
    ],
)
def test_what_is_no_map_is_refused(changes, message):
    with pytest.raises(InputError, match=f"^Expected {message}$"):
        class_map(**changes)


def test_what_may_be_made_a_map_is():
    levels = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    found = class_map(
        image=levels, parts=[np.eye(4, 6), np.ones((4, 6))], label=3, class_index=np.int64(3)
    )
    np.testing.assert_array_equal(found.image, np.float32(levels) / 255)
    assert found.image.dtype == np.float32
    assert found.parts.shape == found.maps.shape == (2, 4, 6)
    assert (found.label, found.class_index, type(found.class_index)) == ("3", 3, int)
    assert class_map(map=[[0, 1]], image=np.zeros((1, 2, 3))).map.shape == (1, 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, bool])
def test_maps_are_copies_of_one_type_that_cannot_be_written_to(dtype):
    """An explainer may fill one buffer for each pair."""
    a_map, parts = np.ones((4, 6), dtype), np.ones((2, 4, 6), dtype)
    image = np.ones((4, 6, 3), dtype)
    found = class_map(map=a_map, parts=parts, image=image)
    expected = class_map(map=a_map.copy(), parts=parts.copy(), image=image.copy())
    for buffer in (a_map, parts, image):
        buffer[:] = 0
    assert found == expected
    for own in (found.map, found.parts, found.image, found.maps):
        assert own.dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            own[0] = 0
    again = replace(found, label="dog")  # copies nothing again
    assert again.map is found.map
    assert again.parts is found.parts


def test_a_map_of_numbers_too_large_for_its_type_is_refused():
    with pytest.raises(InputError, match="map to be finite where there is no problem"):
        class_map(map=np.full((4, 6), 1e39))


def test_a_map_that_is_not_finite_needs_a_problem():
    a_map = np.full((4, 6), np.nan)
    found = class_map(map=a_map, parts=a_map[np.newaxis], problem="it diverged")
    assert np.isnan(found.map).all()
    zero = class_map(map=np.zeros((4, 6)), problem="it diverged")
    np.testing.assert_array_equal(found.sheet(), zero.sheet())


def test_a_picture_is_brought_to_the_maps_size(tmp_path):
    """As explainers bring it to the network's."""
    pixels = np.random.default_rng(0).integers(0, 256, (30, 50, 3), np.uint8)
    file = tmp_path / "own.png"
    Image.fromarray(pixels).save(file)
    for image in (file, str(file), Image.fromarray(pixels)):
        found = class_map(image=image)
        np.testing.assert_array_equal(found.image, read_image(file, (4, 6)).pixels)
        assert found.plot().axes
        assert tfvis.load_result(found.save(tmp_path)) == found


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
