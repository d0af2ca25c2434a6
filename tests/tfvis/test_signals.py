"""A signal at each stage of each command: one line, the signal's status, nothing half-written."""

import json
import os
import re
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfvis.cli import main
from tfvis.commands import explain, invert, localise, models
from tfvis.evaluation import box_batches
from tfvis.experiments import group_visualisation
from tfvis.explainers import feature_groups
from tfvis.explainers.grad_cam import GradCAM
from tfvis.explainers.guided_inversion import GuidedFeatureInversion
from tfvis.models import load_model
from tfvis.report import explanations, inversions, load_result, localisations
from tfvis.report.folders import AttributionFiles
from tfvis.report.journal import Journal
from tfvis.report.working_folder import WorkingFolder
from tfvis.utils import images
from tfvis.utils.network import Network

PLACING = {
    "pictures": (images, "save", 1),
    "arrays": (np, "savez_compressed", -1),
    "the hidden folder": (WorkingFolder, "begin", -1),
    "taking the earlier result away": (WorkingFolder, "_take", 1),
    "the rename into place": (WorkingFolder, "_take", -1),
    "what stood there": (WorkingFolder, "_discard", 1),
    "the end": (WorkingFolder, "end", -1),
}
"""What to wrap, and before which of its calls the signal comes; after the last one if it is -1."""
EXPLAIN = {
    "loading": (explain, "loaded", 1),
    "top answers": (Network, "top", 1),
    "attribution": (group_visualisation, "attributions_of", 1),
    "attribution files": (AttributionFiles, "save", 1),
    "archive of attributions": (np, "savez_compressed", 1),
    "grouping": (feature_groups, "group_channels", 1),
    "icons": (feature_groups, "render_icons", 1),
    "result.json": (explanations, "write_result", 1),
    **PLACING,
}
INVERT = {
    "loading": (invert, "loaded", 1),
    "step 1": (GuidedFeatureInversion, "saliency", 1),
    "step 2": (GuidedFeatureInversion, "discriminate", 1),
    "result.json": (inversions, "write_result", 1),
    **PLACING,
}
LOCALISE = {
    "loading": (localise, "loaded", 1),
    "looking at images": (localise, "_collected", 1),
    "the first batch": (GradCAM, "explain", 1),
    "the second batch": (GradCAM, "explain", 2),
    "boxes": (box_batches, "_explained", 1),
    "the journal": (Journal, "add", 1),
    "result.json": (localisations, "write_result", 1),
    "removing the journal": (Journal, "remove", 1),
    **PLACING,
}
COMMANDS = {"explain": EXPLAIN, "invert": INVERT, "localise": LOCALISE}
RERUN = ("taking the earlier result away", "the rename into place", "what stood there")
"""Stages of a run that replaces a result; those of `PLACING` are stages of both."""
STAGES = [
    (command, stage, is_first)
    for command, stages in COMMANDS.items()
    for stage in stages
    for is_first in (True, False)
    if (stage not in RERUN if is_first else stage in PLACING)
]
NUMBERS = (signal.SIGINT, signal.SIGTERM)
JOURNAL = r"\.localisation\.[0-9a-f]{12}\.journal"
COUNTED = re.compile(r"(\d+) of \d+ (result folders|attribution files|images|objects)")


@pytest.fixture(scope="module")
def net(own_model):
    return load_model(str(own_model), value_range=(0, 1))


@pytest.fixture(scope="module")
def arguments(own_model, tmp_path_factory):
    """A command's arguments."""
    folder = tmp_path_factory.mktemp("given")
    pixels = np.random.default_rng(0).integers(0, 255, (48, 48, 3), np.uint8)
    for name in ("a", "b"):
        Image.fromarray(pixels).save(folder / f"{name}.png")
    rows = ["image,left,top,right,bottom,class", "a.png,9,9,30,30,0", "b.png,9,9,30,40,0"]
    (folder / "boxes.csv").write_text("\n".join(rows))
    image = str(folder / "a.png")
    own = {
        "explain": [image, "--layers", "second", "--classes", "0", "--icon-steps", "1",
                    "--icon-size", "32", "--attribution-steps", "2", "--n-groups", "1"],
        "invert": [image, "--class", "0", "--iterations", "1", "1"],
        "localise": [str(folder / "boxes.csv"), "--methods", "Grad-CAM", "--batch-size", "1"],
    }  # fmt: skip
    every = ["--model", str(own_model), "--value-range", "0", "1", "--quiet"]
    return lambda command: [command, *own[command], *every]


