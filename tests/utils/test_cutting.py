import pytest

from utils.cutting import Wiring
from utils.errors import InputError

MAPS = (None, 8, 8, 4)


@pytest.fixture
def residual():
    """images → a → (b → c) + a → d → pooled → logits, and a head beside that leads nowhere."""
    parents = {
        "images": [], "a": ["images"], "b": ["a"], "c": ["b"], "sum": ["a", "c"], "d": ["sum"],
        "beside": ["a"], "pooled": ["d"], "logits": ["pooled"],
    }  # fmt: skip
    shapes = {
        "a": MAPS, "b": MAPS, "c": MAPS, "sum": MAPS, "d": (None, None, None, 2), "beside": MAPS,
        "pooled": (None, 2), "logits": (None, 3),
    }  # fmt: skip
    return Wiring(parents, {name: name for name in shapes}, shapes, "images", "logits")


def test_maps_that_every_path_goes_through_can_be_cut(residual):
    assert residual.cuts == {"a": "a", "sum": "sum", "d": "d"}
    assert residual.require_cut("sum") == "sum"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("b", r"'b' cannot be cut: paths go round it\. Nearest that can: a and sum\."),
        ("pooled", r"its output has the shape \(N, 2\), not \(N, h, w, channels\).*can: d\."),
        ("beside", r"it does not lie between the images and the logits"),
        ("e", r"Unknown layer 'e'.*Expected one of: a, sum, d"),
    ],
)
def test_why_a_layer_cannot_be_cut_and_which_can(residual, name, message):
    with pytest.raises(InputError, match=message):
        residual.require_cut(name)


def test_what_goes_round_is_named():
    parents = {"images": [], "left": ["images"], "right": ["images"], "sum": ["left", "right"]}
    shapes = dict.fromkeys(("left", "right", "sum"), MAPS)
    wiring = Wiring(parents, {name: name for name in shapes}, shapes, "images", "sum")
    with pytest.raises(InputError, match="paths go round it, through right. Nearest that can: sum"):
        wiring.require_cut("left")


def test_channels_must_be_known():
    parents = {"images": [], "a": ["images"], "b": ["a"], "logits": ["b"]}
    shapes = {"a": (None, 8, 8, None), "b": None, "logits": (None, 2)}
    wiring = Wiring(parents, {name: name for name in shapes}, shapes, "images", "logits")
    assert wiring.cuts == {}
    with pytest.raises(InputError, match=r"\(N, 8, 8, \?\)"):
        wiring.require_cut("a")
    with pytest.raises(InputError, match="its output has the shape unknown"):
        wiring.require_cut("b")


def test_tensors_have_a_place_in_the_order_of_computing(residual):
    order = ["images", "a", "b", "c", "sum", "d", "pooled", "logits"]
    places = [residual.place(name) for name in order]
    assert places == sorted(places)
