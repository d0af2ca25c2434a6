"""The example that `tfvis invert` explains where no image is named."""

import json

import pytest

from tfvis.cli import main


@pytest.mark.slow
def test_the_bundled_network_finds_a_mask_in_its_example(tmp_path, capsys):
    assert main(["invert", "--model", "critters", "--output", str(tmp_path)]) == 0
    assert "owl_rabbit224, owl: logit" in capsys.readouterr().out
    result = tmp_path / "owl_rabbit224" / "guided_inversion" / "result.json"
    steps = json.loads(result.read_text())["steps"]
    assert [step["problem"] for step in steps] == [None, None]
