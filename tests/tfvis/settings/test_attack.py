import pytest

from tfvis.attacks import FgsmOptions, PatchOptions, PgdOptions
from tfvis.models import spec_of
from tfvis.settings.attack import AttackSettings
from tfvis.utils.errors import InputError


def test_each_method_has_its_options():
    assert AttackSettings(gradient={"epsilon": 2}).options == FgsmOptions(epsilon=2)
    assert AttackSettings(method="pgd", seed=3).options == PgdOptions(seed=3)
    own = AttackSettings(method="patch", target=0, patch={"side": 9}, seed=3)
    assert own.options == PatchOptions(side=9, seed=3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "fsgm"}, "Closest: fgsm"),
        ({"gradient": {"steps": 3}}, "Expected --steps with --method pgd only"),
        ({"patch": {"side": 3}}, "Expected --patch-side with --method patch only"),
        ({"centre": (3, 3), "method": "pgd"}, "Expected --centre with --method patch only"),
        ({"method": "patch", "target": 1, "gradient": {"epsilon": 3}}, "--method fgsm or pgd only"),
        ({"method": "patch"}, "Expected target with --method patch"),
        ({"gradient": {"epsilon": 300}}, "from 1 to 255"),
    ],
)
def test_what_cannot_be_used_is_an_error(given, message):
    with pytest.raises(InputError, match=message):
        AttackSettings(**given)


def test_the_target_is_resolved_before_the_network_is_loaded():
    critters = spec_of("critters")
    assert AttackSettings(target="cat", model="critters").fitted(critters).target == (
        critters.labels.index("cat")
    )
    with pytest.raises(InputError, match="Closest: cat"):
        AttackSettings(target="cta", model="critters")


def test_images_to_train_on_must_be_there(tmp_path):
    settings = AttackSettings(
        method="patch", target=0, train=(tmp_path / "no.png",), model="critters", output=tmp_path
    )
    with pytest.raises(InputError, match=r"No image file .*no\.png"):
        settings.require_files()
