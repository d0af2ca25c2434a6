"""Images of tables: found, downloaded, scaled, or told why not."""

import io
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tfvis.critters import CLASSES
from tfvis.datasets.box_tables import Annotation, read_annotations
from tfvis.datasets.boxed_images import collect, scene_named, scenes
from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels

LABELS = Labels([("cat",), ("dog",)], ["n00000001", "n00000002"])


def annotation(image, box=(1, 2, 10, 20), name="cat", size=None, strict=True):
    return Annotation(image, name, np.array([box], np.float64), size, "'t.csv', line 2", strict)


@pytest.fixture
def folder(tmp_path):
    """A folder with a picture of 40 × 30 pixels, and one that is turned by its EXIF data."""
    image = Image.new("RGB", (40, 30), "red")
    image.save(tmp_path / "red.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    image.save(tmp_path / "turned.jpg", exif=exif)
    (tmp_path / "broken.png").write_bytes(b"no image")
    return tmp_path


def test_boxes_become_shares_of_the_image(folder):
    found = collect([annotation("red.png"), annotation("turned.jpg")], folder, LABELS)
    red, turned = found.images
    assert red.size == (30, 40)
    np.testing.assert_allclose(red.targets[0].boxes, [[1 / 40, 2 / 30, 10 / 40, 20 / 30]])
    assert turned.size == (40, 30)
    np.testing.assert_allclose(turned.targets[0].boxes, [[1 / 30, 2 / 40, 10 / 30, 20 / 40]])
    assert red.targets[0].class_index == 0
    assert red.load((8, 8)).shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("size", "box"),
    [
        (None, (4, 3, 20, 15)),
        ((40, 30), (4, 3, 20, 15)),
        ((400, 300), (40, 30, 200, 150)),  # drawn on a larger copy
    ],
)
def test_boxes_may_be_drawn_on_another_size(folder, size, box):
    (found,) = collect([annotation("red.png", box, size=size)], folder, LABELS).images
    np.testing.assert_allclose(found.targets[0].boxes, [[0.1, 0.1, 0.5, 0.5]])


def test_a_lists_size_may_have_its_rows_first(folder):
    table = annotation("red.png", (4, 3, 20, 15), size=(30, 40), strict=False)
    (found,) = collect([table], folder, LABELS).images
    np.testing.assert_allclose(found.targets[0].boxes, [[0.1, 0.1, 0.5, 0.5]])
    with pytest.raises(InputError, match="like its own, 40 x 30, received 30 x 40"):
        collect([annotation("red.png", size=(30, 40))], folder, LABELS)


def test_a_download_that_ends_early_is_tried_again(clean, server):
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 30, 3), np.uint8)).save(
        stream, "JPEG"
    )
    body = stream.getvalue()
    server.answers["/a.png"] = (200, len(body) - 400, body[:-400])
    (cut,) = collect([annotation(f"{server.url}/a.png")], clean, LABELS, allow_local=True).images
    with pytest.raises(InputError, match="Cannot read the image"):
        cut.load((8, 8))
    server.answers["/a.png"] = (200, len(body), body)
    (whole,) = collect([annotation(f"{server.url}/a.png")], clean, LABELS, allow_local=True).images
    assert whole.load((8, 8)).shape == (8, 8, 3)


def test_warnings_stay_as_they_were(folder):
    before = list(warnings.filters)
    collect([annotation("red.png") for _ in range(20)], folder, LABELS)
    assert warnings.filters == before


def test_objects_of_an_image_are_together(folder):
    (found,) = collect(
        [annotation("red.png"), annotation("red.png", (0, 0, 5, 5), "dog")], folder, LABELS
    ).images
    assert [target.class_index for target in found.targets] == [0, 1]


def test_images_that_cannot_be_read_are_listed(folder):
    found = collect([annotation("red.png"), annotation("broken.png"), annotation("gone.png")],
                    folder, LABELS)  # fmt: skip
    assert [image.name for image in found.images] == ["red.png"]
    assert [name for name, _ in found.unreadable] == ["broken.png", "gone.png"]
    assert "Expected an image in a format that Pillow reads" in found.unreadable[0][1]
    assert "No image file" in found.unreadable[1][1]
    with pytest.raises(InputError, match=r"None of 1 images can be read. The first, 'gone.png'"):
        collect([annotation("gone.png")], folder, LABELS)


