"""Names of a graph's tensors without what they were given on the way."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

_TRACED = re.compile(r"(.+)(_\d+)")


def short_names(names: Collection[str]) -> dict[str, str]:
    """The names of tensors as the author of the network knows them.

    Scopes that all of them lie in are left out. Keras numbers the scopes of a model that it
    exports: `StatefulPartitionedCall/model_1/conv_1/Relu` is the layer `conv`. Where all scopes
    that are left end in one number, it is left out too, and in the same way inside of them.

    Args:
        names: of all tensors between the images and the logits.

    Returns:
        From each name to a short one; no two short ones are equal.

    Example:
        >>> short_names(["Call/net_1/a_1/Relu", "Call/net_1/b_1/Relu"])
        {'Call/net_1/a_1/Relu': 'a/Relu', 'Call/net_1/b_1/Relu': 'b/Relu'}
        >>> short_names(["net/unit_1/Relu", "net/unit_2/Relu"])
        {'net/unit_1/Relu': 'unit_1/Relu', 'net/unit_2/Relu': 'unit_2/Relu'}
    """
    if not names:
        return {}
    paths = [name.split("/") for name in names]
    common = _shared([path[:-1] for path in paths])
    left = [path[common:] for path in paths]
    short = ["/".join(path) for path in _untraced(left)]
    if len({*short}) < len(short):
        short = ["/".join(path) for path in left]
    return dict(zip(names, short, strict=True))


def _shared(paths: Sequence[Sequence[str]]) -> int:
    """With how many equal scopes all paths begin."""
    first, *others = paths
    for k, scope in enumerate(first):
        if any(path[k : k + 1] != [scope] for path in others):
            return k
    return len(first)


def _untraced(paths: Sequence[Sequence[str]], number: str | None = None) -> list[list[str]]:
    """Paths whose scopes all end in one number, without it; as they are otherwise.

    Args:
        paths: scopes, and last the tensor's own name.
        number: that the scopes above ended in.
    """
    scopes = {path[0] for path in paths if len(path) > 1}
    found = [_TRACED.fullmatch(scope) for scope in scopes]
    numbers = {match and match[2] for match in found}
    if None in numbers or len(numbers) != 1 or number not in (None, *numbers):
        return [[*path] for path in paths]
    (ending,) = numbers
    inside: dict[str, list[int]] = defaultdict(list)
    for k, path in enumerate(paths):
        if len(path) > 1:
            inside[path[0]].append(k)
    short = [[*path] for path in paths]
    for scope, places in inside.items():
        below = _untraced([paths[k][1:] for k in places], ending)
        for k, path in zip(places, below, strict=True):
            short[k] = [scope.removesuffix(str(ending)), *path]
    return short
