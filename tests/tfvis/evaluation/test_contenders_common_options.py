"""What is given for all named methods is never ignored without a word."""

import pytest

from tfvis.evaluation.box_localisation import localisation_provenance, localise_boxes
from tfvis.evaluation.contenders import contenders_of
from tfvis.evaluation.scene_localisation import localise_scenes
from tfvis.explainers.options import FeatureGroupOptions, GradCamOptions
from tfvis.utils.errors import InputError


@pytest.fixture
def net(closed_form, mix):
    return closed_form(mix, lambda activations: activations[:, 0, 0, :2], 2)


class Mine:
    """An explainer of one's own, which has its own network and its own options."""

    def explain(self, images, classes, *, progress=None):
        raise AssertionError("It was asked.")


LAYER, STEPS = {"layer": "features"}, {"attribution_steps": 3}


@pytest.mark.parametrize(
    ("explainers", "options", "common"),
    [
        ([Mine()], [], LAYER),
        ([Mine()], [], STEPS),
        (["uniform"], [], LAYER),
        (["Grad-CAM"], [], STEPS),
        (["Grad-CAM, last layer"], [], LAYER),
        (["guided inversion", Mine()], [], LAYER),
        (["Grad-CAM"], [GradCamOptions()], LAYER),
        (["all groups", Mine()], [FeatureGroupOptions()], STEPS),
    ],
)
@pytest.mark.parametrize("evaluation", [localise_scenes, localise_boxes, localisation_provenance])
def test_what_would_be_ignored_is_refused(net, evaluation, explainers, options, common):
    given = [explainers] if evaluation is localisation_provenance else [[None], explainers]
    ((name, value),) = common.items()
    with pytest.raises(InputError, match=f"^Expected {name} with a named method that") as error:
        evaluation(net, *given, options=options, **common)
    assert f"received {name}={value!r} with " in str(error.value)
    assert "\n" not in str(error.value)


def test_it_is_enough_that_one_method_takes_it(net):
    given = ["uniform", "all groups", "Grad-CAM", Mine()]
    _, groups, grad_cam, mine = contenders_of(
        net, given, [GradCamOptions(cut=0.5)], layer="features", attribution_steps=3
    )
    assert groups.options == FeatureGroupOptions(layer="features", attribution_steps=3)
    assert grad_cam.options == GradCamOptions(cut=0.5)
    assert mine.options is None


@pytest.mark.parametrize("evaluation", [localise_scenes, localise_boxes])
def test_an_unknown_method_is_answered_with_methods_that_can_be_used(net, evaluation):
    with pytest.raises(InputError, match=r"^Unknown method 'grad cams'\. Closest: Grad-CAM"):
        evaluation(net, [None], ["grad cams"])
    with pytest.raises(InputError, match=r"^Unknown method 'xyz'\. Expected one of: all ") as error:
        evaluation(net, [None], ["xyz"])
    assert ("every group" in str(error.value)) == (evaluation is localise_scenes)
