"""`tfvis explain` of a SavedModel: its layers have the names that its author gave them."""

import json

import pytest
from command_line import QUICK, result_folders
from own_models import network

from tfvis import load_model, load_result
from tfvis.cli import main

WHOLE = "StatefulPartitionedCall/mine_1/fine_1/BiasAdd"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "exported"
    network(side=32).export(folder, verbose=False)
    return folder


def test_layers_have_their_own_names_and_whole_ones_are_understood(exported):
    net = load_model(exported, value_range=(0, 1))
    assert net.layers == ("fine/convolution", "fine/BiasAdd", "coarse/convolution",
                          "coarse/BiasAdd")  # fmt: skip
    for name in ("fine/BiasAdd", "fine", WHOLE, "mine_1/fine_1/BiasAdd", "fine_1"):
        assert net.require_layer(name) == "fine/BiasAdd"
    named = load_model(exported, value_range=(0, 1), layers=[WHOLE])
    assert named.layers == (WHOLE,)


@pytest.mark.slow
def test_results_have_the_short_name_however_the_layer_was_named(exported, photo, tmp_path):
    out = tmp_path / "out"
    run = ["explain", str(photo), "--model", str(exported), "--value-range", "0", "1", "--classes",
           "0", "--sign", "neg", "--output", str(out), *QUICK, "--n-groups", "1"]  # fmt: skip
    assert main([*run, "--layers", WHOLE]) == 0
    (folder,) = result_folders(out)
    assert folder.endswith("/fineBiasAdd_neg1")
    result = json.loads((out / folder / "result.json").read_text())
    assert result["provenance"]["layer"] == "fine/BiasAdd"
    assert load_result(out / folder).layer == "fine/BiasAdd"
    # The attributions that are read again are found by either name; they are of one layer.
    assert main([*run, "--layers", "fine", "--read-attributions"]) == 0
    found = result_folders(out)
    assert main([*run, "--layers", WHOLE, "--read-attributions"]) == 0
    assert result_folders(out) == found
