from dataclasses import replace

import numpy as np
import pytest
from written_results import files, said

from tfvis.explainers.group_worths import GroupWorths
from tfvis.models import spec_of
from tfvis.report import AttributionFiles, initials, load_result, write
from tfvis.report.values import load_value, packed, save_arrays
from tfvis.utils import images
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.file_names import class_name, safe_name
from tfvis.utils.labels import Labels


@pytest.fixture
def attribution_files(tmp_path):
    return AttributionFiles(tmp_path, "photo", "cat _ dog", "Shap")


RESULT_FILES = (
    "FactorAnalysiscat _ dog_SpatialAttrs.txt",
    "cat _ dog_FA_blocka_SpatialHM0.jpg",
    "cat _ dog_FA_blocka_SpatialHM1.jpg",
    "cat _ dog_FA_blocka_opt0.jpg",
    "cat _ dog_FA_blocka_opt1.jpg",
    "arrays.npz",
    "overview.png",
    "report.html",
    "result.json",
)


def test_the_tree_is_the_references(tmp_path, explanation, attribution_files):
    found = explanation()
    attribution_files.save(found.groups.attribution)
    target = write(found, tmp_path)
    assert target == tmp_path / "photo" / "cat _ dog_Shap" / "FactorAnalysis" / "blocka_pos2"
    assert files(tmp_path / "photo" / "cat _ dog_Shap") == sorted(
        ["Shap_blocka_cat _ dog.txt", "Shap_blocka_cat _ dog.npz"]
        + [f"FactorAnalysis/blocka_pos2/{name}" for name in RESULT_FILES]
    )


def test_attributions_of_another_image_are_not_written_over(explanation, attribution_files, made):
    """An interrupted run leaves them without a result beside them."""
    own = replace(explanation().groups.attribution, provenance=made())
    file = attribution_files.save(own)
    before = file.read_bytes()
    other = replace(own, provenance=made(image="b" * 64, image_file="e" * 64))
    with pytest.raises(InputError, match="found some of another image of the same name"):
        attribution_files.save(other)
    assert file.read_bytes() == before
    assert attribution_files.save(own) == file
    # Also where the text has been edited, or is of a network with another number of channels.
    for text in ("1\n" * 6, "1\n"):
        file.write_text(text)
        with pytest.raises(InputError, match="found some of another image of the same name"):
            attribution_files.save(other)
        assert file.read_text() == text
    # What cannot be read is replaced.
    file.write_text("damaged")
    file.with_suffix(".npz").write_text("damaged")
    assert attribution_files.save(other) == file


def test_without_icons_there_are_no_files_of_them(tmp_path, explanation):
    target = write(explanation(icons=None, icon_objectives=None), tmp_path)
    assert files(target) == sorted(name for name in RESULT_FILES if "_opt" not in name)
    for group in said(target)["groups"]:
        assert group["icon"] is None
        assert group["objective_of_icon"] is None


def test_save_is_write(tmp_path, explanation):
    assert explanation().save(tmp_path) == tmp_path.joinpath(
        "photo", "cat _ dog_Shap", "FactorAnalysis", "blocka_pos2"
    )


def test_result_json_holds_what_was_found(tmp_path, explanation, made):
    origin = made(options={"seed": 9})
    target = write(explanation(origin=origin, zero_gradient=(1,)), tmp_path)
    result = said(target)
    assert result["format"] == {"name": "tfvis result", "version": 1, "kind": "explanation"}
    assert result["provenance"]["options"]["seed"] == 9
    assert result["provenance"]["network"] == "googlenet"
    assert result["provenance"]["layer"] == result["layer"] == "block/a"
    assert result["provenance"]["image_size"] == [8, 8]
    assert result["class"] == {"index": 3, "label": "cat / dog"}
    assert [group["channels"] for group in result["groups"]] == [[0, 2], [1]]
    assert [group["attributions"] for group in result["groups"]] == [[4, 2], [3]]
    assert [group["score"] for group in result["groups"]] == [6.0, 3.0]
    assert [group["icon_stayed_noise"] for group in result["groups"]] == [False, True]
    assert result["groups"][0]["standard_errors"] == [None, None]
    assert result["attribution"]["completeness_gap"] == pytest.approx(0.0)
    assert result["grouping"]["name"] == "FactorAnalysis"
    assert result["grouping"]["channels_in_no_group"] == [3]
    assert result["seconds"] == {"attribution": 2.0, "icons": 1.0}
    assert {"python", "tfvis", "tensorflow", "keras"} <= set(result["provenance"]["versions"])
    for group in result["groups"]:
        assert (target / group["icon"]).is_file()
        assert (target / group["heat_map"]).is_file()


