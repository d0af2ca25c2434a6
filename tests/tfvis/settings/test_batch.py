"""What `tfvis batch` is asked, checked without any heavy library."""

from dataclasses import fields
from pathlib import Path

import pytest

from tfvis.explainers.options import FeatureGroupOptions, GradCamOptions
from tfvis.explainers.registry import method_of, methods
from tfvis.models import spec_of
from tfvis.settings.batch import GROUPS, BatchSettings
from tfvis.utils.errors import InputError
from tfvis.utils.memory_bounds import memory_size

NAMES = "; ".join(own.name for own in methods())


def fitted(model="critters", **options):
    return BatchSettings(model=model, **options).fitted(spec_of(model))


def refused(**options):
    with pytest.raises(InputError) as error:
        BatchSettings(**options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_defaults():
    settings = BatchSettings()
    assert settings.explainers == (GROUPS,)
    assert settings.output == Path("generated/batch")
    assert (settings.top, settings.backend, settings.workers, settings.part) == (None,) * 4
    assert settings.groups == FeatureGroupOptions()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"backend": "lokky"},
            "Unknown backend 'lokky'. Closest: loky. Expected one of: serial, loky, dask, ray.",
        ),
        (
            {"address": "tcp://a:1"},
            "Expected --address with --backend dask or ray, received 'tcp://a:1' with no "
            "--backend.",
        ),
        (
            {"address": "tcp://a:1", "backend": "loky"},
            "Expected --address with --backend dask or ray, received 'tcp://a:1' with loky.",
        ),
        (
            {"backend": "dask"},
            "Expected --address with --backend dask: that of the scheduler, such as "
            "tcp://127.0.0.1:8786.",
        ),
        *(
            (
                {"backend": "dask", "address": address},
                "Expected --address to be like tcp://127.0.0.1:8786 with --backend dask, received "
                f"{address!r}.",
            )
            for address in ("a:1", "http://a:1", "tcp://", "", "tcp://a\n")
        ),
        (
            {"backend": "loky", "workers": 1},
            "Expected 2 or more --workers with --backend loky, received 1: choose serial.",
        ),
        (
            {"backend": "serial", "workers": 4},
            "Expected no --workers with --backend serial, received 4: one process does it all. "
            "Choose loky.",
        ),
        ({"workers": 0}, "Expected workers to be a whole number >= 1, received 0."),
        ({"workers": -2}, "Expected workers to be a whole number >= 1, received -2."),
        ({"top": 0}, "Expected top to be a whole number >= 1, received 0."),
        ({"top": 2, "classes": ("dog",)}, "Expected --classes or --top, received both."),
        ({"shard": "3/2"}, "Expected a shard like 2/8, received '3/2'."),
        ({"shard": "0/2"}, "Expected a shard like 2/8, received '0/2'."),
        ({"shard": "half"}, "Expected a shard like 2/8, received 'half'."),
        ({"name": " "}, "Expected name to have a letter or more, received ' '."),
        (
            {"explainers": ("grad-cam", "uniform"), "render_icons": True},
            "Expected --render-icons with the explainer groups, received --explainers "
            "Grad-CAM; uniform.",
        ),
        (
            {"icon_changes": {"steps": 4}},
            "Expected --icon-steps with --render-icons, without which there are none.",
        ),
        (
            {"explainers": ("Grad-CAMM",)},
            "Unknown explainer 'Grad-CAMM'. Closest: Grad-CAM; Grad-CAM, cut; Grad-CAM, last "
            f"layer. Expected one of: groups; {NAMES}.",
        ),
        (
            {"explainers": ("zzzz",)},
            f"Unknown explainer 'zzzz'. Expected one of: groups; {NAMES}.",
        ),
    ],
)
def test_what_cannot_be_used(options, message):
    assert refused(**options) == message


def test_a_misspelt_groups_is_close_to_groups():
    told = refused(explainers=("group",))
    assert told.startswith("Unknown explainer 'group'. Closest: groups")


@pytest.mark.parametrize(
    "options",
    [
        {"backend": "serial", "workers": 1},
        {"backend": "loky", "workers": 2},
        {"backend": "loky"},
        {"backend": "ray"},
        {"backend": "ray", "address": "auto"},
        {"backend": "dask", "address": "tls://scheduler:8786", "workers": 1},
        {"workers": 3},
        {"top": 3},
        {"shard": "1/1"},
        {"render_icons": True, "icon_changes": {"steps": 4}},
    ],
)
def test_what_goes_together(options):
    assert {name: getattr(BatchSettings(**options), name) for name in options} == options


