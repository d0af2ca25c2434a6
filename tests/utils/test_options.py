from dataclasses import dataclass, fields

import pytest

from tfvis.utils.errors import InputError
from tfvis.utils.options import changed, option


@dataclass(frozen=True)
class Own:
    steps: int = option(3, "how many steps", metavar="N")
    name: str | None = option(None, "what it is called", shown="the file's name")

    def __post_init__(self):
        if self.steps < 1:
            raise InputError("Expected steps of at least 1.")


def test_a_field_knows_its_default_and_its_help():
    assert Own() == Own(3, None)
    steps, name = (field.metadata for field in fields(Own))
    assert steps == {"help": "how many steps", "metavar": "N", "shown": None}
    assert name == {
        "help": "what it is called", "metavar": "VALUE", "shown": "the file's name"
    }  # fmt: skip


def test_changes_are_made_to_what_is_given_or_to_the_defaults():
    assert changed(Own, None, {}) == Own()
    assert changed(Own, None, {"steps": 5}) == Own(5)
    given = Own(2, "mine")
    assert changed(Own, given, {"steps": 5}) == Own(5, "mine")
    assert given == Own(2, "mine")


@pytest.mark.parametrize("given", [None, Own()])
def test_what_cannot_be_changed(given):
    with pytest.raises(InputError, match="Unknown option 'step'. Closest: steps"):
        changed(Own, given, {"step": 5})
    with pytest.raises(InputError, match="Expected steps of at least 1"):
        changed(Own, given, {"steps": 0})
