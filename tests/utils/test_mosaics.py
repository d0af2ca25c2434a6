"""Mosaics as figures and as files."""

import io

import matplotlib
import numpy as np
import pytest
from pdf_files import page_millimetres, picture_sizes, texts
from PIL import Image

from tfvis.utils.errors import InputError
from tfvis.utils.images import to_uint8
from tfvis.utils.mosaics import MosaicPanel, MosaicSection, figure_bytes, mosaic_figure


def pictures(count, side=9):
    return np.random.default_rng(0).random((count, side, side, 3), np.float32)


@pytest.fixture(scope="module")
def sections():
    """Two classes with names that are no formulas."""
    icons, maps = pictures(5), pictures(5, 7)
    panels = [
        MosaicPanel(icon=icon, heat_map=a_map, caption=f"+{k}.25")
        for k, (icon, a_map) in enumerate(zip(icons, maps, strict=True))
    ]
    return (
        MosaicSection(heading="$x^2$ cat", detail="features for", panels=panels[:3]),
        MosaicSection(heading=r"dog (50\% \alpha_", panels=panels[3:]),
    )


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("width", "dpi", "pixels"), [(180, 300, 2126), (88.9, 150, 525), (25.4, 600, 600)]
)
def test_a_png_has_the_width_that_is_asked_for_to_the_pixel(sections, width, dpi, pixels):
    figure = mosaic_figure(sections, width=width, dpi=dpi)
    found = opened(figure_bytes(figure, "png"))
    assert found.width == pixels
    assert found.height == round(figure.get_figheight() * dpi)
    assert found.info["dpi"] == pytest.approx((dpi, dpi), abs=0.02)  # stored a metre


@pytest.mark.parametrize("width", [180, 88.9, 63.5])
def test_a_pdfs_page_has_the_width_that_is_asked_for(sections, width):
    figure = mosaic_figure(sections, width=width)
    found = page_millimetres(figure_bytes(figure, "pdf"))
    assert found[0] == pytest.approx(width, abs=1e-6)
    assert found[1] == pytest.approx(figure.get_figheight() * 25.4, abs=1e-6)


def test_a_pdfs_text_is_text_as_it_was_given(sections):
    data = figure_bytes(mosaic_figure(sections), "pdf")
    expected = {"$x^2$ cat", "features for", r"dog (50\% \alpha_", *(f"+{k}.25" for k in range(5))}
    assert {*texts(data)} == expected
    assert b"/FontFile2" in data  # TrueType, embedded
    assert b"/Type3" not in data


def test_a_pdfs_pictures_are_the_pixels_that_were_given(sections):
    data = figure_bytes(mosaic_figure(sections), "pdf")
    assert sorted(picture_sizes(data)) == [(7, 7)] * 5 + [(9, 9)] * 5


def test_the_figures_images_are_the_panels_pictures(sections):
    figure = mosaic_figure(sections)
    shown = [image.get_array() for axis in figure.axes for image in axis.images]
    panels = [panel for section in sections for panel in section.panels]
    expected = [panel.icon for panel in panels] + [panel.heat_map for panel in panels]
    assert len(shown) == 10
    for one, other in zip(shown, expected, strict=True):
        np.testing.assert_array_equal(one, to_uint8(other))


def test_a_picture_of_a_cells_pixels_is_copied_into_a_png():
    (picture,) = pictures(1, side=104)
    panel = MosaicPanel(heat_map=picture)
    figure = mosaic_figure([MosaicSection(panels=[panel])], width=26.4, dpi=108)
    (image,) = figure.axes[0].images
    left, right, bottom, top = map(round, image.get_extent())
    assert (right - left, bottom - top) == (104, 104)
    found = np.asarray(opened(figure_bytes(figure, "png")).convert("RGB"))
    np.testing.assert_array_equal(found[top:bottom, left:right], to_uint8(picture))
    np.testing.assert_array_equal(image.get_array(), to_uint8(picture))  # again, or still


def test_a_picture_of_other_pixels_is_resampled_once():
    picture = pictures(1, side=50)[0]
    panel = MosaicPanel(heat_map=picture)
    figure = mosaic_figure([MosaicSection(panels=[panel])], width=26.4, dpi=108)
    left, right, bottom, top = map(round, figure.axes[0].images[0].get_extent())
    found = opened(figure_bytes(figure, "png")).convert("RGB").crop((left, top, right, bottom))
    expected = Image.fromarray(to_uint8(picture)).resize((104, 104), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


def test_words_are_drawn_in_the_place_of_a_picture():
    panels = [MosaicPanel(icon="no icon", heat_map=pictures(1)[0])] * 2
    figure = mosaic_figure([MosaicSection(panels=panels)])
    assert texts(figure_bytes(figure, "pdf")) == ["no icon"] * 2
    assert len(figure.axes[0].images) == 2


def test_the_same_figure_gives_the_same_bytes(sections):
    for kind in ("png", "pdf"):
        figure = mosaic_figure(sections, dpi=72)
        first = figure_bytes(figure, kind)
        assert figure_bytes(figure, kind) == first
        assert figure_bytes(mosaic_figure(sections, dpi=72), kind) == first


def test_settings_of_the_users_own_figures_change_nothing(sections):
    expected = figure_bytes(mosaic_figure(sections, dpi=72), "png")
    own = {"savefig.bbox": "tight", "figure.facecolor": "red", "image.origin": "lower",
           "savefig.transparent": True, "axes.facecolor": "blue"}  # fmt: skip
    with matplotlib.rc_context(own):
        assert figure_bytes(mosaic_figure(sections, dpi=72), "png") == expected


def test_a_script_that_no_font_has_is_no_error():
    panels = [MosaicPanel(heat_map=pictures(1)[0], caption="\U0001f9ff \u1800")]
    figure = mosaic_figure([MosaicSection(heading="\udcff\u1800", panels=panels)])
    for kind in ("png", "pdf"):
        assert len(figure_bytes(figure, kind)) > 1000


def test_what_cannot_be_used_is_an_error(sections):
    with pytest.raises(InputError, match="Closest: columns"):
        mosaic_figure(sections, colums=3)
    with pytest.raises(InputError, match="Unknown format 'jpg'"):
        figure_bytes(mosaic_figure(sections), "jpg")
