"""The six most common tasks, in at most three lines each; docs/python.md shows the same."""

import inspect

import numpy as np
import pytest

import tfvis


@pytest.fixture(scope="module")
def net():
    return tfvis.load_model("critters")


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A rendered scene of a dog and a cat, as a file."""
    file = tmp_path_factory.mktemp("photos") / "photo.png"
    tfvis.utils.images.save(file, tfvis.example_image("dog_cat224", (224, 224)))
    return file


def explain_an_image_in_one_call(net, photo, out):
    (explanation,) = tfvis.explain(net, photo, classes="dog", icon_steps=2, icon_size=32)
    explanation.save(out)
    return explanation


def attribute_alone(net, photo):
    dog, cat = tfvis.attribute(net, photo, classes=["dog", "cat"], layer="mixed4d")
    return dog, cat


def find_a_mask(net, photo):
    inversion = tfvis.GuidedFeatureInversion(net, iterations=(5, 20))
    (mask,) = inversion.explain([photo], ["dog"])
    return mask


def see_a_grad_cam_map(net, photo):
    (found,) = tfvis.GradCAM(net, layer="mixed4d").explain([photo], ["dog"])
    return found


def draw_icons(net):
    channel = tfvis.icon(net, "mixed4d", 12, steps=2, size=64)
    group = tfvis.icon(net, "mixed4d", {12: 0.5, 99: 1.0}, steps=2, size=64)
    return channel, group


class Centre:
    """An explainer of one's own: whatever the class, it points at the middle."""

    name = "centre"

    def __init__(self, net):
        self.net = net

    def explain(self, images, classes, *, progress=None):
        found = []
        for image, name in zip(images, classes, strict=True):
            pixels = tfvis.utils.image_sources.read_image(image).pixels
            height, width = pixels.shape[:2]
            y, x = np.ogrid[:height, :width]
            there = np.exp(-((y - height / 2) ** 2 + (x - width / 2) ** 2) / 2000)
            index = self.net.class_index(name)
            found.append(
                tfvis.ClassMap(
                    map=there.astype(np.float32), image=pixels, class_index=index,
                    label=self.net.labels[index], method="centre",
                )
            )  # fmt: skip
        return tuple(found)


def score_an_explainer_of_ones_own(net):
    scenes = [tfvis.critters.render_scene(["dog", "cat"], seed=seed) for seed in range(2)]
    found = tfvis.evaluation.localise_scenes(net, scenes, ["Grad-CAM", Centre(net)])
    return found.scores["centre"]["pointing"]


TASKS = [explain_an_image_in_one_call, attribute_alone, find_a_mask, see_a_grad_cam_map, draw_icons,
         score_an_explainer_of_ones_own]  # fmt: skip


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
def test_each_takes_at_most_three_lines(task):
    lines = [line.strip() for line in inspect.getsource(task).splitlines()[1:]]
    assert len([line for line in lines if not line.startswith("return")]) <= 3


@pytest.mark.slow
def test_explain_an_image_in_one_call(net, photo, tmp_path):
    explanation = explain_an_image_in_one_call(net, photo, tmp_path)
    assert explanation.label == "dog"
    assert explanation.icons.shape == (len(explanation.groups), 32, 32, 3)
    (result,) = tmp_path.rglob("result.json")
    assert result.parts[-5:-3] == ("photo", "dog_IGSG")
    again = tfvis.load_result(result)
    np.testing.assert_array_equal(again.map, explanation.map)


def test_attribute_alone(net, photo):
    for attribution, name in zip(attribute_alone(net, photo), ("dog", "cat"), strict=True):
        assert attribution.class_index == net.class_index(name)
        # Completeness: together the channels account for the whole logit.
        assert attribution.relative_gap < 0.05
        assert attribution.values.shape == (net.n_channels("mixed4d"),)


@pytest.mark.slow
def test_find_a_mask(net, photo):
    mask = find_a_mask(net, photo)
    assert mask.map.shape == (224, 224)
    assert 0 <= mask.map.min() <= mask.map.max() <= 1
    # What the mask keeps is more of a dog than what it hides.
    assert mask.kept_logits[1, mask.class_index] > mask.hidden_logits[1, mask.class_index]


def test_see_a_grad_cam_map(net, photo):
    found = see_a_grad_cam_map(net, photo)
    assert found.map.shape == (224, 224)
    assert found.map.min() >= 0
    # Its largest value lies on the dog.
    scene = tfvis.datasets.example_images.example_scene("dog_cat224")
    left, top, right, bottom = scene.boxes[list(scene.labels).index("dog")]
    y, x = np.unravel_index(found.map.argmax(), found.map.shape)
    assert left <= x < right
    assert top <= y < bottom


def test_draw_icons(net):
    channel, group = draw_icons(net)
    for icon in (channel, group):
        assert icon.shape == (64, 64, 3)
        assert 0 <= icon.min() < icon.max() <= 1
    assert not np.array_equal(channel, group)


def test_score_an_explainer_of_ones_own(net):
    scores = score_an_explainer_of_ones_own(net)
    # Whether the middle of a picture lies on an object can be looked up.
    expected = []
    for seed in range(2):
        masks = tfvis.critters.render_scene(["dog", "cat"], seed=seed).masks
        middle = [masks.shape[1] // 2, masks.shape[2] // 2]
        expected.append(masks[:, middle[0], middle[1]])
    np.testing.assert_array_equal(scores, np.float64(expected))
