"""Text that fits: widths, and where it is cut or broken."""

import pytest

from tfvis.utils.typesetting import cut, font, lines, measured, one_line


def test_widths_grow_with_the_letters_and_do_not_read_formulas():
    assert measured("cats", 200) == pytest.approx(2 * measured("cats", 100), abs=2)
    assert measured("cats", 100, bold=True) > measured("cats", 100)
    assert measured("$x^2$", 100) > measured("x2", 100)  # its dollars are letters


def test_a_font_has_as_many_points_as_pixels_at_a_hundred_an_inch():
    assert font(100).get_size_in_points() == 72
    assert font(100, bold=True).get_weight() == "bold"


@pytest.mark.parametrize("room", [200, 400, 900])
def test_text_that_is_too_long_is_cut_to_the_room(room):
    text = "a class with a long name"
    found = cut(text, room, 50)
    assert measured(found, 50) <= room
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]))


def test_lines_hold_all_words_and_fit():
    text = "one two three four five six"
    found = lines(text, 300, 50, most=9)
    assert " ".join(found) == text
    assert len(found) > 1
    assert all(measured(line, 50) <= 300 for line in found)


def test_more_lines_than_allowed_end_in_dots():
    assert lines("one two three four five six", 200, 50, most=2)[-1].endswith("…")
    assert lines("", 200, 50, most=2) == []


def test_line_breaks_and_bytes_that_are_no_text_can_be_drawn():
    assert one_line("two\nlines\t \udcff") == "two lines ?"
