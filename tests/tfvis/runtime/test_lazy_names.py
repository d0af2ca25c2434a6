"""Packages whose names are imported on first use."""

import subprocess
import sys

import pytest

import tfvis
from tfvis import datasets, evaluation, explainers
from tfvis.runtime.lazy_names import lazy_names


@pytest.mark.parametrize("package", [tfvis, datasets, evaluation, explainers])
def test_a_package_lists_all_that_it_has(package):
    assert dir(package) == sorted(dir(package))
    assert set(package.__all__) <= set(dir(package))
    for name in dir(package):
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match=f"'{package.__name__}' has no attribute 'nosuch'"):
        _ = package.nosuch


def test_a_module_is_imported_when_its_name_is_asked_for(tmp_path):
    package = tmp_path / "lazy"
    (package / "below").mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from tfvis.runtime.lazy_names import lazy_names\n"
        "__all__ = ['a', 'here']\nhere = 1\n"
        "__getattr__, __dir__ = lazy_names(__name__, {'a': 'first'}, __all__, ['below'])"
    )
    (package / "first.py").write_text("a = 'found'")
    (package / "below" / "__init__.py").write_text("")
    code = (
        "import sys, lazy\n"
        "assert dir(lazy) == ['a', 'below', 'here']\n"
        "assert not {'lazy.first', 'lazy.below'} & {*sys.modules}\n"
        "assert lazy.a == 'found' and 'lazy.below' not in sys.modules\n"
        "assert lazy.below is sys.modules['lazy.below']\n"
    )
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{code}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_that_has_moved_says_where_it_is():
    get, _ = lazy_names("tfvis", {}, [])
    with pytest.raises(AttributeError, match=r"tfvis\.awake is now tfvis\.utils\.responsive_init"):
        get("awake")