@pytest.fixture(scope="module")
def earlier(arguments, net, tmp_path_factory):
    """A folder with a command's result, and a file of the user's in it; each is made once."""
    made = {}

    def make(command):
        if command not in made:
            output = tmp_path_factory.mktemp(command)
            assert main([*arguments(command), "--output", str(output)]) == 0
            (file,) = output.rglob("result.json")
            (file.parent / "mynotes.txt").write_text("mine")
            made[command] = output
        return made[command]

    return make


@pytest.fixture
def signalled(monkeypatch, net):
    """Let a signal come at a stage; the network is not loaded anew each time."""
    for module in (explain, invert, localise):
        monkeypatch.setattr(module, "loaded", lambda settings, progress: net)
    net.memory.clear()

    def at(place, number):
        owner, name, call = place
        original, calls, sent = getattr(owner, name), [], []

        def wrapped(*arguments, **named):
            calls.append(1)
            if len(calls) == call and not sent:
                sent.append(1)
                os.kill(os.getpid(), number)
            found = original(*arguments, **named)
            if call == -1 and not sent:
                sent.append(1)
                os.kill(os.getpid(), number)
            return found

        monkeypatch.setattr(owner, name, wrapped)
        return sent

    return at


def hidden(folder):
    return [path.name for path in folder.rglob(".*")]


def counts(line):
    return {kind: int(count) for count, kind in COUNTED.findall(line)}


@pytest.mark.slow
@pytest.mark.parametrize(("command", "stage", "is_first"), STAGES)
def test_a_signal(command, stage, is_first, arguments, earlier, signalled, tmp_path, capsys):
    out = tmp_path / "out"
    before = earlier(command)
    if not is_first:
        shutil.copytree(before, out)
    number = NUMBERS[STAGES.index((command, stage, is_first)) % 2]
    capsys.readouterr()
    sent = signalled(COMMANDS[command][stage], number)
    status = main([*arguments(command), "--output", str(out)])
    assert sent
    assert status == 128 + number
    line = capsys.readouterr().err
    assert re.fullmatch(r"tfvis: interrupted; .*(was|were) finished.*\.\n", line)

    left = hidden(out) if out.exists() else []
    assert not [name for name in left if not re.fullmatch(JOURNAL, name)]
    found = list(out.rglob("result.json"))
    for file in found:
        load_result(file.parent)
        files = {own.name for own in file.parent.iterdir()} - {"mynotes.txt"}
        assert files == set(json.loads(file.read_text())["files"])
    told = counts(line)
    if is_first:
        assert told.get("images", told.get("result folders", 0)) <= len(found)
        assert told.get("attribution files", 0) <= len(list(out.rglob("IGSG_*.txt")))
        assert told.get("objects", 0) <= 2 * len(left)
    else:
        assert len(found) == 1
        assert [path.read_text() for path in out.rglob("mynotes.txt")] == ["mine"]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_while_layers_are_listed(monkeypatch, capsys, number):
    monkeypatch.setattr(models, "start_tensorflow", lambda: os.kill(os.getpid(), number))
    assert main(["models", "critters"]) == 128 + number
    assert capsys.readouterr() == ("", "tfvis: interrupted; nothing was finished.\n")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_while_networks_are_listed(monkeypatch, capsys, number):
    def where(spec):
        os.kill(os.getpid(), number)
        return Path(spec.name)

    monkeypatch.setattr(models, "where", where)
    assert main(["models"]) == 128 + number
    assert capsys.readouterr().err == "tfvis: interrupted; nothing was finished.\n"
