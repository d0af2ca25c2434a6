"""What can be imported from tfvis and from its packages."""

import importlib
import types

import pytest
from source_modules import ROOT, modules

import tfvis
from tfvis import utils


def test_the_top_level_is_small_and_flat():
    assert len(tfvis.__all__) <= 20
    assert len(set(tfvis.__all__)) == len(tfvis.__all__)
    assert set(tfvis.__all__) == set(dir(tfvis))
    for name in tfvis.__all__:
        assert getattr(tfvis, name) is not None
    promised = {"explain", "attribute", "icon", "load_model", "load_result", "InputError"}
    assert promised <= set(tfvis.__all__)


def test_the_parts_of_the_method_are_in_utils():
    promised = {"shapley_sampling", "aumann_shapley", "select_channels", "MatrixDecomposer",
                "SklearnCluster", "group_channels", "render", "Network"}  # fmt: skip
    assert promised <= set(utils.__all__)
    for name in utils.__all__:
        assert getattr(utils, name) is not None
    # Two of them are needed everywhere, and are the same objects there.
    for name in set(utils.__all__) & set(tfvis.__all__):
        assert getattr(tfvis, name) is getattr(utils, name)


CONCERNS = ["attacks", "critters", "datasets", "evaluation", "explainers", "models"]


@pytest.mark.parametrize("package", CONCERNS)
def test_each_concern_has_a_namespace(package):
    namespace = getattr(tfvis, package)
    assert namespace.__name__ == f"tfvis.{package}"
    assert set(getattr(namespace, "__all__", ())) <= set(dir(namespace))
    for name in getattr(namespace, "__all__", ()):
        assert getattr(namespace, name) is not None


@pytest.mark.parametrize(
    ("package", "names"),
    [
        ("datasets", {"BoxedImage", "collect", "example_image", "example_scene",
                      "read_annotations", "scenes"}),
        ("models", {"GraphNetwork", "KerasNetwork", "load_model"}),
    ],
)  # fmt: skip
def test_what_a_namespace_promises(package, names):
    namespace = getattr(tfvis, package)
    assert names <= set(namespace.__all__)
    for name in names:
        assert getattr(namespace, name).__module__.startswith(f"tfvis.{package}")


@pytest.mark.parametrize("package", CONCERNS)
def test_no_public_name_is_hidden_by_a_module(package):
    """An imported module is an attribute of its package, and hides a function of its name."""
    namespace = importlib.import_module(f"tfvis.{package}")
    for name in modules(ROOT):
        if name.startswith(f"tfvis.{package}.") and not name.endswith("__main__"):
            importlib.import_module(name)
    for name in getattr(namespace, "__all__", ()):
        assert not isinstance(getattr(namespace, name), types.ModuleType), name


def test_a_missing_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = tfvis.no_such_name


def test_a_missing_name_of_utils_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"'tfvis\.utils' has no attribute 'no_such_name'"):
        _ = utils.no_such_name
