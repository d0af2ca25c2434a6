import math
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from tfvis.utils.channel_attribution import ChannelAttribution, stored_provenance
from tfvis.utils.errors import InputError
from tfvis.utils.provenance import Provenance


def test_the_gap_is_the_sum_less_the_total():
    attribution = ChannelAttribution("IGSG", "features", 0, np.array([1.0, 2.0]), total=4.0)
    assert attribution.completeness_gap == -1
    assert attribution.relative_gap == 0.25


def test_a_total_of_zero_has_no_relative_gap():
    attribution = ChannelAttribution("IGSG", "features", 0, np.array([1.0]), total=0.0)
    assert math.isnan(attribution.relative_gap)


def test_a_file_gives_the_same_values(tmp_path):
    values = np.random.default_rng(0).standard_normal(6)
    attribution = ChannelAttribution("Shap", "features", 3, values)
    attribution.save(tmp_path / "a.txt")
    lines = (tmp_path / "a.txt").read_text().splitlines()
    assert [float(line) for line in lines] == values.tolist()
    loaded = ChannelAttribution.load(
        tmp_path / "a.txt", method="Shap", layer="features", class_index=3, n_channels=6
    )
    np.testing.assert_array_equal(loaded.values, values)
    assert loaded.completeness_gap is None
    assert loaded.relative_gap is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n2\n", "Expected 3 attributions, one a channel of features, received 2"),
        ("1\ntwo\n3\n", "Expected a finite number on every line of .*received 'two' as number 2"),
        ("1\nnan\n3\n", "received 'nan'"),
        ("\xff\xfe", "Expected a finite number"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, text, message):
    (tmp_path / "a.txt").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=message):
        ChannelAttribution.load(
            tmp_path / "a.txt", method="Shap", layer="features", class_index=0, n_channels=3
        )


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"Cannot read the attributions .*none\.txt"):
        ChannelAttribution.load(
            tmp_path / "none.txt", method="Shap", layer="features", class_index=0, n_channels=3
        )


@pytest.fixture
def mapped():
    maps = np.random.default_rng(0).standard_normal((2, 3, 4)).astype(np.float32)
    values = maps.sum(axis=(0, 1), dtype=np.float64)
    return ChannelAttribution(
        "IGSG", "mixed4d", 2, values, total=1.5, maps=maps, directions=-values,
        ambiguous=np.array([True, False, False, True]),
    )  # fmt: skip


def read(file, n_channels=4):
    return ChannelAttribution.load(
        file, method="IGSG", layer="mixed4d", class_index=2, n_channels=n_channels
    )


def test_maps_are_written_beside_the_text_and_read_back(mapped, tmp_path):
    file = tmp_path / "IGSG_mixed4d_St. Bernard.txt"
    mapped.save(file)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "IGSG_mixed4d_St. Bernard.npz", "IGSG_mixed4d_St. Bernard.txt",
    ]  # fmt: skip
    found = read(file)
    for name in ("values", "maps", "directions", "ambiguous"):
        np.testing.assert_array_equal(getattr(found, name), getattr(mapped, name))
    assert found.maps.dtype == np.float32
    assert found.total == 1.5


