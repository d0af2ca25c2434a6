"""One `tfvis explain` run of one image does nothing twice, whatever is asked for of it."""

from collections import Counter

import numpy as np
import PIL.Image
import pytest
from command_line import QUICK, result_folders

from tfvis.cli import main
from tfvis.experiments.group_visualisation import GroupVisualisation
from tfvis.utils import network
from tfvis.utils.labels import Labels
from tfvis.utils.memory_bounds import HEAD


@pytest.fixture
def counted(own_model, tmp_path, monkeypatch):
    """What a run with two layers, two classes and both signs does, and how often."""
    photo = tmp_path / "photo.png"
    colours = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)
    PIL.Image.fromarray(colours).save(photo)
    counts = Counter()
    opened, index, build = PIL.Image.open, Labels.index, network._COMPILED[HEAD]

    def count_decoding(file, *arguments, **options):
        counts["decoded", str(file)] += 1
        return opened(file, *arguments, **options)

    def count_name(self, name):
        if isinstance(name, str):
            counts["resolved", name] += 1
        return index(self, name)

    def count_head(net, layer):
        run = build(net, layer)

        def counting(images):
            counts["head", layer] += len(images)
            return run(images)

        return counting

    def count_attribution(self, layer, **options):
        counts["attributed", layer] += 1
        return whole(self, layer, **options)

    whole = GroupVisualisation.attribute
    monkeypatch.setattr(PIL.Image, "open", count_decoding)
    monkeypatch.setattr(Labels, "index", count_name)
    monkeypatch.setitem(network._COMPILED, HEAD, count_head)
    monkeypatch.setattr(GroupVisualisation, "attribute", count_attribution)
    labels = str(own_model.with_name("labels.txt"))
    status = main(["explain", "--image", str(photo), "--model", str(own_model), "--value-range",
                   "0", "1", "--labels", labels, "--layers", "first", "second", "--classes", "cat",
                   "dog", "--sign", "both", "--quiet", "--output", str(tmp_path / "out"),
                   *QUICK])  # fmt: skip
    assert status == 0
    assert len(result_folders(tmp_path / "out")) == 2 * 2 * 2
    return counts


@pytest.mark.slow
def test_nothing_is_done_twice_for_one_image(counted):
    of = {kind: {what: n for (own, what), n in counted.items() if own == kind}
          for kind in ("decoded", "resolved", "head", "attributed")}  # fmt: skip
    assert list(of["decoded"].values()) == [1]
    assert of["resolved"] == {"cat": 1, "dog": 1}
    assert of["head"] == {"first": 1, "second": 1}
    assert of["attributed"] == {"first": 1, "second": 1}
