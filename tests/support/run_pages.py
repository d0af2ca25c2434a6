"""Runs the code of pages, each in names and a folder of its own: `run_pages.py FOLDER`.

The last line of stdout is JSON: for each page None, or the error that its code ended in.
"""

import functools
import json
import os
import sys
import traceback
import types
from pathlib import Path

import tfvis

# The pages ask for the same networks, which are traced once.
tfvis.load_model = functools.lru_cache(tfvis.load_model)

started, found = sys.modules["__main__"], {}
for page in sorted(Path(sys.argv[1]).glob("*/page.py")):
    os.chdir(page.parent)
    try:
        # Code of a page may look for its own classes in `__main__`.
        sys.modules["__main__"] = own = types.ModuleType("__main__")
        exec(compile(page.read_text(encoding="utf-8"), str(page), "exec"), own.__dict__)
        found[page.parent.name] = None
    except Exception:
        found[page.parent.name] = traceback.format_exc()
sys.modules["__main__"] = started
sys.stdout.write(json.dumps(found) + "\n")
