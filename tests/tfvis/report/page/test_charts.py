"""Bars and lines lie where their numbers say."""

import numpy as np
import pytest

from tfvis.report.page.charts import Step, bars, plot, waterfall


def test_each_bar_begins_where_the_one_before_ended():
    found = waterfall(
        [Step("a", 2.0, "for"), Step("b", 3.0, "for"), Step("c", -4.0, "against")],
        Step("sum", 1.0, "total"),
    )
    # From 0 to 5 in all.
    assert [(own.start, own.end) for own in found] == [(0, 40), (40, 100), (20, 100), (0, 20)]
    assert [own.value for own in found] == [2.0, 3.0, -4.0, 1.0]


def test_a_total_that_is_not_the_sum_shows():
    *_, total = waterfall([Step("a", 2.0, "for")], Step("sum", 1.0, "total"))
    assert (total.start, total.end) == (0, 50)


def test_zero_is_inside_a_range_of_negative_numbers():
    (found,) = bars([Step("a", -3.0, "rest")])
    assert (found.start, found.end, found.zero) == (0, 100, 100)


def test_bars_share_a_scale():
    found = bars([Step("a", 3.0, "for"), Step("b", -1.0, "against")])
    assert [(own.start, own.end, own.zero) for own in found] == [(25, 100, 25), (0, 25, 25)]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_has_no_length(value):
    found = bars([Step("a", value, "for"), Step("b", 1.0, "for")])
    assert found[0].start == found[0].end


def test_nothing_but_zeros():
    (found,) = bars([Step("a", 0.0, "for")])
    assert (found.start, found.end) == (0, 0)


def test_lines_share_a_box():
    found = plot([("a", [0, 10], [0.0, 1.0]), ("b", [5, 10], [0.5, np.nan])])
    assert [line.points for line in found.lines] == ["0.00,100.00 100.00,0.00", "50.00,50.00"]
    assert (found.x, found.y) == ((0, 10), (0, 1))


def test_a_long_line_keeps_its_ends():
    (line,) = plot([("a", np.arange(5000), np.arange(5000))]).lines
    points = line.points.split()
    assert len(points) == 400
    assert (points[0], points[-1]) == ("0.00,100.00", "100.00,0.00")


def test_no_lines():
    assert plot([]).lines == ()
