"""What the attacks' options refuse, each in one line."""

import numpy as np
import pytest

from tfvis.attacks import FgsmOptions, PatchOptions, PgdOptions
from tfvis.utils.errors import InputError


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (FgsmOptions, {"epsilon": "8"}, "from 1 to 255 (in 1/255), received '8'"),
        (FgsmOptions, {"epsilon": True}, "received True"),
        (FgsmOptions, {"epsilon": None}, "received None"),
        (FgsmOptions, {"epsilon": np.nan}, "received nan"),
        (PgdOptions, {"epsilon": "8", "norm": "l2"}, "for the norm l2, received '8'"),
        (PgdOptions, {"epsilon": np.inf, "norm": "l2"}, "received inf"),
        (PgdOptions, {"epsilon": 0.5, "norm": "l2"}, "received 0.5"),
        (PgdOptions, {"norm": 2}, "Unknown norm '2'"),
        (PgdOptions, {"step_size": "1"}, "Expected step_size above 0, received '1'"),
        (PgdOptions, {"step_size": 0}, "Expected step_size above 0, received 0"),
        (PatchOptions, {"scales": (1,)}, "both above 0, received (1,)"),
        (PatchOptions, {"scales": 1.0}, "both above 0, received 1.0"),
        (PatchOptions, {"scales": (0, 1)}, "both above 0, received 0"),
        (PatchOptions, {"scales": ("a", 1)}, "both above 0, received 'a'"),
        (PatchOptions, {"scales": (2, 1)}, "received (2, 1)"),
        (PatchOptions, {"degrees": "20"}, "Expected degrees from 0 to 180, received '20'"),
        (PatchOptions, {"degrees": 181}, "Expected degrees from 0 to 180, received 181"),
        (PatchOptions, {"learning_rate": None}, "Expected learning_rate above 0, received None"),
    ],
)
def test_what_cannot_be_used_is_an_error(kind, given, message):
    with pytest.raises(InputError) as error:
        kind(**given)
    assert message in str(error.value)


def test_numbers_of_numpy_are_numbers():
    assert FgsmOptions(epsilon=np.int64(8)) == FgsmOptions(epsilon=8)
    assert PgdOptions(epsilon=np.float32(500), norm="l2").budget == 500
    assert PatchOptions(scales=(np.float32(0.5), 1)).scales == (0.5, 1)
