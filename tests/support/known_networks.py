"""Networks that are loaded once for all tests, with what was compiled for them."""

import copy
from pathlib import Path

from tfvis.models import load_model
from tfvis.utils.memory import Memory

_LOADED = {}


def load_once(model="auto", *, weights=None, progress=None, **description):
    """As `load_model`; a network that was loaded before remembers no image, and is not traced anew.

    That is of networks that come with tfvis, of archives and of Keras's files, as long as a file is
    what it was. Networks that `auto` chooses among are loaded each time.
    """
    given = {} if progress is None else {"progress": progress}
    key = _key(model, weights, description)
    if key is None:
        return load_model(model, weights=weights, **given, **description)
    if key not in _LOADED:
        _LOADED[key] = load_model(model, weights=weights, **given, **description)
        assert _LOADED[key].digest  # which the copies need not compute again
    found = copy.copy(_LOADED[key])
    found._memory, found._sizes_warned_of = Memory(), set()
    return found


def _key(model, weights, description):
    """What a network depends on; None if that is more than its name and files that do not change.

    Without a range of values the range is tried, and a message says so: each time.
    """
    if model in ("critters", "critters_resnet") and weights is None and not description:
        return model
    if model in ("auto", "googlenet") and weights is not None and not description:
        return _file(weights) and (model, *_file(weights))
    own = isinstance(model, str | Path) and Path(model).suffix in (".keras", ".h5")
    if own and weights is None and description.get("value_range") is not None:
        parts = {name: _file(part) or repr(part) for name, part in description.items()}
        return _file(model) and (*_file(model), *sorted(parts.items()))
    return None


def _file(path):
    """A file with its size and time; None for what is no file."""
    if not isinstance(path, str | Path) or not Path(path).is_file():
        return None
    status = Path(path).stat()
    return (str(Path(path).resolve()), status.st_mtime_ns, status.st_size)