def test_the_same_maps_are_the_same_bytes(mapped, tmp_path):
    for name in ("a.txt", "b.txt"):
        mapped.save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_without_maps_there_is_no_archive(tmp_path):
    ChannelAttribution("Shap", "mixed4d", 2, np.ones(4)).save(tmp_path / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_maps_of_other_values_are_left_alone(mapped, tmp_path, caplog):
    mapped.save(tmp_path / "a.txt")
    (tmp_path / "a.txt").write_text("1\n2\n3\n4\n")
    found = read(tmp_path / "a.txt")
    np.testing.assert_array_equal(found.values, [1, 2, 3, 4])
    assert found.maps is None
    assert found.directions is None
    assert "maps of other attributions" in caplog.text


def test_values_that_were_edited_are_still_of_their_image_network_and_layer(mapped, tmp_path):
    made = Provenance("IGSG", "mine", "5" * 64, "a" * 64, "photo", layer="mixed4d",
                      options={"steps": 5})  # fmt: skip
    replace(mapped, provenance=made).save(tmp_path / "a.txt")
    assert read(tmp_path / "a.txt").provenance == made
    (tmp_path / "a.txt").write_text("1\n2\n3\n4\n")
    found = read(tmp_path / "a.txt")
    assert found.provenance == replace(made, options={})  # nobody knows how they were made
    assert found.maps is None
    assert stored_provenance(tmp_path / "a.txt") == made


@pytest.mark.parametrize("content", [None, b"", b"text", {}, {"provenance": "[1]"}])
def test_where_nothing_says_what_attributions_are_of(tmp_path, content):
    archive = tmp_path / "a.npz"
    if isinstance(content, bytes):
        archive.write_bytes(content)
    elif content is not None:
        np.savez(archive, values=np.ones(3), **content)
    assert stored_provenance(tmp_path / "a.txt") is None


@pytest.mark.parametrize(
    "damage",
    [
        "truncated", "text", "pickle", "other shape", "plain array", "huge", "text array",
        "complex", "vector for total", "NaN for total", "other sums", "unknown compression",
        "encrypted",
    ],
)  # fmt: skip
def test_a_damaged_archive_is_refused(mapped, tmp_path, damage):
    mapped.save(tmp_path / "a.txt")
    archive = tmp_path / "a.npz"
    if damage == "truncated":
        archive.write_bytes(archive.read_bytes()[:-40])
    elif damage == "text":
        archive.write_text("maps")
    elif damage == "pickle":
        np.savez(archive, values=np.array([{}], object))
    elif damage == "plain array":
        with archive.open("wb") as stream:
            np.save(stream, mapped.values)
    elif damage == "huge":
        header = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': "
        header += b"(100000000000000,), }"
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.writestr("values.npy", header.ljust(127) + b"\n")
    elif damage in ("unknown compression", "encrypted"):
        whole = bytearray(archive.read_bytes())
        # Of the first file, in the directory at the archive's end and before its data.
        for mark, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
            place = whole.index(mark) + flags
            if damage == "encrypted":
                whole[place] |= 1
            else:
                whole[place + 2 : place + 4] = b"\x63\x00"
        archive.write_bytes(whole)
    else:
        changed = {
            "other shape": {"maps": np.zeros((2, 3, 5))},
            "text array": {"maps": np.full((2, 3, 4), "a")},
            "complex": {"maps": mapped.maps * 1j},
            "vector for total": {"total": np.ones(3)},
            "NaN for total": {"total": np.nan},
            "other sums": {"maps": mapped.maps + 1},
        }[damage]
        np.savez(archive, values=mapped.values, **changed)
    with pytest.raises(InputError, match="Cannot read the maps") as caught:
        read(tmp_path / "a.txt")
    assert "a.npz" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_ambiguous_channels_may_be_given_as_numbers():
    found = ChannelAttribution("IGSG", "a", 0, np.ones(3), ambiguous=np.array([0, 1, 0]))
    assert found.ambiguous.dtype == bool


def test_names_with_dots_keep_their_archives_apart(mapped, tmp_path):
    for name in ("IGSG_St. Bernard", "IGSG_St. Nicholas"):
        mapped.save(tmp_path / name)
    assert (tmp_path / "IGSG_St. Bernard.npz").is_file()
    assert (tmp_path / "IGSG_St. Nicholas.npz").is_file()
    with pytest.raises(
        InputError, match=r"Expected a text file for attributions, received .*x\.npz"
    ):
        mapped.save(tmp_path / "x.npz")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"maps": np.zeros((2, 3, 5))}, r"maps of numbers, of shape \(h, w, 4\), received float64"),
        ({"directions": np.zeros(5)}, r"directions of shape \(C,\), received \(5,\)"),
        ({"ambiguous": np.zeros(5, bool)}, r"ambiguous of numbers, of shape \(4,\), received bool"),
        ({"maps": np.full((2, 3, 4), np.nan)}, "finite"),
    ],
)
def test_what_is_known_of_channels_must_fit(given, message):
    with pytest.raises(InputError, match=message):
        ChannelAttribution("IGSG", "mixed4d", 2, np.ones(4), **given)


def test_icons_weigh_channels_by_their_directions_if_known(mapped):
    np.testing.assert_array_equal(mapped.icon_weights, mapped.directions)
    plain = ChannelAttribution("Shap", "mixed4d", 2, np.ones(4))
    np.testing.assert_array_equal(plain.icon_weights, plain.values)


def test_a_table_has_a_row_a_channel():
    phi = ChannelAttribution(
        "IGSG", "layer", 0, np.array([1.0, -2.0]), directions=np.array([0.5, 2.0]),
        ambiguous=np.array([True, False]), rather_than=1,
        of_both=np.array([[1.5, -2.5], [0.5, -0.5]]),
    )  # fmt: skip
    found = phi.to_dataframe()
    assert found.set_index("channel").drop(columns="standard_error").to_dict("list") == {
        "attribution": [1.0, -2.0], "icon_weight": [0.5, 2.0], "ambiguous": [True, False],
        "of_a": [1.5, -2.5], "of_b": [0.5, -0.5],
    }  # fmt: skip
    assert found.standard_error.isna().all()
    np.testing.assert_array_equal(found.of_a - found.of_b, found.attribution)


def test_a_table_says_what_is_unknown():
    phi = ChannelAttribution("Shap", "layer", 0, np.ones(2), standard_error=np.array([0.25, 0.5]))
    found = phi.to_dataframe()
    assert list(found) == [
        "channel", "attribution", "standard_error", "icon_weight", "ambiguous",
    ]  # fmt: skip
    assert found.ambiguous.isna().all()
    assert found.standard_error.tolist() == [0.25, 0.5]


def test_the_score_is_the_logit_or_the_difference_of_two():
    logits = np.array([[1.0, 2.0, 4.0], [0.0, 8.0, 5.0]])
    alone = ChannelAttribution("IGSG", "layer", 1, np.ones(2))
    contrast = ChannelAttribution("IGSG", "layer", 1, np.ones(2), rather_than=2)
    np.testing.assert_array_equal(alone.scores_of(logits), [2, 8])
    np.testing.assert_array_equal(contrast.scores_of(logits), [-2, 3])
