"""Networks loaded once for all tests, and one in which known channels carry each class."""

import copy
from pathlib import Path

import numpy as np

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


PLANTED = (2, 5)
"""The channels of a planted network that carry its class "red", and nothing else does."""
PLANTED_COLOURS = {
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "red": (1, 0, 0),
    "yellow": (1, 1, 0),
    "cyan": (0, 1, 1),
    "magenta": (1, 0, 1),
    "white": (1, 1, 1),
}
CHANNELS = ("green", "blue", "red", "yellow", "cyan", "red", "magenta", "white")
"""What each channel of a planted network is 1 for."""
PLANTED_CLASSES = ("green", "red", "blue", "yellow")
RED = 1
"""The index of the class that is planted."""
GAIN = 8.0


def planted_network(*, others=0.0, order=range(8), name="planted", classes=PLANTED_CLASSES):
    """A network that detects colours, in which channels 2 and 5 carry the class "red".

    Channel k of the layer "features" is 1 where the image has the colour of `CHANNELS`, and 0 where
    it has another one of them, or grey. The logit of a class is the sum, over the channels of its
    colour, of `GAIN` times the channel's mean. So that of "red" is 16 times its share of the image.

    Args:
        others: what the other channels' means count for each class, 0 for not at all; of each
            channel if there are eight. Channels are selected that count more than the average of
            those that count.
        order: of the channels.
        name: the network's.
        classes: names of colours.
    """
    import keras

    from tfvis.models.keras_network import KerasNetwork
    from tfvis.utils.labels import Labels

    colours = [CHANNELS[k] for k in order]
    templates = np.float32([PLANTED_COLOURS[colour] for colour in colours])
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 1, activation="relu", name="features")(inputs)
    x = keras.layers.GlobalAveragePooling2D(name="means")(x)
    model = keras.Model(inputs, keras.layers.Dense(len(classes), name="logits")(x), name=name)
    model.get_layer("features").set_weights(
        [2 * (2 * templates.T - 1)[np.newaxis, np.newaxis], 1 - 2 * templates.sum(axis=1)]
    )
    others = np.broadcast_to(others, 8)[list(order)]
    weights = [
        [GAIN if colour == own else other for own in classes]
        for colour, other in zip(colours, others, strict=True)
    ]
    model.get_layer("logits").set_weights([np.float32(weights), np.zeros(len(classes))])
    return KerasNetwork(
        model,
        layers=["features"],
        labels=Labels([(own,) for own in classes]),
        input_size=(32, 32),
    )


def planted_scene(colours=tuple(PLANTED_COLOURS), *, seed=0):
    """A grey image with a square of each colour, and each square's mask.

    Returns:
        float32 (32, 32, 3), and bool (32, 32) by colour. A square is 1/16 of the image.
    """
    image = np.full((32, 32, 3), 0.5, np.float32)
    masks = {}
    places = np.random.default_rng(seed).permutation(16)[: len(colours)]
    for colour, place in zip(colours, places, strict=True):
        row, column = divmod(int(place), 4)
        mask = np.zeros((32, 32), bool)
        mask[8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = True
        image[mask] = PLANTED_COLOURS[colour]
        masks[colour] = mask
    return image, masks


def map_of_channels(net, image, channels):
    """Where some channels of a planted network are active: float32 (H, W)."""
    return net.activations(image[np.newaxis], "features")[0][..., list(channels)].sum(axis=-1)


def other_channels(rng):
    """Two random channels that do not carry "red"."""
    return sorted(rng.choice(np.setdiff1d(range(8), PLANTED), 2, replace=False).tolist())


def named_groups(*channels, class_index=RED, values=None, n=8, layer="features", sign="pos", **of):
    """Groups of channels that somebody names, without looking."""
    from tfvis.utils import ChannelAttribution
    from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups

    values = np.ones(n) if values is None else np.asarray(values, float)
    attribution = ChannelAttribution("by hand", layer, class_index, values, **of)
    flip = 1 if sign == "pos" else -1
    own = tuple(
        FeatureGroup(np.array(group, int), flip * attribution.values[list(group)])
        for group in channels
    )
    return FeatureGroups(own, attribution, sign, np.empty(0, int))


class Says:
    """An explainer that names the same groups for every image, whatever the network.

    Args:
        groups: channels of each; by class index, where they depend on it; or None for nothing.
        icons: from a class index to the groups' icons, if it has some.
        a_map: from an image and a class index to a map, uniform if left out.
        name: the explainer's.
        **of: see `named_groups`.
    """

    def __init__(self, groups=None, *, icons=None, a_map=None, name="says", **of):
        self.groups, self.icons, self.a_map = groups, icons, a_map
        self.name, self.of = name, of

    def explain(self, images, classes, *, progress=None):
        return [self._of(image, index) for image, index in zip(images, classes, strict=True)]

    def _of(self, image, index):
        from tfvis.explainers.base import ClassMap, NothingSelected

        groups = self.groups[index] if isinstance(self.groups, dict) else self.groups
        own = {
            "map": np.ones(np.shape(image)[:2]) if self.a_map is None else self.a_map(image, index),
            "image": image, "class_index": index, "label": str(index), "method": self.name,
        }  # fmt: skip
        if groups is None and self.groups is not None:
            return NothingSelected(**own, problem="nothing")
        result = ClassMap(**own)
        if groups is not None:
            said = named_groups(*groups, class_index=index, **self.of)
            object.__setattr__(result, "groups", said)
        if self.icons is not None:
            object.__setattr__(result, "icons", self.icons(index))
        return result
