"""Which layer is meant by a name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .errors import InputError, unknown


def resolve(name: str, layers: Sequence[str], aliases: Mapping[str, str] | None = None) -> str:
    """The layer that is meant by `name`.

    That is the layer of that name; else the one that has it as an alias; else the one whose name
    ends in it (`unit_1/bottleneck_v1/Relu`); else the last one inside the scope of that name
    (`block4/unit_1`), to which TensorFlow may have added a number (`mixed4d` for
    `StatefulPartitionedCall/googlenet/mixed4d_1/concat`).

    Args:
        name: as it was asked for.
        layers: the layers' names, from input to output.
        aliases: other names, and the layers they mean.

    Raises:
        InputError: it is no layer's (the closest are named), or may be several.
    """
    if name in layers:
        return name
    if aliases and name in aliases:
        return aliases[name]
    ends = [layer for layer in layers if layer.endswith(f"/{name}")]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise InputError(f"Layer {name!r} may be any of {', '.join(ends)}. Expected one of these.")
    for number in ("", r"_\d+"):
        scope = re.compile(rf"(.*/)?{re.escape(name)}{number}(?=/)")
        found = [(match[0], layer) for layer in layers if (match := scope.match(layer))]
        scopes = list(dict.fromkeys(where for where, _ in found))
        if len(scopes) > 1:
            raise InputError(
                f"Layer {name!r} may lie in any of {', '.join(scopes)}. Expected one of these."
            )
        if found:
            return found[-1][1]
    raise unknown("layer", name, layers)
