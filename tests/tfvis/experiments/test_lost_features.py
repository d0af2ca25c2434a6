"""What attacks take from an image's features."""

import numpy as np

from tfvis.critters import CLASSES
from tfvis.experiments import lost_features


def test_both_attacks_are_compared_with_the_image(subject):
    outcome = lost_features.run(subject)
    kinds = [(name, type(result).__name__) for name, result in outcome.results]
    assert kinds[0] == ("photo", "AdversarialSample")
    samples = {own.method: own for _, own in outcome.results if hasattr(own, "sample")}
    assert set(samples) == {"fgsm", "patch"}
    target = subject.net.top(subject.source, 6)[-1][0]
    assert samples["patch"].target == target
    compared = [own for _, own in outcome.results if hasattr(own, "signed_after")]
    assert compared
    for own in compared:
        assert any(np.array_equal(own.image_after, each.sample) for each in samples.values())
    assert any(text.startswith("fgsm: ") for text in outcome.findings)
    assert any(text.startswith("patch: ") for text in outcome.findings)


def test_a_comparison_is_two_sections(subject):
    outcome = lost_features.run(subject)
    (found, *_) = (own for _, own in outcome.results if hasattr(own, "signed_after"))
    before, after = lost_features.comparison_sections(found, "fgsm")
    assert (before.detail, after.detail) == ("before fgsm", "after fgsm")
    assert len(before.panels) == len(after.panels) == len(found.groups)
    for group, panel in zip(found.groups, after.panels, strict=True):
        short = {"weakened": "weaker", "strengthened": "stronger"}.get(group.kind, group.kind)
        assert panel.caption.endswith(f" {short}")
        assert panel.icon is None


def test_a_patch_is_trained_on_the_image_unless_the_network_knows_scenes(subject):
    (only,) = lost_features.training_images(subject)
    np.testing.assert_array_equal(only, subject.source.pixels)
    assert {*CLASSES} != {*subject.net.labels}
