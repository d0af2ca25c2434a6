"""Masks whose step ended early, beside those of fewer iterations, and one image beside others."""

import numpy as np
import pytest

from tfvis.explainers.guided_inversion import GuidedFeatureInversion, InversionOptions
from tfvis.utils import number_formats

TERMS = {
    "iterations": (3, 40), "patience": 3, "start": 0.4, "penalties": (0.1, 0.1), "score": "logit",
}  # fmt: skip


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    scale = np.linspace(0.2, 1, 5, dtype=np.float32)[:, np.newaxis, np.newaxis, np.newaxis]
    return scale * rng.random((5, 24, 24, 3), np.float32)


@pytest.mark.slow
def test_images_settle_one_by_one_as_they_do_alone(net, pictures):
    classes = [0, 1, 2, 3, 0]
    own = {"tolerance": 0.02, **TERMS}
    whole, alone = (
        GuidedFeatureInversion(net, "base", "deep", batch_size=size, **own).explain(
            pictures, classes
        )
        for size in (5, 1)
    )
    counts = [found.iterations for found in whole]
    assert len(set(counts)) > 1
    assert max(counts) < 40
    for one, other in zip(whole, alone, strict=True):
        assert one.iterations == other.iterations
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-4)
        np.testing.assert_allclose(one.losses, other.losses, rtol=1e-3, atol=1e-5)
    # Ended by the tolerance or by the number of iterations: the same mask.
    k = int(np.argmin(counts))
    terms = {**TERMS, "iterations": (3, counts[k])}
    fewer = GuidedFeatureInversion(net, "base", "deep", tolerance=0.0, **terms)
    (found,) = fewer.explain(pictures[k : k + 1], classes[k : k + 1])
    np.testing.assert_allclose(whole[k].mask, found.mask, atol=1e-4)


def test_auto_stands_for_the_fastest_format(net, monkeypatch):
    assert InversionOptions().dtype == "auto"
    for dtype in ("float32", "bfloat16"):
        told = number_formats.NumberFormat(dtype, "for a test")
        monkeypatch.setattr(number_formats, "_of_device", lambda told=told: told)
        assert GuidedFeatureInversion(net, "base", "deep").options.dtype == dtype
        assert GuidedFeatureInversion(net, "base", "deep", dtype="float32").options.dtype == (
            "float32"
        )
