"""Which explanations are below a folder, and what is said where there are none."""

import json

import pytest

from tfvis.report import explanations
from tfvis.report.found_results import EXPLANATION, find_explanations
from tfvis.utils.errors import InputError


@pytest.fixture
def tree(tmp_path):
    """Two images, two classes and two signs, as `result.json` tells; and folders of other kinds."""

    def write(folder, *, kind=EXPLANATION, version=1, **said):
        target = tmp_path / folder
        target.mkdir(parents=True)
        mark = {"name": "tfvis result", "version": version, "kind": kind}
        whole = {"format": mark, "files": ["result.json"], "value": None, **said}
        (target / "result.json").write_text(json.dumps(whole))
        return target

    return write


def explained(tree, folder, image, label, layer="a", sign="pos"):
    made, own = {"image_name": image}, {"index": 0, "label": label}
    return tree(folder, **{"provenance": made, "class": own, "layer": layer, "sign": sign})


def test_the_kind_is_that_of_explanations():
    assert explanations.KIND == EXPLANATION


def test_results_are_sorted_by_image_class_layer_and_sign(tree, tmp_path):
    expected = [
        explained(tree, "z/1", "a photo", "cat", "a"),
        explained(tree, "y/1", "a photo", "cat", "b", "pos"),
        explained(tree, "y/0", "a photo", "cat", "b", "neg"),
        explained(tree, "x", "a photo", "dog"),
        explained(tree, "a/b/c/d/e/f", "b photo", "ant"),
    ]
    assert list(find_explanations([tmp_path]).folders) == expected


def test_folders_keep_the_order_in_which_they_are_given_and_count_once(tree, tmp_path):
    dog, cat = explained(tree, "p/dog", "i", "dog"), explained(tree, "p/cat", "i", "cat")
    found = find_explanations([dog, tmp_path / "p", cat / "result.json"])
    assert list(found.folders) == [dog, cat]


def test_hidden_folders_are_unfinished(tree, tmp_path):
    found = explained(tree, "p/dog", "i", "dog")
    explained(tree, "p/.dog.0123456789abcdef.partial/new", "i", "dog")
    assert list(find_explanations([tmp_path]).folders) == [found]


def test_other_results_are_named_and_left_out(tree, tmp_path):
    explained(tree, "p/dog", "i", "dog")
    tree("p/attack_fgsm", kind="attack")
    tree("p/later", version=2)
    (tmp_path / "p" / "theirs").mkdir()
    (tmp_path / "p" / "theirs" / "result.json").write_text("{}")  # not tfvis's
    found = find_explanations([tmp_path / "p"])
    assert found.others == (
        f"'{tmp_path}/p/attack_fgsm' (attack)",
        f"'{tmp_path}/p/later' (of a later version of tfvis)",
    )


def test_other_results_alone_are_an_error(tree, tmp_path):
    tree("p/attack_fgsm", kind="attack")
    with pytest.raises(InputError, match=r"found only .*attack_fgsm' \(attack\)\.$"):
        find_explanations([tmp_path])


def test_a_folder_without_results_is_an_error_also_beside_others(tree, tmp_path):
    found = explained(tree, "photo/dog", "i", "dog")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty', found none\. Run tfvis explain first\.$"):
        find_explanations([found, tmp_path / "empty"])


@pytest.mark.parametrize(
    ("given", "closest"),
    [
        ("phto", "photo"),
        ("photo/dog", "photo/dog_IGSG"),
        ("photo/dog_IGSG/NMF/a_pos", "photo/dog_IGSG/NMF/a_pos3"),
        ("photo/dog_IGSG/NMF/a_pos3/overview.png", "photo/dog_IGSG/NMF/a_pos3"),
        ("fotos", "photo"),
    ],
)
def test_the_closest_folder_with_results_is_named(given, closest, tree, tmp_path):
    folder = explained(tree, "photo/dog_IGSG/NMF/a_pos3", "i", "dog")
    (folder / "overview.png").touch()
    (tmp_path / "fotos").mkdir()
    with pytest.raises(InputError) as error:
        find_explanations([tmp_path / given])
    assert str(error.value).endswith(f"Closest: '{tmp_path / closest}'.")
