"""What commands that group features are asked."""

import pytest

from tfvis.explainers.options import FeatureGroupOptions
from tfvis.models import spec_of
from tfvis.settings.groups import GroupSettings
from tfvis.utils.errors import InputError


def test_names_become_indices_and_default_layers_are_filled_in():
    spec = spec_of("critters")
    settings = GroupSettings(
        model="critters", classes=("dog",), groups=FeatureGroupOptions(rather_than="cat")
    ).fitted(spec)
    assert settings.classes == (spec.labels.index("dog"),)
    assert settings.groups.rather_than == spec.labels.index("cat")
    assert settings.layers == tuple(spec.default_layers)


def test_a_class_is_not_contrasted_with_itself():
    with pytest.raises(InputError, match="Expected --rather-than to be another class than 'dog'"):
        GroupSettings(
            model="critters", classes=("dog",), groups=FeatureGroupOptions(rather_than="dog")
        )


def test_both_signs():
    assert GroupSettings(sign="both").signs == ("pos", "neg")
    assert GroupSettings(sign="neg").signs == ("neg",)
    with pytest.raises(InputError, match="Unknown sign 'up'"):
        GroupSettings(sign="up")
