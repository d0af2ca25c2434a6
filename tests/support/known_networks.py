"""Networks that are loaded once for all tests, with what was compiled for them."""

import copy
from pathlib import Path

from tfvis.models import load_model
from tfvis.utils.memory import Memory

_LOADED = {}


def load_once(model="auto", *, weights=None, progress=None, **description):
    """As `load_model`; a network that was loaded before remembers no image, and is not traced anew.

    Networks of one's own, and those that `auto` chooses among, are loaded each time.
    """
    given = {} if progress is None else {"progress": progress}
    file = None if weights is None else Path(weights)
    bundled = model in ("critters", "critters_resnet") and weights is None
    archive = model in ("auto", "googlenet") and file is not None and file.is_file()
    if description or not (bundled or archive):
        return load_model(model, weights=weights, **given, **description)
    key = (model, str(file), file.stat().st_mtime_ns if archive else 0)
    if key not in _LOADED:
        _LOADED[key] = load_model(model, weights=weights, **given)
        assert _LOADED[key].digest  # which the copies need not compute again
    found = copy.copy(_LOADED[key])
    found._memory, found._sizes_warned_of = Memory(), set()
    return found