def test_signed_maps_are_kept(tmp_path, explanation):
    found = explanation()
    target = write(found, tmp_path)
    result = said(target)
    maps = result["heat_maps"]
    assert (maps["of"], maps["cut_at_quantile"]) == ("attribution", 0.0)
    assert maps["largest"] == found.heat_maps.max()
    with np.load(target / maps["file"], allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["maps"], found.signed_maps)
    for group, a_map in zip(result["groups"], found.signed_maps, strict=True):
        sums = group["sum_of_map"]
        assert sums["positive"] >= 0 >= sums["negative"]
        assert sums["positive"] + sums["negative"] == pytest.approx(a_map.sum(), abs=1e-5)
    assert [group["icon_weights"] for group in result["groups"]] == [[4, 2], [3]]
    assert result["ambiguous_channels"] == []


def test_what_is_not_finite_is_null(tmp_path, explanation):
    """An icon rendered in float16 may overflow; that is no reason to lose the rest."""
    found = explanation(icon_objectives=np.array([np.nan, np.inf]))
    groups = said(write(found, tmp_path))["groups"]
    assert [group["objective_of_icon"] for group in groups] == [None, None]


def test_all_heat_maps_have_one_scale(tmp_path, explanation):
    strong = explanation()
    weak = replace(strong, parts=strong.heat_maps * np.float32([[[1]], [[0.1]]]))
    redness = []
    for found in (strong, weak):
        target = write(found, tmp_path)
        file = target / "cat _ dog_FA_blocka_SpatialHM1.jpg"
        redness.append(float(np.mean(images.load(file) @ [1, -0.5, -0.5])))
    # A tenth of the value has the square root of a tenth of the colour.
    assert redness[0] / 5 < redness[1] < redness[0] / 2.5


def test_what_speaks_against_is_drawn_on_request(tmp_path, explanation):
    blueness = []
    for show_against in (False, True):
        signed = np.full((2, 4, 4), -5, np.float32)
        target = write(explanation(signed_maps=signed, show_against=show_against), tmp_path)
        file = target / "cat _ dog_FA_blocka_SpatialHM0.jpg"
        blueness.append(float(np.mean(images.load(file) @ [-0.5, -0.5, 1])))
    assert blueness[0] < 0.05 < 0.15 < blueness[1]


def test_the_info_file_lists_scores_counts_and_channels(tmp_path, explanation):
    target = write(explanation(), tmp_path)
    (info,) = target.glob("*_SpatialAttrs.txt")
    assert info.read_text(encoding="utf-8").splitlines() == [
        "cat / dog, block/a, pos: 2 groups of 4 channels; "
        "all channels' attributions sum to 6.500000",
        "group\tscore\tchannels\tfirst channels",
        "0\t6.000000\t2\t0 2",
        "1\t3.000000\t1\t1",
    ]


def test_icons_are_written_nearly_as_they_are(tmp_path, explanation):
    smooth = np.linspace(0, 1, 16 * 16 * 3, dtype=np.float32).reshape(1, 16, 16, 3)
    target = write(explanation(n=1, icons=smooth), tmp_path)
    np.testing.assert_allclose(
        images.load(target / "cat _ dog_FA_blocka_opt0.jpg"), smooth[0], atol=0.03
    )


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b", "a_b"),
        ("../../etc/passwd", "__.._etc_passwd"),
        ("..", "_"),
        ("", "_"),
        (".hidden", "_hidden"),
        ("a\x00b\nc", "a_b_c"),
        ("Egyptian cat", "Egyptian cat"),
        ("x" * 500, "x" * 80),
        ("NUL", "_NUL"),
        ("a .", "a"),
    ],
)
def test_names_are_one_safe_part_of_a_path(name, safe):
    assert safe_name(name) == safe
    assert "/" not in safe_name(name)
    assert safe_name(name) not in ("", ".", "..")


