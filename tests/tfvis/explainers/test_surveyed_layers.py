"""The result of a survey: its table, its picture, and what does not fit together."""

from dataclasses import replace

import numpy as np
import pytest

from tfvis.explainers.layer_evidence import LayerEvidence
from tfvis.explainers.layer_recommendation import Recommendation
from tfvis.explainers.layer_table import percent, signed
from tfvis.explainers.surveyed_layers import LayerSurvey
from tfvis.utils.errors import InputError
from tfvis.utils.layer_facts import LayerStructure

LAYERS = (
    LayerStructure(
        layer="first", shape=(28, 28, 64), receptive_field=(7, 7), field_by="computed",
        multiply_adds=10, work=0.045,
    ),
    LayerStructure(
        layer="second", shape=(14, 14, 128), receptive_field=(59, 31), field_by="measured",
        multiply_adds=80, work=0.4,
    ),
    LayerStructure(
        layer="third", shape=(7, 7, 256), receptive_field=None, field_by=None, multiply_adds=None,
        work=None,
    ),
)  # fmt: skip


def evidence(**changes):
    given = {
        "channels": 0.72, "groups": 0.5, "area": 0.014, "group_area": 0.01, "n_selected": 9,
        "n_groups": 4, "total": 5.0, "gap": -0.001, "signed_map": np.eye(4, dtype=np.float32),
    }  # fmt: skip
    return LayerEvidence(**given | changes)


@pytest.fixture
def structure():
    return LayerSurvey(network="net", input_size=(32, 32), layers=LAYERS)


@pytest.fixture
def survey():
    return LayerSurvey(
        network="net",
        input_size=(32, 32),
        layers=LAYERS,
        evidence=(evidence(), evidence(gap=0.25), evidence(groups=None, group_area=None)),
        recommendation=Recommendation(layer="second", reason="so it is", agreement=(0.9, 1, 0.25)),
        image=np.full((32, 32, 3), 0.5, np.float32),
        class_index=3,
        label="dog",
        logit=4.5,
    )


def test_the_table_says_what_is_known(structure):
    assert structure.rows() == [
        ("layer", "size", "sees", "work"),
        ("first", "28 x 28 x 64", "7", "4.5 %"),
        ("second", "14 x 14 x 128", "≥ 59 x 31", "40 %"),
        ("third", "7 x 7 x 256", "not known", "not known"),
    ]
    assert structure.notes()[1].endswith("≥ where measured by gradients")


def test_the_table_of_an_image_says_what_each_layer_carries(survey):
    head, first, second, third = survey.rows()
    assert head[4:] == ("10 channels", "3 groups", "area", "agrees", "gap", "")
    assert first[4:] == ("72 %", "50 %", "1.4 %", "0.90", "+0.00", "")
    assert second[4:] == ("72 %", "50 %", "1.4 %", "1.00", "+0.25", "recommended")
    assert third[5] == "none"
    assert survey.notes()[-1] == "Recommended: second, since so it is."


@pytest.mark.parametrize(
    ("share", "words"), [(None, "not known"), (0, "0.0 %"), (0.0996, "10.0 %"), (1, "100 %")]
)
def test_small_shares_have_a_decimal(share, words):
    assert percent(share) == words


def test_a_gap_that_rounds_to_nothing_has_no_minus():
    assert [signed(value) for value in (-0.001, 0.0, -0.02)] == ["+0.00", "+0.00", "-0.02"]


def test_layers_are_found_by_name(survey, structure):
    assert survey.structure_of("second") is LAYERS[1]
    assert survey.evidence_of("second").gap == 0.25
    with pytest.raises(InputError, match="Unknown layer 'secnd'.*second"):
        survey.structure_of("secnd")
    with pytest.raises(InputError, match="Expected a survey of an image, received one without"):
        structure.evidence_of("second")


def test_a_table_of_pandas_has_the_numbers(survey, structure):
    table = survey.to_dataframe().set_index("layer")
    assert table.field_width.tolist()[:2] == [7, 31]
    assert table.recommended.tolist() == [False, True, False]
    assert table.agreement["third"] == 0.25
    assert table.work.isna().tolist() == [False, False, True]
    assert list(structure.to_dataframe()) == list(table.reset_index())[:9]


def test_the_picture_has_a_row_a_layer(survey, structure):
    for own in (survey, structure):
        picture = own.sheet()
        assert picture.dtype == np.float32
        assert 0 <= picture.min() < picture.max() <= 1
        why = own.recommendation and replace(own.recommendation, agreement=(1.0,))
        one = replace(
            own, layers=LAYERS[1:2], evidence=own.evidence[1:2], recommendation=why
        )  # fmt: skip
        fewer = one.sheet()
        assert fewer.shape[1] == picture.shape[1]
        row = (picture.shape[0] - fewer.shape[0]) / 2
        assert row == (104 if own.evidence else 44)


def test_the_picture_marks_the_recommended_layer(survey):
    other = replace(survey, recommendation=replace(survey.recommendation, layer="first"))
    marked = [np.argwhere(_yellow(own.sheet()).any(axis=1)) for own in (survey, other)]
    assert marked[0].min() - marked[1].min() == 104


def _yellow(picture):
    return np.abs(picture - np.array([255, 243, 208]) / 255).max(axis=-1) < 0.01


def test_a_figure_is_the_picture(survey):
    figure = survey.plot()
    height, width = survey.sheet().shape[:2]
    assert figure.get_size_inches().tolist() == [width / 100, height / 100]


def test_names_of_any_kind_can_be_drawn(survey):
    layers = (replace(LAYERS[0], layer="$x_1$ " + 90 * "lang"), *LAYERS[1:])
    assert (
        replace(survey, layers=layers, label="犬 $\\alpha$").sheet().shape == survey.sheet().shape
    )


def test_a_survey_says_what_it_is(survey, structure):
    assert repr(survey) == "LayerSurvey('net', 3 layers, label='dog', recommended='second')"
    assert repr(structure) == "LayerSurvey('net', 3 layers)"
    assert survey == replace(survey)
    assert survey != replace(survey, logit=4.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": ()}, "Expected a survey of at least one layer"),
        ({"evidence": (evidence(),)}, "Expected evidence of each of 3 layers, received that of 1"),
        ({"label": None}, "Expected evidence, a recommendation, an image and a class together"),
        ({"evidence": ()}, "Expected evidence, a recommendation, an image and a class together"),
    ],
)
def test_what_does_not_fit_together_is_refused(survey, changes, message):
    with pytest.raises(InputError, match=message):
        replace(survey, **changes)
