import pytest

from tfvis.utils.errors import InputError, closest, require_count, unknown


def test_closest_ignores_case_and_keeps_the_spelling():
    assert closest("MIXED4d", ["mixed4a", "mixed4d", "conv"])[0] == "mixed4d"


def test_an_unknown_name_is_one_line_with_the_closest_and_all_choices():
    error = unknown("layer", "mixed4z", ["mixed4a", "pool"])
    assert isinstance(error, InputError)
    assert str(error) == (
        "Unknown layer 'mixed4z'. Closest: mixed4a. Expected one of: mixed4a, pool."
    )


def test_names_with_commas_between_are_not_one_name():
    assert str(unknown("layer", "mixed4a,pool", ["mixed4a", "pool"])).startswith(
        "Unknown layer 'mixed4a,pool'. Its 2 parts are names themselves: give each on its own."
    )


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", None])
def test_counts_are_whole_numbers_of_at_least_one(value):
    with pytest.raises(InputError, match="Expected steps to be a whole number >= 1, received"):
        require_count("steps", value)


def test_a_hundred_choices_are_not_listed():
    message = str(unknown("layer", "conv5", [f"conv{k}" for k in range(100)]))
    assert "Expected one of 100, from conv0 to conv99." in message
    assert "conv42" not in message