def test_hostile_labels_and_image_names_stay_inside_the_output(tmp_path, explanation, made):
    inside = tmp_path / "output"
    target = write(explanation(1, origin=made(1, image_name="..")), inside)
    assert target.resolve().is_relative_to(inside.resolve())
    assert [path.name for path in tmp_path.iterdir()] == ["output"]


def test_a_result_without_provenance_is_named_after_its_label(tmp_path, explanation):
    target = write(replace(explanation(1), provenance=None), tmp_path)
    assert target.parents[2] == tmp_path / "image"
    assert target.parents[1].name == "__.._etc_passwd_Shap"
    assert said(target)["provenance"] is None


def test_classes_of_one_name_get_their_index(tmp_path, explanation, made):
    # The labels' third class is a crane, too.
    assert write(explanation(0), tmp_path).parents[1].name == "crane_0_Shap"
    assert write(explanation(2), tmp_path).parents[1].name == "crane_2_Shap"


def test_imagenets_cranes():
    labels = spec_of("googlenet").labels
    assert class_name(labels, 134) == "crane_134"
    assert class_name(labels, 517) == "crane_517"
    assert class_name(labels, 285) == "Egyptian cat"


def test_no_two_classes_share_a_path():
    names = ["x" * 120, "x" * 120, "a/b", "a:b", "A_b", "crane", "crane", "crane_5", "鶴" * 100,
             "CON", "con.txt", "a .", "a", "", "\udcff"]  # fmt: skip
    labels = Labels([(name or "?",) for name in names])
    found = [class_name(labels, index) for index in range(len(names))]
    assert len({name.casefold() for name in found}) == len(names)
    for name in found:
        assert len(name.encode()) <= 90
        assert name == name.strip().rstrip(".")
        assert name.split(".")[0].upper() != "CON"


@pytest.mark.parametrize("label", ["$\\foo$", "鶴", "\udcff", "<b>&"])
def test_odd_labels_and_image_names_are_written(tmp_path, explanation, made, label):
    origin = made(image_name="\udcffoto", class_name=safe_name(label))
    target = write(explanation(origin=origin, label=label), tmp_path)
    assert said(target)["class"]["label"] == label


def test_initials():
    assert [initials(n) for n in ("FactorAnalysis", "NMF", "KMeans")] == ["FA", "NMF", "KM"]
    assert initials("mine") == "mine"  # a grouper of one's own


def test_attributions_are_read_back(explanation, attribution_files, require_equal):
    attribution = explanation().groups.attribution
    attribution_files.save(attribution)
    loaded = attribution_files.load("block/a", 3, 6)
    np.testing.assert_array_equal(loaded.values, attribution.values)
    require_equal(loaded.provenance, attribution.provenance)
    with pytest.raises(InputError, match=r"Expected 7 attributions.*received 6"):
        attribution_files.load("block/a", 3, 7)


def test_a_plain_text_file_has_no_provenance(attribution_files):
    """As the reference implementation writes it: one number a line."""
    file = attribution_files.file("block/a")
    file.parent.mkdir(parents=True)
    file.write_text("1.5\n-2\n0\n")
    loaded = attribution_files.load("block/a", 3, 3)
    assert loaded.values.tolist() == [1.5, -2, 0]
    assert loaded.provenance is None
    assert (loaded.method, loaded.layer, loaded.class_index) == ("Shap", "block/a", 3)


@pytest.mark.parametrize("other", [{"layer": "block/b"}, {"class_name": "dog"}])
def test_attributions_of_another_layer_or_class_are_refused(attribution_files, made, other):
    """Names of files may be those of two layers: `block/a` and `blocka`."""
    attribution = ChannelAttribution(
        "Shap", "block/a", 3, np.arange(3.0), provenance=made(**other)
    )  # fmt: skip
    attribution_files.save(attribution)
    (name,) = other.values()
    with pytest.raises(
        InputError, match=rf"Expected attributions of 'block/a' and 'cat _ dog' .*{name}.*again"
    ) as error:
        attribution_files.load("block/a", 3, 3)
    assert "\n" not in str(error.value)