def test_addresses_are_downloaded_once(clean, server):
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "blue").save(stream, "PNG")
    body = stream.getvalue()
    server.answers["/blue.png"] = (200, len(body), body)
    server.answers["/page"] = (200, 4, b"html")
    server.answers["/gone"] = (404, 0, b"")
    table = [annotation(f"{server.url}/{name}") for name in ("blue.png", "page", "gone")]
    seen = []
    found = collect(
        table, clean, LABELS, allow_local=True, progress=lambda *counts: seen.append(counts)
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert [image.name for image in found.images] == [f"{server.url}/blue.png"]
    assert (found.images[0].load((4, 4)) == [0, 0, 1]).all()
    reasons = dict(found.unreadable)
    assert "Expected an image in a format" in reasons[f"{server.url}/page"]
    assert "Not Found" in reasons[f"{server.url}/gone"]
    del server.answers["/blue.png"]
    assert len(collect(table[:1], clean, LABELS).images) == 1
    assert len(list((clean / "cache" / "images").iterdir())) == 1


def test_names_that_are_no_class_are_counted(folder):
    names = {
        "1": None,
        "cat": 0,
        "n00000002": 1,
        "n00000002_1234.JPEG": 1,
        "photo 7": None,
        "n12345678": None,
    }
    table = [annotation("red.png", name=name, strict=False) for name in names]
    found = collect(table, folder, LABELS)
    assert [target.class_index for target in found.images[0].targets] == list(names.values())
    assert found.without_class == 3
    nameless = collect([annotation("red.png", name=None)], folder, LABELS)
    assert nameless.without_class == 0
    with pytest.raises(InputError, match=r"'t.csv', line 2: Unknown class 'cut'. Closest: cat"):
        collect([annotation("red.png", name="cut")], folder, LABELS)


OUTSIDE = [
    (-5, 0, 5, 5),
    (0, 0, 45, 5),
    (0, 0, 5, 33),
    (50, 40, 60, 50),
    (40, 0, 40.5, 5),  # at its edge, with no pixel in it
    (0, -1, 5, 0),
]


@pytest.mark.parametrize("box", OUTSIDE)
def test_a_box_outside_its_image_fails_that_object_alone(folder, box):
    wrong, right = annotation("red.png", box, "dog"), annotation("red.png")
    found = collect([wrong, right], folder, LABELS)
    assert [target.class_index for target in found.images[0].targets] == [0]
    (failed,) = found.failed
    assert (failed.image, failed.label, failed.box) == ("red.png", "dog", box)
    assert re.search(r"line 2: expected a box inside 'red.png', 40 x 30, received", failed.reason)


def test_the_boxes_inside_count_where_another_one_lies_outside(folder):
    table = folder / "t.csv"
    rows = ["-5,0,5,5", "4,3,20,15", "0,0,45,5", "0,0,40,30"]
    lines = ["image,left,top,right,bottom,class", *(f"red.png,{row},cat" for row in rows)]
    table.write_text("\n".join(lines))
    found = collect(read_annotations(table), folder, LABELS)
    ((target,),) = (image.targets for image in found.images)
    np.testing.assert_allclose(target.boxes, [[0.1, 0.1, 0.5, 0.5], [0, 0, 1, 1]])
    assert [(own.image, own.label) for own in found.failed] == [("red.png", "cat")] * 2
    assert [own.box for own in found.failed] == [(-5, 0, 5, 5), (0, 0, 45, 5)]
    for own, line, box in zip(found.failed, (2, 4), (rows[0], rows[2]), strict=True):
        assert own.reason == (
            f"{str(table)!r}, line {line}: expected a box inside 'red.png', 40 x 30, received "
            f"{box.replace(',', ', ')}. It is left out: the object's other boxes count."
        )


def test_an_object_all_of_whose_boxes_lie_outside_fails_with_a_row_for_each(folder):
    wrong = annotation("red.png", OUTSIDE[0], "dog")
    wrong = replace(wrong, boxes=np.array(OUTSIDE, np.float64))
    found = collect([wrong, annotation("red.png")], folder, LABELS)
    assert [target.class_index for target in found.images[0].targets] == [0]
    assert [own.box for own in found.failed] == OUTSIDE
    assert found.failed[0].reason.endswith("received -5, 0, 5, 5.")
    with pytest.raises(InputError, match="None of 1 objects can be used. The first: .*-5, 0, 5, 5"):
        collect([wrong], folder, LABELS)


def test_boxes_that_fail_are_in_pixels_of_the_image_like_those_that_are_found(folder):
    drawn = annotation("red.png", (-50, 0, 200, 150), size=(400, 300))
    found = collect([drawn, annotation("red.png")], folder, LABELS)
    assert [own.box for own in found.failed] == [(-5, 0, 20, 15)]


def test_a_failed_object_without_a_class_has_no_label(folder):
    wrong = annotation("red.png", OUTSIDE[0], None)
    found = collect([wrong, annotation("red.png")], folder, LABELS)
    assert [(own.image, own.label) for own in found.failed] == [("red.png", "")]


def test_an_image_all_of_whose_objects_fail_is_left_out(folder):
    wrong = annotation("turned.jpg", OUTSIDE[1])
    found = collect([wrong, annotation("red.png")], folder, LABELS)
    assert [image.name for image in found.images] == ["red.png"]
    assert [own.image for own in found.failed] == ["turned.jpg"]


@pytest.mark.parametrize("box", OUTSIDE)
def test_a_table_of_failing_objects_alone_is_an_error(folder, box):
    message = r"None of 1 objects can be used. The first: .*line 2: expected a box inside 'red.png'"
    with pytest.raises(InputError, match=message):
        collect([annotation("red.png", box)], folder, LABELS)


def test_a_wrong_class_ends_the_run_before_any_image_is_looked_at(folder, monkeypatch):
    monkeypatch.setattr("tfvis.datasets.boxed_images.images.size_of", None)
    table = [annotation("red.png"), annotation("red.png", name="cut")]
    with pytest.raises(InputError, match=r"'t.csv', line 2: Unknown class 'cut'. Closest: cat"):
        collect(table, folder, LABELS)


def test_without_objects_there_is_nothing_to_collect(folder):
    with pytest.raises(InputError, match="at least one object to find, received none"):
        collect([], folder, LABELS)


def test_a_pixel_over_the_edge_is_a_way_of_counting(folder):
    (found,) = collect([annotation("red.png", (-1, 0, 41, 31))], folder, LABELS).images
    np.testing.assert_array_equal(found.targets[0].boxes, [[0, 0, 1, 1]])


def test_a_size_of_another_shape_fails_that_object_alone(folder):
    wrong = annotation("red.png", size=(100, 30))
    found = collect([wrong, annotation("red.png", size=(40, 30))], folder, LABELS)
    assert len(found.images[0].targets) == 1
    (failed,) = found.failed
    assert (failed.image, failed.label) == ("red.png", "cat")
    assert "like its own, 40 x 30, received 100 x 30" in failed.reason
    with pytest.raises(InputError, match="like its own, 40 x 30, received 100 x 30"):
        collect([wrong], folder, LABELS)


def test_scenes_know_their_boxes():
    labels = Labels([(name,) for name in CLASSES])
    found = scenes(3, labels)
    assert len(found.images) == 3
    for image in found.images:
        assert len({target.class_index for target in image.targets}) == 2
        for target in image.targets:
            (box,) = target.boxes
            assert (box >= 0).all() and (box <= 1).all() and (box[:2] < box[2:]).all()
    picture = found.images[0].load((224, 224))
    np.testing.assert_array_equal(picture, scenes(1, labels).images[0].load((224, 224)))
    assert found.images[0].load((100, 100)).shape == (100, 100, 3)
    # It is known by its name, and whoever changes a picture changes his own.
    again = scene_named(found.images[0].name)
    np.testing.assert_array_equal(again, picture)
    again[:] = 0
    np.testing.assert_array_equal(scene_named(found.images[0].name), picture)


@pytest.mark.parametrize(
    "name", ["scene", "scene -1", "scene 5.png", "a scene 5", "scene 9999999999"]
)
def test_other_names_are_no_scenes(name):
    assert scene_named(name) is None
