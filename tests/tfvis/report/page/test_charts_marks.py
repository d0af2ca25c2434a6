"""Marks with their ranges, and histograms."""

import math

import numpy as np

from tfvis.report.page.charts import Spread, Step, bars, histogram, marks, plot, waterfall


def test_marks_and_their_ranges_are_on_one_scale_with_zero_on_it():
    found = marks([Spread("a", 1.0, 0.5, 3.0), Spread("b", -1.0)])
    # From -1 to 3.
    assert [(own.place, own.start, own.end, own.zero) for own in found] == [
        (50, 37.5, 100, 25), (0, 0, 0, 25),
    ]  # fmt: skip
    assert math.isnan(found[1].low)


def test_the_scale_of_marks_can_be_wider_than_they_are():
    (found,) = marks([Spread("a", 0.5)], most=1.0)
    assert (found.place, found.zero) == (50, 0)


def test_a_range_with_an_end_that_is_not_finite_is_none():
    (found,) = marks([Spread("a", 0.5, -math.inf, 1.0)], most=1.0)
    assert (found.place, found.start, found.end) == (50, 50, 50)
    assert marks([Spread("a", math.nan)])[0].place == 0


def test_columns_count_as_numpy_does():
    rng = np.random.default_rng(0)
    first, second = rng.random(50), np.array([0.0, 1.0, 1.0, np.nan])
    edges = np.linspace(0, 1, 11)
    found = histogram([("a", first), ("b", second)], edges)
    counts = [np.histogram(own, edges)[0] for own in (first, second[:3])]
    assert [own.count for own in found.columns] == [*counts[0], *counts[1]]
    assert found.most == max(counts[0].max(), 2)
    assert found.labels == ("a", "b")


def test_columns_stand_on_the_ground_beside_each_other():
    found = histogram([("a", [0.1, 0.2]), ("b", [0.1])], [0, 0.5, 1]).columns
    first, second = found[0], found[2]
    assert (first.low, first.high, first.number) == (0, 0.5, 0)
    assert (first.top, first.height) == (0, 100)
    assert (second.top, second.height) == (50, 50)
    assert first.left > 0
    np.testing.assert_allclose(first.left + first.width, second.left)
    assert second.left + second.width < 50
    assert found[1].height == 0


def test_a_histogram_of_nothing_has_no_columns():
    assert histogram([], [0, 1]).columns == ()
    assert histogram([("a", [])], [0, 1]).columns[0].height == 0


def test_the_largest_numbers_that_there_are_can_be_drawn():
    most = float(np.finfo(np.float64).max)
    (line,) = plot([("loss", [0, 1, 2], np.array([-most, 0, most]))]).lines
    assert line.points == "0.00,100.00 50.00,50.00 100.00,0.00"
    found = waterfall([Step("a", most, "for"), Step("b", most, "for")], Step("sum", 0.0, "total"))
    assert (found[0].start, found[0].end) == (0, 100)
    assert [own.end for own in bars([Step("a", most, "for"), Step("b", -most, "for")])] == [100, 50]
