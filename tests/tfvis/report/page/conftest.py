"""Results made by hand, of kinds that other tests do not make."""

import numpy as np
import pytest
from batch_browsing import ROWS
from batch_pages import some_rows, written_page
from browsers import Watched, chromium

from tfvis.attacks import AdversarialSample
from tfvis.evaluation.scene_results import SceneLocalisation, Scores
from tfvis.explainers.compared import ChangedGroup, Comparison
from tfvis.explainers.restoration import Restoration
from tfvis.utils.answers import Answer
from tfvis.utils.channel_attribution import ChannelAttribution

BEFORE = np.array([4.0, 3.0, 0.5, -1.0, -2.0])
AFTER = np.array([0.25, 3.125, 2.5, -1.0, -2.5])
GROUPS = ([0], [1], [2])  # lost, kept, gained
LOGITS = np.float32([1.0, -0.5, 0.25, 3.0])
LOGITS_AFTER = np.float32([4.0, -0.5, 0.0, 2.5])
THRESHOLDS = np.array([0.25, 0.5])


@pytest.fixture(scope="session")
def comparison(made):
    """Five channels, three of them in a group of its own; their maps sum to the scores."""

    def make(sign="pos", **changes):
        flip = 1 if sign == "pos" else -1

        def group(name, channels):
            return ChangedGroup(
                name=name, channels=np.array(channels), before=flip * BEFORE[channels].sum(),
                after=flip * AFTER[channels].sum(), weights=np.ones(5),
            )  # fmt: skip

        rng = np.random.default_rng(0)
        parts = [*(np.array(own) for own in GROUPS), np.array([3, 4])]
        maps = [
            np.float32([np.full((4, 4), flip * values[own].sum() / 16) for own in parts])
            for values in (BEFORE, AFTER)
        ]
        given = {
            "image": rng.random((8, 8, 3), np.float32),
            "image_after": rng.random((8, 8, 3), np.float32),
            "class_index": 3,
            "label": "cat / dog",
            "layer": "block/a",
            "sign": sign,
            "before": ChannelAttribution("IGSG", "block/a", 3, BEFORE),
            "after": ChannelAttribution("IGSG", "block/a", 3, AFTER),
            "logit_before": 6.0,
            "logit_after": 4.0,
            "groups": tuple(group(f"group {k}", own) for k, own in enumerate(GROUPS)),
            "rest": group("channels in no group", [3, 4]),
            "maps_of": "attribution",
            "cut": 0.0,
            "colormap": "inferno",
            "signed_before": maps[0],
            "signed_after": maps[1],
            "image_objectives": np.ones((3, 2)),
            "icons": rng.random((3, 16, 16, 3), np.float32),
            "icon_objectives": np.arange(3.0),
            "zero_gradient": (1,),
            "restoration": Restoration(
                a=3, b=0, labels=("cat / dog", "crane"), margin_before=2.5, margin_after=-1.25,
                groups=(np.array([0]), np.array([1])), n_selected=3, n_channels=5, share=0.75,
                selected_share=1.125, random_shares=np.array([0.25, -0.125, 0.5]), answer=3,
                selected_answer=2,
            ),
            "seconds": {"grouping": 0.5},
            "provenance": made(options={"before": {"name": "earlier", "image": "b" * 64}}),
            "answers": (Answer(3, "cat / dog", 6.0, 0.9), Answer(0, "crane", 3.5, 0.1)),
            "answers_after": (Answer(0, "crane", 5.25, 0.75), Answer(3, "cat / dog", 4.0, 0.25)),
        }  # fmt: skip
        return Comparison(**given | changes)

    return make


@pytest.fixture(scope="session")
def sample(made):
    """An image of four classes whose answer becomes "crane"."""

    def make(**changes):
        rng = np.random.default_rng(0)
        before = rng.integers(20, 230, (8, 8, 3))
        after = before.copy()
        after[:2] += rng.integers(-8, 9, (2, 8, 3))
        given = {
            "image": np.float32(before) / np.float32(255),
            "sample": np.float32(after) / np.float32(255),
            "class_index": 3,
            "label": "cat / dog",
            "answer_label": "crane",
            "logits": LOGITS,
            "sample_logits": LOGITS_AFTER,
            "method": "pgd",
            "provenance": made(method="pgd", options={"norm": "linf", "epsilon": None, "steps": 7}),
            "answers": (Answer(3, "cat / dog", 3.0, 0.8), Answer(0, "crane", 1.0, 0.1)),
            "sample_answers": (Answer(0, "crane", 4.0, 0.75), Answer(3, "cat / dog", 2.5, 0.2)),
        }
        return AdversarialSample(**given | changes)

    return make


@pytest.fixture(scope="session")
def scored(made):
    """Two methods and two metrics on four scenes; one problem."""

    def make(n=4, names=("Grad-CAM", "mine"), problem="It diverged.", **changes):
        rng = np.random.default_rng(0)

        def scores(told):
            values = {"pointing": rng.random((n, 2)), "iou": rng.random((n, 2, 2))}
            problems = ((None, told), *[(None, None)] * (n - 1))
            return Scores(values, {"iou": THRESHOLDS}, problems)

        methods = {names[0]: scores(None), names[1]: scores(problem)}
        origin = made(None, method="scene localisation", image_name=None)
        given = {"scores": methods, "nothing_selected": 3, "seed": 5, "provenance": origin}
        return SceneLocalisation(**given | changes)

    return make


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return written_page(tmp_path_factory.mktemp("batch"), ROWS, Network="critters", Images="180")


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The address of a page of 10,000 rows, and the rows."""
    rows = some_rows(10_000)
    return written_page(tmp_path_factory.mktemp("large"), rows), rows


@pytest.fixture
def opened(browser):
    """Opens pages; at the end they asked for nothing but pictures, and complained of nothing."""
    found = []

    def opened(address, **context):
        given = {"viewport": {"width": 1280, "height": 900}}
        found.append(Watched(browser, address, **given | context))
        found[-1].page.set_default_timeout(10_000)
        return found[-1].page

    yield opened
    for own in found:
        folder = own.page.url.split("index.html")[0]
        asked = [url for url in own.requests if not url.startswith(f"{folder}thumbs/")]
        assert {url.split("#")[0] for url in asked} == {f"{folder}index.html"}
        assert own.complaints == []
        own.context.close()
