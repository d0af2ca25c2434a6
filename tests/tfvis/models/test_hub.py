"""Modules of TensorFlow Hub in the cache."""

import hashlib

from tfvis.models import hub


def test_a_folder_that_others_can_write_to_is_not_trusted(tmp_path, monkeypatch):
    handle = "https://tfhub.dev/google/imagenet/x/1"
    module = tmp_path / "tfhub_modules" / hashlib.sha1(handle.encode()).hexdigest()
    module.mkdir(parents=True)
    (module / "saved_model.pb").touch()
    monkeypatch.delenv("TFHUB_CACHE_DIR", raising=False)
    monkeypatch.setattr(hub.tempfile, "gettempdir", lambda: str(tmp_path))
    assert hub.cached(handle) == module
    other = module.stat().st_uid + 1
    monkeypatch.setattr(hub.os, "getuid", lambda: other, raising=False)
    assert hub.cached(handle) is None
