"""A row of a batch's index goes to JSON and back; anything else in its place is refused."""

import json
import re
from dataclasses import fields

import pytest
from batch_pages import made_row, unread_row

from tfvis.report.batch_rows import BatchRow
from tfvis.utils.errors import InputError

TEXTS = (
    "label", "answer", "class_name", "explainer", "layer", "sign", "folder", "picture", "problem",
    "notes",
)  # fmt: skip
NUMBERS = ("answer_logit", "logit", "probability", "gap", "seconds")
COUNTS = ("class_index", "rank")
FULL = made_row(0, problem="It is out of memory.", notes="Two\nlines.")


def changed(**cells):
    """A full row as JSON, with other cells."""
    return {**json.loads(json.dumps(FULL.as_json())), **cells}


@pytest.mark.parametrize("row", [FULL, made_row(1), unread_row(2), BatchRow(image="", name="é\n")])
def test_a_row_goes_through_json_unchanged(row):
    assert BatchRow.of_json(json.loads(json.dumps(row.as_json()))) == row


def test_the_fields_of_these_tests_are_all_there_are():
    every = {"image", "name", "scores", "channels", *TEXTS, *NUMBERS, *COUNTS}
    assert {own.name for own in fields(BatchRow)} == every
    assert None not in vars(FULL).values()


@pytest.mark.parametrize("name", [*TEXTS, *NUMBERS, *COUNTS])
def test_what_is_not_known_may_be_none(name):
    assert getattr(BatchRow.of_json(changed(**{name: None})), name) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("image", "name") for value in (None, 1, True, ["a"], {})),
        *((name, value) for name in TEXTS for value in (1, 1.5, True, ["a"], {})),
        *((name, value) for name in NUMBERS for value in ("1", True, False, [1.0], {})),
        *((name, value) for name in COUNTS for value in ("1", 1.0, True, False, [1], {})),
        *(("scores", value) for value in (None, 1.0, "12", {}, ["1"], [1.0, None], [True], [[]])),
        *(("channels", value) for value in (None, 1, "12", {}, ["1"], [1.0], [1, None], [False])),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_name(name, value):
    told = f"Expected {name} of a batch's row to be "
    with pytest.raises(InputError, match=re.escape(told)) as error:
        BatchRow.of_json(changed(**{name: value}))
    assert str(error.value).endswith(f", received {value!r}.")
    assert "\n" not in str(error.value)


def test_whole_numbers_stand_for_numbers():
    cells = dict.fromkeys(NUMBERS, 2)
    row = BatchRow.of_json(changed(**cells, scores=[1, 2.5]))
    assert [getattr(row, name) for name in NUMBERS] == [2] * len(NUMBERS)
    assert row.scores == (1, 2.5)


@pytest.mark.parametrize("name", [own.name for own in fields(BatchRow)])
def test_a_row_without_one_of_its_fields_is_refused(name):
    left = changed()
    del left[name]
    with pytest.raises(InputError, match=r"^Expected a row of a batch, received "):
        BatchRow.of_json(left)


@pytest.mark.parametrize("found", [changed(colour="red"), {}, [], None, "row", 3, [changed()]])
def test_what_is_no_row_is_refused(found):
    with pytest.raises(InputError, match=r"^Expected a row of a batch, received ") as error:
        BatchRow.of_json(found)
    assert len(str(error.value)) < 120  # whatever there is instead


@pytest.mark.parametrize(
    ("name", "value"),
    [("class_index", 10**30), ("channels", [10**30]), ("logit", 10**400), ("gap", float("nan")),
     ("scores", [float("inf")])],
)  # fmt: skip
def test_numbers_that_no_table_can_hold_are_refused(name, value):
    found = BatchRow(image="a.png", name="a").as_json()
    with pytest.raises(InputError, match=f"Expected {name} of a batch's row"):
        BatchRow.of_json({**found, name: value})