def test_a_text_file_that_was_edited_is_taken_without_the_maps_beside_it(
    attribution_files, made, caplog
):
    attribution = ChannelAttribution(
        "Shap", "block/a", 3, np.arange(3.0), directions=np.ones(3), provenance=made()
    )
    attribution_files.save(attribution).write_text("3\n2\n1\n")
    found = attribution_files.load("block/a", 3, 3)
    assert found.values.tolist() == [3, 2, 1]
    assert found.directions is None
    # How the values were made is unknown by now, but not what they are of.
    assert found.provenance == replace(made(), options={})
    assert "holds maps of other attributions" in caplog.text


@pytest.mark.parametrize("other", [{"layer": "block/b"}, {"class_name": "dog"}])
def test_a_text_file_that_was_edited_is_refused_where_it_is_of_something_else(
    attribution_files, made, other
):
    attribution = ChannelAttribution("Shap", "block/a", 3, np.arange(3.0), provenance=made(**other))
    attribution_files.save(attribution).write_text("3\n2\n1\n")
    (name,) = other.values()
    with pytest.raises(InputError, match=f"found some of .*{name}.*compute them again"):
        attribution_files.load("block/a", 3, 3)


def test_a_file_in_the_place_of_a_folder_is_known_beforehand(tmp_path, attribution_files):
    (tmp_path / "photo").mkdir()
    attribution_files.require_folders("NMF")
    (tmp_path / "photo" / "cat _ dog_Shap").touch()
    with pytest.raises(InputError, match=r"cat _ dog_Shap' is no folder"):
        attribution_files.require_folders("NMF")


def test_what_cannot_be_written_is_one_line(tmp_path, explanation, attribution_files):
    (tmp_path / "photo").touch()  # a file where the folder should be
    for attempt in (
        lambda: write(explanation(), tmp_path),
        lambda: attribution_files.save(explanation().groups.attribution),
    ):
        with pytest.raises(InputError, match="Cannot write"):
            attempt()


GAME = GroupWorths(
    values=np.array([5.0, 3.5, -2.0]),
    attributed=np.array([6.0, 3.0, -2.5]),
    interactions=np.array([[0.0, 1.25, 0.5], [1.25, 0.0, -2.5], [0.5, -2.5, 0.0]]),
    total=6.5,
)


def test_the_game_of_groups_is_said_and_read_back(tmp_path, explanation, require_equal):
    found = explanation(game=GAME)
    target = write(found, tmp_path)
    assert said(target)["game"] == {
        "problem": None,
        "total": 6.5,
        "players": [
            {"group": 0, "attributed": 6.0, "shapley_value": 5.0, "difference": -1.0},
            {"group": 1, "attributed": 3.0, "shapley_value": 3.5, "difference": 0.5},
            {"group": None, "attributed": -2.5, "shapley_value": -2.0, "difference": 0.5},
        ],
        "interactions": [[0.0, 1.25, 0.5], [1.25, 0.0, -2.5], [0.5, -2.5, 0.0]],
    }
    require_equal(load_result(target), found)


def test_why_there_is_no_game_is_said_and_read_back(tmp_path, explanation, require_equal):
    found = explanation(game_problem="There are too many players.")
    target = write(found, tmp_path)
    assert said(target)["game"] == {"problem": "There are too many players."}
    require_equal(load_result(target), found)
    assert "game" not in said(write(explanation(), tmp_path / "other"))


def test_a_game_of_other_groups_is_refused(tmp_path, explanation):
    found = explanation(game=GAME)
    object.__setattr__(found, "groups", replace(found.groups, groups=found.groups.groups[:1]))
    object.__setattr__(found, "signed_maps", found.signed_maps[:1])
    target = tmp_path / "damaged"
    target.mkdir()
    value, arrays = packed(found)
    save_arrays(target, arrays)
    with pytest.raises(InputError, match="Cannot read the result .* game of 2 players"):
        load_value(target, value)
