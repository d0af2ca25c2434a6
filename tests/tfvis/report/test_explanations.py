import json
import math
from dataclasses import replace

import numpy as np
import pytest

from tfvis.explainers.feature_groups import Explanation
from tfvis.models import spec_of
from tfvis.report import RunFolder, initials, safe_name
from tfvis.report.explanations import _legend
from tfvis.settings.explain import Settings
from tfvis.utils import images
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups
from tfvis.utils.labels import Labels

LABELS = Labels([("crane",), ("../../etc/passwd",), ("crane", "bird"), ("cat / dog",)])


def explanation(class_index=3, n=2, gap_known=True):
    values = np.array([4.0, 3.0, 2.0, 0.5, -1.0, -2.0])
    attribution = ChannelAttribution(
        "Shap", "block/a", class_index, values,
        standard_error=np.full(6, math.nan), total=6.5 if gap_known else None, evaluations=10,
    )  # fmt: skip
    groups = (
        FeatureGroup(np.array([0, 2]), values[[0, 2]], values[[0, 2]]),
        FeatureGroup(np.array([1]), values[[1]], values[[1]]),
    )[:n]
    rng = np.random.default_rng(0)
    return Explanation(
        image=rng.random((8, 8, 3), np.float32),
        label=LABELS[class_index],
        groups=FeatureGroups(groups, attribution, "pos", np.array([3]), None),
        maps=rng.standard_normal((n, 4, 4), np.float32),
        heat_maps=rng.random((n, 8, 8), np.float32),
        maps_of="attribution",
        cut=0.0,
        icons=rng.random((n, 16, 16, 3), np.float32),
        icon_objectives=np.arange(1.0, n + 1),
        image_objectives=np.ones(n),
        seconds={"icons": 1.0},
    )


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path, "photo", LABELS)


def files(path):
    return sorted(str(f.relative_to(path)) for f in path.rglob("*") if f.is_file())


def test_the_tree_is_the_references(folder, tmp_path):
    folder.save_attribution(explanation().groups.attribution)
    target = folder.write(explanation(), Settings(model="googlenet"), {"attribution": 2.0})
    assert target == tmp_path / "photo" / "cat _ dog_Shap" / "FactorAnalysis" / "blocka_pos2"
    assert files(tmp_path / "photo") == sorted(
        f"cat _ dog_Shap/{name}"
        for name in (
            "Shap_blocka_cat _ dog.txt",
            "FactorAnalysis/blocka_pos2/FactorAnalysiscat _ dog_SpatialAttrs.txt",
            "FactorAnalysis/blocka_pos2/cat _ dog_FA_blocka_SpatialHM0.jpg",
            "FactorAnalysis/blocka_pos2/cat _ dog_FA_blocka_SpatialHM1.jpg",
            "FactorAnalysis/blocka_pos2/cat _ dog_FA_blocka_opt0.jpg",
            "FactorAnalysis/blocka_pos2/cat _ dog_FA_blocka_opt1.jpg",
            "FactorAnalysis/blocka_pos2/maps.npz",
            "FactorAnalysis/blocka_pos2/overview.png",
            "FactorAnalysis/blocka_pos2/result.json",
        )
    )


def test_result_json_holds_what_was_found(folder):
    settings = Settings(model="googlenet", seed=9).fitted(spec_of("googlenet"))
    target = folder.write(explanation(), settings, {"attribution": 2.0})
    result = json.loads((target / "result.json").read_text(encoding="utf-8"))
    assert result["seed"] == result["configuration"]["seed"] == 9
    assert result["class"] == {"index": 3, "label": "cat / dog"}
    assert [group["channels"] for group in result["groups"]] == [[0, 2], [1]]
    assert [group["score"] for group in result["groups"]] == [6.0, 3.0]
    assert result["groups"][0]["standard_errors"] == [None, None]
    assert result["attribution"]["completeness_gap"] == pytest.approx(0.0)
    assert result["grouping"]["channels_in_no_group"] == [3]
    assert result["configuration"]["layers"] == ["mixed4d"]
    assert result["configuration"]["iterations"] == 64
    assert result["seconds"] == {"attribution": 2.0, "icons": 1.0}
    assert {"python", "tfvis", "tensorflow", "keras"} <= set(result["versions"])
    for group in result["groups"]:
        assert (target / group["icon"]).is_file()
        assert (target / group["heat_map"]).is_file()