def test_explainers_are_taken_once_however_they_are_spelt():
    settings = BatchSettings(explainers=("GROUPS", "grad-cam", "Grad CAM", "groups"))
    assert settings.explainers == ("groups", "Grad-CAM")


def test_a_shard_has_a_number_and_a_count():
    assert BatchSettings(shard="02/8").part == (2, 8)
    assert BatchSettings(model="critters", shard="02/8").deciding()["--shard"] == "2/8"


def test_the_batch_is_called_like_its_folder_or_manifest(tmp_path):
    (tmp_path / "my photos.old").mkdir()
    assert BatchSettings(images=(tmp_path / "my photos.old",)).title == "my photos.old"
    assert BatchSettings(images=(tmp_path / "pets.csv",)).title == "pets"
    assert BatchSettings(images=(tmp_path / "pets.csv",), name="mine").title == "mine"
    assert BatchSettings(images=(Path("/"),)).title == "images"


def test_images_must_be_there(tmp_path):
    with pytest.raises(InputError) as error:
        BatchSettings(output=tmp_path).require_files()
    assert str(error.value) == "Expected images, folders, or a manifest (.csv), received none."
    gone = tmp_path / "gone.csv"
    with pytest.raises(InputError) as error:
        BatchSettings(output=tmp_path, images=(tmp_path, gone)).require_files()
    assert str(error.value) == f"No image, folder or manifest {str(gone)!r}."
    gone.touch()
    BatchSettings(output=tmp_path, images=(tmp_path, gone)).require_files()


# Which explainers there are


def layers_and_signs(settings):
    return [(own.name, own.layer, own.sign) for own in settings.chosen()]


def test_explainers_of_channels_look_at_each_layer_for_each_sign():
    one, other = spec_of("critters").layers[-2:]
    settings = fitted(layers=(one, other), sign="both", explainers=("groups", "best channel"))
    assert layers_and_signs(settings) == [
        (name, layer, sign)
        for name in ("groups", "best channel")
        for layer in (one, other)
        for sign in ("pos", "neg")
    ]


def test_explainers_without_layers_or_signs_explain_once():
    one, other = spec_of("critters").layers[-2:]
    settings = fitted(
        layers=(one, other), sign="both",
        explainers=("layer integrated gradients", "Grad-CAM", "uniform", "Grad-CAM, last layer"),
    )  # fmt: skip
    assert layers_and_signs(settings) == [
        ("layer integrated gradients", one, None),
        ("layer integrated gradients", other, None),
        ("Grad-CAM", one, None),
        ("Grad-CAM", other, None),
        ("uniform", None, None),
        ("Grad-CAM, last layer", None, None),
    ]


def test_grad_cam_has_its_own_layer_unless_layers_are_named():
    default = fitted(explainers=("groups", "Grad-CAM"))
    assert default.layers == tuple(spec_of("critters").default_layers)
    assert layers_and_signs(default)[-1] == ("Grad-CAM", None, None)
    layer = spec_of("critters").layers[0]
    assert layers_and_signs(fitted(explainers=("Grad-CAM",), layers=(layer,))) == [
        ("Grad-CAM", layer, None)
    ]


def test_the_options_of_groups_reach_them_and_others_keep_their_defaults():
    groups = FeatureGroupOptions(
        heat_maps="activation", cut=0.5, n_groups=3, attribution_steps=7, grouping="NMF",
        colormap="red",
    )  # fmt: skip
    settings = fitted(groups=groups, explainers=("groups", "Grad-CAM", "all groups"), seed=9)
    of_groups, grad_cam, preset = settings.chosen()
    layer = spec_of("critters").default_layers[0]
    assert of_groups.options == settings.options(layer, "pos")
    assert of_groups.options.heat_maps == "activation"  # which "all groups" would fix
    assert (of_groups.options.seed, of_groups.options.n_groups) == (9, 3)
    assert grad_cam.options == GradCamOptions()  # whose own `cut` is another one
    assert preset.options.heat_maps == "attribution"
    assert preset.options.n_groups == 3


