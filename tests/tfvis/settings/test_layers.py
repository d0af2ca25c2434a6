"""What `tfvis layers` is asked."""

from pathlib import Path

import pytest

from tfvis.explainers.options import LayerSurveyOptions
from tfvis.settings.layers import LayersSettings
from tfvis.utils.errors import InputError


def test_the_seed_is_that_of_the_run():
    survey = LayerSurveyOptions(n_groups=4)
    settings = LayersSettings(survey=survey, seed=7)
    assert settings.options == LayerSurveyOptions(n_groups=4, seed=7)


def test_names_are_checked_before_anything_is_loaded():
    assert LayersSettings(model="critters", classes=("dog",)).class_indices
    for wrong, message in (
        ({"classes": ("dgo",)}, "Unknown class 'dgo'"),
        ({"layers": ("mixed4x",)}, "Unknown layer 'mixed4x'"),
        ({"name": " "}, "Expected name to have a letter or more"),
    ):
        with pytest.raises(InputError, match=message):
            LayersSettings(model="critters", **wrong)


def test_all_layers_are_looked_at_where_none_is_named():
    from tfvis.models import spec_of

    spec = spec_of("critters")
    assert LayersSettings(model="critters").fitted(spec).layers == spec.layers
    assert LayersSettings(layers=("mixed4d",)).fitted(spec).layers == ("mixed4d",)


@pytest.mark.parametrize("beside", [{"images": (Path("a.png"),)}, {"classes": (1,)}])
def test_the_structure_alone_needs_no_image_and_no_class(beside):
    with pytest.raises(InputError, match="Expected no image and no class beside --structure-only"):
        LayersSettings(structure_only=True, **beside)