def test_signed_maps_are_kept(folder):
    found = explanation()
    target = folder.write(found, Settings(model="googlenet"), {})
    result = json.loads((target / "result.json").read_text(encoding="utf-8"))
    said = result["heat_maps"]
    assert (said["of"], said["cut_at_quantile"]) == ("attribution", 0.0)
    assert said["largest"] == found.heat_maps.max()
    with np.load(target / said["file"], allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["maps"], found.maps)
    for group, a_map in zip(result["groups"], found.maps, strict=True):
        sums = group["sum_of_map"]
        assert sums["positive"] >= 0 >= sums["negative"]
        assert sums["positive"] + sums["negative"] == pytest.approx(a_map.sum(), abs=1e-5)
    assert [group["icon_weights"] for group in result["groups"]] == [[4, 2], [3]]
    assert result["ambiguous_channels"] == []


def test_all_heat_maps_have_one_scale(folder):
    strong = explanation()
    weak = replace(strong, heat_maps=strong.heat_maps * np.float32([[[1]], [[0.1]]]))
    redness = []
    for found in (strong, weak):
        target = folder.write(found, Settings(model="googlenet"), {})
        file = target / "cat _ dog_FA_blocka_SpatialHM1.jpg"
        redness.append(float(np.mean(images.load(file) @ [1, -0.5, -0.5])))
    # A tenth of the value has the square root of a tenth of the colour.
    assert redness[0] / 5 < redness[1] < redness[0] / 2.5


def test_the_overview_says_what_its_heat_maps_are():
    found = explanation()
    assert _legend(found, False) == "heat maps: attributions\nred: for the class"
    papers = replace(found, maps_of="activation", cut=0.85)
    assert _legend(papers, False).startswith("heat maps: activations, above 85% quantile\n")
    against = replace(found, groups=replace(found.groups, sign="neg"))
    assert _legend(against, True).endswith("red: against the class, blue: for it")


def test_what_speaks_against_is_drawn_on_request(folder):
    blueness = []
    for show_against in (False, True):
        settings = Settings(model="googlenet", show_against=show_against)
        found = replace(explanation(), maps=np.full((2, 4, 4), -5, np.float32))
        target = folder.write(found, settings, {})
        file = target / "cat _ dog_FA_blocka_SpatialHM0.jpg"
        blueness.append(float(np.mean(images.load(file) @ [-0.5, -0.5, 1])))
    assert blueness[0] < 0.05 < 0.15 < blueness[1]


def test_the_info_file_lists_scores_counts_and_channels(folder):
    target = folder.write(explanation(), Settings(model="googlenet"), {})
    (info,) = target.glob("*_SpatialAttrs.txt")
    assert info.read_text(encoding="utf-8").splitlines() == [
        "cat / dog, block/a, pos: 2 groups of 4 channels; "
        "all channels' attributions sum to 6.500000",
        "group\tscore\tchannels\tfirst channels",
        "0\t6.000000\t2\t0 2",
        "1\t3.000000\t1\t1",
    ]


def test_icons_are_written_nearly_as_they_are(folder):
    smooth = np.linspace(0, 1, 16 * 16 * 3, dtype=np.float32).reshape(1, 16, 16, 3)
    given = explanation(n=1)
    given = Explanation(**{**vars(given), "icons": smooth})
    target = folder.write(given, Settings(model="googlenet"), {})
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


def test_hostile_labels_and_stems_stay_inside_the_output(tmp_path):
    inside = tmp_path / "output"
    target = RunFolder(inside, "..", LABELS).write(explanation(1), Settings(model="googlenet"), {})
    assert target.resolve().is_relative_to(inside.resolve())
    assert [path.name for path in tmp_path.iterdir()] == ["output"]


def test_classes_of_one_name_get_their_index(folder):
    assert folder.class_name(0) == "crane_0"
    assert folder.class_name(2) == "crane_2"


def test_imagenets_cranes(tmp_path):
    folder = RunFolder(tmp_path, "photo", spec_of("googlenet").labels)
    assert folder.class_name(134) == "crane_134"
    assert folder.class_name(517) == "crane_517"
    assert folder.class_name(285) == "Egyptian cat"


def test_no_two_classes_share_a_path(tmp_path):
    names = ["x" * 120, "x" * 120, "a/b", "a:b", "A_b", "crane", "crane", "crane_5", "鶴" * 100,
             "CON", "con.txt", "a .", "a", "", "\udcff"]  # fmt: skip
    folder = RunFolder(tmp_path, "photo", Labels([(name or "?",) for name in names]))
    found = [folder.class_name(index) for index in range(len(names))]
    assert len({name.casefold() for name in found}) == len(names)
    for name in found:
        assert len(name.encode()) <= 90
        assert name == name.strip().rstrip(".")
        assert name.split(".")[0].upper() != "CON"


