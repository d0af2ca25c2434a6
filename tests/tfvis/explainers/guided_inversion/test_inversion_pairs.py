"""Step 1 of guided inversion asked for pairs of an image and a class; what is remembered of it."""

import numpy as np

from tfvis.explainers.guided_inversion import GuidedFeatureInversion
from tfvis.utils.memory import Memory

QUICK = {"iterations": (2, 1)}


def test_images_that_are_dropped_meanwhile_are_not_missed(net, batch, monkeypatch):
    inversion = GuidedFeatureInversion(net, "base", "deep", step=1, **QUICK)
    monkeypatch.setattr(net, "_memory", Memory())
    (first,) = inversion.explain(batch[:1], [0])
    # Room for one image: the second one's mask takes the place of the first one's.
    monkeypatch.setattr(net, "_memory", Memory(limit=int(1.5 * net.memory._size)))
    inversion.explain(batch[:1], [0])
    assert len(net.memory) == 1
    found = inversion.explain([batch[1], 1 - batch[1], batch[0]], [0, 1, 2])
    assert len(net.memory) == 1
    np.testing.assert_allclose(found[2].map, first.map, atol=1e-5)
    assert [own.class_index for own in found] == [0, 1, 2]
