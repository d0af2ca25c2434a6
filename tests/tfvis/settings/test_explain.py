"""What `tfvis explain` is asked, checked without any heavy library."""

import pytest

from tfvis.explainers.options import FeatureGroupOptions
from tfvis.models import spec_of
from tfvis.settings.explain import ExplainSettings
from tfvis.utils.choices import DEFAULT_ITERATIONS
from tfvis.utils.errors import InputError
from tfvis.utils.icon_options import IconOptions


def test_defaults_are_those_of_the_method():
    settings = ExplainSettings()
    fitted = settings.fitted(spec_of("googlenet"))
    assert fitted.layers == ("mixed4d",)
    assert fitted.class_indices == ()
    assert settings.signs == ("pos",)
    assert settings.seed == 5
    assert settings.groups.grouping == "PCA"
    assert settings.icons(IconOptions()).steps == 512
    assert DEFAULT_ITERATIONS == {"IGSG": 64, "Shap": 100}
    assert FeatureGroupOptions().steps == 64
    assert FeatureGroupOptions(attribution="Shap").steps == 100


def test_options_of_icons_without_icons_are_refused():
    assert ExplainSettings(no_icons=True).no_icons
    message = "Expected --icon-steps, --icon-redirected-relu-steps without --no-icons"
    changes = {"steps": 64, "redirected_relu_steps": 0}
    with pytest.raises(InputError, match=message):
        ExplainSettings(no_icons=True, icon_changes=changes)


def test_layers_and_classes_are_taken_once():
    settings = ExplainSettings(
        model="googlenet",
        layers=("mixed4d", "mixed3a", "mixed4d"),
        classes=("285", "Egyptian cat", "tabby"),
    )
    fitted = settings.fitted(spec_of("googlenet"))
    assert fitted.layers == ("mixed4d", "mixed3a")
    assert fitted.class_indices == (285, 281)
    assert fitted.fitted(spec_of("googlenet")) == fitted


def test_layers_may_have_their_files_names():
    settings = ExplainSettings(model="googlenet", layers=("inception_4d_output",))
    assert settings.fitted(spec_of("googlenet")).layers == ("mixed4d",)
    settings = ExplainSettings(model="resnet_v1_50_slim", layers=("block3/unit_1",))
    (layer,) = settings.fitted(spec_of("resnet_v1_50_slim")).layers
    assert layer == "resnet_v1_50/block3/unit_1/bottleneck_v1/Relu"


def test_without_layers_the_networks_default_layers_are_taken():
    spec = spec_of("critters_resnet")
    fitted = ExplainSettings(model="critters_resnet").fitted(spec)
    assert fitted.layers == ("conv4_block1_out", "conv5_block1_out")


def test_layers_that_the_registry_does_not_list_are_left_to_the_network():
    settings = ExplainSettings(model="googlenet", layers=("mixed4d_3x3", "inception_4d_output"))
    assert settings.fitted(spec_of("googlenet")).layers == ("mixed4d_3x3", "mixed4d")


def test_a_model_of_ones_own_has_no_names_yet():
    settings = ExplainSettings(model="own.keras", layers=("x",), classes=("y",))
    assert settings.spec is None
    assert (settings.layers, settings.classes) == (("x",), ("y",))


def test_both_signs():
    assert ExplainSettings(sign="both").signs == ("pos", "neg")
    assert ExplainSettings(sign="neg").signs == ("neg",)


def test_options_are_those_of_a_layer_a_sign_and_the_runs_seed():
    groups = FeatureGroupOptions(grouping="NMF", n_groups=3, layer="elsewhere", seed=1)
    options = ExplainSettings(groups=groups, seed=9).options("mixed4d", "neg")
    assert options == FeatureGroupOptions(
        grouping="NMF", n_groups=3, layer="mixed4d", sign="neg", seed=9
    )


def test_icons_are_the_networks_own_but_for_what_was_asked():
    own = IconOptions(steps=64, size=128, decay=2.0)
    assert ExplainSettings().icons(own) == own
    changed = ExplainSettings(icon_changes={"size": 64}).icons(own)
    assert changed == IconOptions(steps=64, size=64, decay=2.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attribution": "shap"}, "Unknown attribution 'shap'. Closest: Shap"),
        ({"attribution_steps": 0}, "Expected attribution_steps to be a whole number >= 1, .* 0"),
        ({"grouping": "FactorAnalisys"}, "Unknown grouping .*Closest: FactorAnalysis"),
        ({"grouping": "SparseCoder"}, "SparseCoder cannot group channels: it needs a dictionary"),
        ({"grouping": "OPTICS", "n_groups": 3}, "OPTICS finds the number of groups itself"),
        ({"n_groups": 0}, "Expected n_groups to be a whole number >= 1, received 0"),
        ({"explained_variance": 1.0}, "Expected explained_variance between 0 and 1, received 1"),
        ({"heat_maps": "activations"}, "Unknown heat_maps 'activations'. Closest: activation"),
        ({"cut": 1.0}, "Expected cut from 0 to below 1, received 1"),
        (
            {"heat_maps": "activation", "show_against": True},
            "Expected show_against with maps of attributions only",
        ),
    ],
)
def test_groups_that_cannot_be_used(options, message):
    with pytest.raises(InputError, match=message) as error:
        ExplainSettings(groups=FeatureGroupOptions(**options))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dtype": "float64"}, "Unknown icon_dtype 'float64'"),
        ({"steps": 0}, "Expected icon_steps to be a whole number >= 1, received 0"),
        ({"size": 8}, "Expected icon_size to be a whole number >= 16, received 8"),
        ({"size": 65}, "Expected icon_size to be even, received 65. Closest: 66"),
        ({"size": 100_000}, "Expected icon_size to be at most 4096, received 100000"),
        ({"batch_size": 0}, "Expected icon_batch_size to be a whole number >= 1, received 0"),
        ({"learning_rate": 0.0}, "Expected icon_learning_rate above 0, received 0.0"),
        ({"decay": float("nan")}, "Expected icon_decay above 0, received nan"),
        ({"parameterisation": "pixels"}, "Unknown icon_parameterisation 'pixels'"),
        ({"transforms": "papers"}, "Unknown icon_transforms 'papers'. Closest: paper"),
    ],
)
def test_icons_that_cannot_be_used(changes, message):
    with pytest.raises(InputError, match=message) as error:
        ExplainSettings(icon_changes=changes)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sign": "positive"}, "Unknown sign 'positive'.*pos, neg, both"),
        ({"seed": -1}, "Expected seed"),
        ({"classes": ("egyptian catt",)}, "Unknown class 'egyptian catt'. Closest: Egyptian cat"),
    ],
)
def test_what_cannot_be_used(options, message):
    with pytest.raises(InputError, match=message) as error:
        ExplainSettings(**options)
    assert "\n" not in str(error.value)
