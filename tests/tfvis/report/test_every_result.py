"""What every kind of result does: it is shown, plotted, saved and read back."""

import html
import io
import re
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tfvis import load_result
from tfvis.attacks import AdversarialSample
from tfvis.evaluation.box_results import BoxLocalisation
from tfvis.evaluation.evaluations import Evaluation
from tfvis.evaluation.scene_results import SceneLocalisation
from tfvis.experiments.outcomes import Experiment
from tfvis.explainers.base import ClassMap, NothingSelected
from tfvis.explainers.compared import Comparison
from tfvis.explainers.explanation import Explanation
from tfvis.explainers.masks import Inversion, MaskExplanation
from tfvis.explainers.surveyed_layers import LayerSurvey
from tfvis.report import values
from tfvis.report.page import page_of
from tfvis.report.page.frames import LIMIT
from tfvis.utils.errors import InputError

WITH_ROWS = (BoxLocalisation, Comparison, Evaluation, Explanation, LayerSurvey, SceneLocalisation)
KINDS = (*WITH_ROWS, AdversarialSample, ClassMap, Experiment, Inversion, MaskExplanation,
         NothingSelected)  # fmt: skip


def test_no_kind_is_left_out():
    assert set(values._RESULTS) <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_shown_plotted_saved_and_read_back(
    kind, result_of, tmp_path, require_equal, monkeypatch
):
    found = result_of(kind)
    assert type(found) is kind
    sheet = found.sheet()
    assert sheet.dtype == np.float32
    assert sheet.shape[2:] == (3,)
    assert 0 <= sheet.min() < sheet.max() <= 1

    monkeypatch.setattr(kind, "sheet", lambda self: sheet)  # drawn once is enough

    # A notebook shows the picture …
    with Image.open(io.BytesIO(found._repr_png_())) as opened:
        assert opened.format == "PNG"
        np.testing.assert_allclose(np.asarray(opened) / 255, sheet, atol=0.5 / 255 + 1e-6)
    # … and the page.
    (inside,) = re.findall(r'<iframe [^<>]* srcdoc="([^"]*)"></iframe>', found._repr_html_())
    page = page_of(found, limit=LIMIT)
    expected, received = (re.sub(' href="[^"]*"', "", own) for own in (page, html.unescape(inside)))
    assert received == expected
    assert len(page.encode()) <= LIMIT

    figure = found.plot()
    assert isinstance(figure, Figure)
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), sheet)
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()

    assert hasattr(found, "to_dataframe") == (kind in WITH_ROWS)
    if kind in WITH_ROWS:
        assert len(found.to_dataframe())

    if kind is Experiment:
        with pytest.raises(InputError, match="an experiment, which `tfvis experiments` writes"):
            found.save(tmp_path)
    else:
        require_equal(load_result(found.save(tmp_path)), found)
