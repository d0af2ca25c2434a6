"""What `tfvis compare` is asked."""

from pathlib import Path

import pytest

from tfvis.settings.compare import CompareSettings
from tfvis.utils.errors import InputError


def test_two_files_and_a_name():
    settings = CompareSettings(before=Path("a.png"), after=Path("b.png"), name="own")
    assert (settings.before.name, settings.after.name, settings.sign) == ("a.png", "b.png", "pos")
    with pytest.raises(InputError, match="Expected name to have a letter or more, received ' '"):
        CompareSettings(before=Path("a.png"), after=Path("b.png"), name=" ")
