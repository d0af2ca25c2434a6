"""What became of a group of features."""

import numpy as np
import pytest

from tfvis.explainers.compared import KINDS, ChangedGroup


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (4.0, 1.0, "lost"),
        (4.0, -2.0, "lost"),
        (4.0, 3.0, "weakened"),
        (4.0, 3.3, "kept"),
        (4.0, 4.9, "kept"),
        (4.0, 6.0, "strengthened"),
        (1.0, 4.0, "gained"),
        (-2.0, 4.0, "gained"),
        (-4.0, -4.1, "kept"),
        (-1.0, -4.0, "weakened"),
        (-4.0, -1.0, "strengthened"),
        (0.0, 0.0, "kept"),
    ],
)
def test_the_kind_of_a_change(before, after, kind):
    group = ChangedGroup(
        name="group 0", channels=np.arange(2), before=before, after=after, weights=np.ones(4)
    )
    assert group.kind == kind
    assert kind in KINDS
    assert group.change == after - before
