"""What is compiled for guided inversion: once for the options, for all images."""

from dataclasses import replace

import numpy as np
import pytest

from tfvis.explainers.guided_inversion import PRESETS, GuidedFeatureInversion


@pytest.mark.slow
def test_the_loop_is_traced_once_a_step(net, batch):
    inversion = GuidedFeatureInversion(net, "base", "deep", iterations=(1, 1), batch_size=4)
    for n in (4, 1, 3, 2):
        inversion.discriminate(np.repeat(batch[:1], n, axis=0), [0] * n)
    # Once for the first size of a batch, once more for any.
    assert inversion.compiled.minimize.experimental_get_tracing_count() <= 4


def test_a_listeners_error_ends_the_loop_and_the_object_is_used_again(net, batch):
    inversion = GuidedFeatureInversion(net, "base", "deep", iterations=(3, 100_000))
    told = []

    def leave(done, total):
        told.append(done)
        if done == 3 + 3:
            raise BrokenPipeError

    for _ in range(2):
        with pytest.raises(BrokenPipeError):
            inversion.discriminate(batch, [0, 1], progress=leave)
    assert told == [1, 2, 3, 4, 5, 6] * 2
    assert [len(found.losses) for found in inversion.saliency(batch)] == [4, 4]


def test_options_used_long_ago_are_not_kept_compiled(net):
    def compiled(k):
        return GuidedFeatureInversion(net, preset=replace(PRESETS["tfvis"], sigma=1.0 + k)).compiled

    first, *_, last = map(compiled, range(10))
    assert compiled(9) is last
    assert compiled(0) is not first