def test_every_explainer_of_the_registry_can_be_chosen():
    names = tuple(own.name for own in methods())
    chosen = fitted(explainers=names).chosen()
    assert [own.name for own in chosen] == list(names)
    for own in chosen:
        method = method_of(own.name)
        assert type(own.options) is method.options
        for name, value in method.fixed.items():
            assert getattr(own.options, name) == value


def test_to_name_several_default_layers_is_to_ask_grad_cam_for_all_of_them():
    layers = tuple(spec_of("critters_resnet").default_layers)
    assert len(layers) == 2
    left_out = fitted(model="critters_resnet", explainers=("Grad-CAM",))
    named = fitted(model="critters_resnet", explainers=("Grad-CAM",), layers=layers)
    assert (len(left_out.chosen()), len(named.chosen())) == (1, 2)
    assert left_out.deciding()["--layers"] == []
    assert named.deciding()["--layers"] == list(layers)


def test_to_name_the_one_default_layer_changes_nothing():
    (layer,) = spec_of("critters").default_layers
    named = fitted(layers=(layer,))
    assert named.deciding() == fitted().deciding()
    assert named.layers_to_name == fitted().layers_to_name == (layer,)


# What decides the results


CHANGES = {
    "--model": {"model": "critters_resnet"},
    "--explainers": {"explainers": ("groups", "uniform")},
    "--layers": {"layers": (spec_of("critters").layers[0],)},
    "--sign": {"sign": "both"},
    "--classes": {"classes": ("dog",)},
    "--top": {"top": 2},
    "--fit": {"fit": "squash"},
    "--seed": {"seed": 8},
    "--shard": {"shard": "1/2"},
    "--attribution": {"groups": {"attribution": "Shap"}},
    "--attribution-steps": {"groups": {"attribution_steps": 8}},
    "--rather-than": {"groups": {"rather_than": "cat"}},
    "--heat-maps": {"groups": {"heat_maps": "activation"}},
    "--cut": {"groups": {"cut": 0.5}},
    "--grouping": {"groups": {"grouping": "NMF"}},
    "--explained-variance": {"groups": {"explained_variance": 0.5}},
    "--n-groups": {"groups": {"n_groups": 3}},
    "--show-against": {"groups": {"show_against": True}},
    "--colormap": {"groups": {"colormap": "red"}},
}


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "--model"])
def test_each_option_that_decides_results_differs_by_its_own_name(name):
    changes = dict(CHANGES[name])
    if "groups" in changes:
        changes["groups"] = FeatureGroupOptions(**changes["groups"])
    before, after = fitted().deciding(), fitted(**changes).deciding()
    assert before.keys() == after.keys()
    assert [own for own in before if before[own] != after[own]] == [name]


def test_no_option_of_groups_is_left_out():
    of_groups = {f"--{own.name.replace('_', '-')}" for own in fields(FeatureGroupOptions)}
    given_as = {"--layer": "--layers"}
    assert {given_as.get(name, name) for name in of_groups} <= set(fitted().deciding())
    assert set(fitted().deciding()) == set(CHANGES)


def test_no_other_option_of_the_command_decides_results():
    """Those of the network are in its digest, those of icons beside them; the rest is how."""
    network = {
        "family", "weights", "value_range", "channel_order", "mean", "std", "input_size", "labels",
        "logits", "signature",
    }  # fmt: skip
    icons = {"render_icons", "icon_changes", "preset"}
    how = {
        "images", "backend", "workers", "address", "merge", "again", "name", "output",
        "layers_named", "device", "jit", "memory", "quiet",
    }  # fmt: skip
    deciding = {name.removeprefix("--").replace("-", "_") for name in fitted().deciding()}
    of_groups = {own.name for own in fields(FeatureGroupOptions)}
    every = {own.name for own in fields(BatchSettings)}
    assert every == network | icons | how | {"groups"} | (deciding - (of_groups - {"sign", "seed"}))


def test_what_decides_is_json():
    import json

    found = fitted(groups=FeatureGroupOptions(grouping=type("Mine", (), {}))).deciding()
    assert json.loads(json.dumps(found)) == found


def test_workers_share_the_memory():
    settings = BatchSettings(memory="9GB")
    shared = settings.for_workers(4)
    assert memory_size(shared.memory) == memory_size("9GB") // 4
    assert settings.for_workers(1) is settings
    assert BatchSettings().for_workers(4).memory is None
    assert memory_size(BatchSettings(memory="1MB").for_workers(8).memory) == memory_size("1MB")
