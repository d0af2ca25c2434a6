"""How many objects are missed, at which α."""

from dataclasses import replace

import numpy as np

from tfvis.evaluation.box_results import BoxLocalisation, LocatedObject


def result(overlaps):
    overlaps = np.asarray(overlaps, np.float64)
    n, alphas = overlaps.shape
    objects = tuple(LocatedObject("a", (1, 1), 0, "red", np.ones((1, 4)), 0.0) for _ in range(n))
    boxes = np.arange(n * alphas * 4.0).reshape(n, alphas, 4)
    return BoxLocalisation(
        tuple(range(alphas)), objects, {"m": overlaps}, {"m": boxes}, {"m": (None,) * n}
    )


def test_an_error_is_an_overlap_below_one_half():
    found = result([[0.5, 0.49, 1.0], [0.2, 0.9, 0.7]])
    np.testing.assert_array_equal(found.errors("m"), [0.5, 0.5, 0])
    assert found.best_alpha("m") == 2
    np.testing.assert_array_equal(found.best_overlaps("m"), [1.0, 0.7])
    np.testing.assert_array_equal(found.best_boxes("m"), [[8, 9, 10, 11], [20, 21, 22, 23]])


def test_of_equal_errors_the_larger_overlap_is_best():
    assert result([[0.5, 0.9, 0.6], [0.1, 0.0, 0.4]]).best_alpha("m") == 2
    assert result([[0.6, 0.6]]).best_alpha("m") == 0


def test_a_table_has_a_row_an_object_and_method_at_its_best_alpha():
    found = result([[0.2, 0.75], [0.1, 0.25]])
    found.found["m"][1, 1] = np.nan
    rows = replace(found, problems={"m": (None, "it is silent")}).to_dataframe()
    assert rows.alpha.tolist() == [1, 1]
    assert rows.overlap.tolist() == [0.75, 0.25]
    assert rows.found.tolist() == [True, False]
    assert rows[["left", "top", "right", "bottom"]].iloc[0].tolist() == [4, 5, 6, 7]
    assert rows.left.isna().tolist() == [False, True]
    assert rows.problem.isna().tolist() == [True, False]
    assert 1 - rows.found.mean() == found.errors("m").min()


def test_the_picture_has_a_row_a_method():
    one = result([[0.2, 0.75]])
    two = replace(one, **{name: {"m": own["m"], "n": own["m"]} for name, own in (
        ("overlaps", one.overlaps), ("found", one.found), ("problems", one.problems))})  # fmt: skip
    assert two.sheet().shape[0] > one.sheet().shape[0]