@pytest.mark.parametrize("label", ["$\\foo$", "鶴", "\udcff", "<b>&"])
def test_odd_labels_and_image_names_are_written(tmp_path, label):
    labels = Labels([("a",), ("b",), ("c",), (label,)])
    given = Explanation(**{**vars(explanation()), "label": label})
    target = RunFolder(tmp_path, "\udcffoto", labels).write(
        given, Settings(model="googlenet", image=tmp_path / "\udcffoto.jpg"), {}
    )
    assert json.loads((target / "result.json").read_text())["class"]["label"] == label


def test_initials():
    assert [initials(n) for n in ("FactorAnalysis", "NMF", "KMeans")] == ["FA", "NMF", "KM"]


def test_attributions_are_read_back(folder):
    attribution = explanation().groups.attribution
    folder.save_attribution(attribution)
    loaded = folder.load_attribution("Shap", "block/a", 3, 6)
    np.testing.assert_array_equal(loaded.values, attribution.values)
    with pytest.raises(InputError, match="Expected 7 attributions.*received 6"):
        folder.load_attribution("Shap", "block/a", 3, 7)


def counts(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_rerun_replaces_its_own_files_alone(folder):
    target = folder.write(explanation(n=2), Settings(model="googlenet", n_groups=2), {})
    (target / "mynotes.txt").write_text("mine")
    (target / "maps.npz").unlink()
    assert folder.write(explanation(n=2), Settings(model="googlenet", n_groups=2), {}) == target
    assert (target / "mynotes.txt").read_text() == "mine"
    assert (target / "maps.npz").is_file()
    result = json.loads((target / "result.json").read_text())
    assert set(result["files"]) == set(counts(target)) - {"mynotes.txt"}


def test_another_number_of_groups_found_takes_the_place_of_the_earlier(folder):
    one = folder.write(explanation(n=1), Settings(model="googlenet"), {})
    settings = Settings(model="googlenet", quiet=True, device="CPU:0")  # changes no result
    two = folder.write(explanation(n=2), settings, {})
    assert counts(two.parent) == ["blocka_pos2"]
    assert not one.exists()


@pytest.mark.parametrize("changes", [{"n_groups": 2}, {"seed": 6}, {"grouping": "NMF"}])
def test_a_result_of_another_configuration_stays(folder, changes):
    one = folder.write(explanation(n=1), Settings(model="googlenet"), {})
    folder.write(explanation(n=2), Settings(model="googlenet", **changes), {})
    assert (one / "result.json").is_file()


def test_the_users_files_in_a_replaced_sibling_stay(folder):
    one = folder.write(explanation(n=1), Settings(model="googlenet"), {})
    (one / "mynotes.txt").write_text("mine")
    folder.write(explanation(n=2), Settings(model="googlenet"), {})
    assert counts(one) == ["mynotes.txt"]
    assert counts(one.parent) == ["blocka_pos1", "blocka_pos2"]


def test_siblings_that_answer_something_else_stay(folder):
    """Another layer, sign or class of the same name, no number, or no list of files."""
    one = folder.write(explanation(n=1), Settings(model="googlenet"), {})
    result = json.loads((one / "result.json").read_text())
    other = {**result, "layer": "bl/ocka"}
    unmarked = {key: value for key, value in result.items() if key not in ("format", "files")}
    for name, said in {"pos3": other, "pos4": unmarked, "pos5x": result, "neg6": result}.items():
        sibling = one.with_name(f"blocka_{name}")
        sibling.mkdir()
        (sibling / "result.json").write_text(json.dumps(said))
    one.with_name("blocka_pos7").symlink_to(one)
    folder.write(explanation(n=2), Settings(model="googlenet"), {})
    assert counts(one.parent) == [f"blocka_{name}" for name in (
        "neg6", "pos2", "pos3", "pos4", "pos5x", "pos7"
    )]  # fmt: skip


def test_a_file_in_the_place_of_a_folder_is_known_beforehand(folder, tmp_path):
    (tmp_path / "photo").mkdir()
    folder.require_folders(3, "Shap", "NMF")
    (tmp_path / "photo" / "cat _ dog_Shap").touch()
    with pytest.raises(InputError, match=r"cat _ dog_Shap' is no folder"):
        folder.require_folders(3, "Shap", "NMF")


def test_what_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "photo").touch()  # a file where the folder should be
    folder = RunFolder(tmp_path, "photo", LABELS)
    for write in (
        lambda: folder.write(explanation(), Settings(model="googlenet"), {}),
        lambda: folder.save_attribution(explanation().groups.attribution),
    ):
        with pytest.raises(InputError, match="Cannot write"):
            write()
