"""Where a network can be cut, and why not elsewhere."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from .dag import ancestors, descendants, separators, way_round
from .errors import InputError
from .layer_names import resolve

Shape = Sequence[int | None]


@dataclass(frozen=True, eq=False)
class Wiring:
    """How the tensors of a network hang together.

    Attributes:
        parents: what each tensor is computed from, in an order in which that can be done.
        names: what the tensors are called; those without a name cannot be asked for.
        shapes: of the tensors with a name; None in place of a shape that nobody knows.
        start: the images.
        end: the logits.
    """

    parents: Mapping[Hashable, Sequence[Hashable]]
    names: Mapping[Hashable, str]
    shapes: Mapping[Hashable, Shape | None]
    start: Hashable
    end: Hashable

    @cached_property
    def _through(self) -> list[Hashable]:
        return separators(self.parents, self.start, self.end)

    @cached_property
    def _rank(self) -> dict[Hashable, int]:
        return {tensor: k for k, tensor in enumerate(self.parents)}

    @cached_property
    def cuts(self) -> dict[str, Hashable]:
        """The tensors at which it can be cut, by name, from images to logits.

        Those are the ones of shape (N, h, w, C), C known, that every path goes through.
        """
        return {
            self.names[tensor]: tensor
            for tensor in self._through
            if tensor in self.names and tensor != self.start and _has_channels(self.shapes[tensor])
        }

    def require_cuts(self, network: str) -> dict[str, Hashable]:
        """The same; an `InputError` that says why if there are none.

        Args:
            network: its name.
        """
        if self.cuts:
            return self.cuts
        maps = [t for t in self.names if t != self.start and _has_channels(self.shapes[t])]
        if not maps:
            raise InputError(
                f"Expected a network with convolutions: {network!r} has no layer of shape "
                "(N, h, w, channels)."
            )
        raise InputError(
            f"Cannot cut {network!r} anywhere. Of its layer {self.names[maps[-1]]!r}, for example: "
            f"{self._reason(maps[-1])}."
        )

    def place(self, tensor: Hashable) -> int:
        """Where a tensor stands in the order in which they can be computed."""
        return self._rank[tensor]

    def has(self, name: str) -> bool:
        """Whether a name, its end or a scope is that of some tensor, cut or not."""
        try:
            resolve(name, list(self.names.values()))
        except InputError:
            return False
        return True

    def require_cut(self, name: str) -> Hashable:
        """The tensor of this name, of which the end or a scope will do; see `resolve`.

        Raises:
            InputError: there is none, or the network cannot be cut there; the reason and the
                nearest layers that can be cut are given.
        """
        try:
            return self.cuts[resolve(name, list(self.cuts))]
        except InputError as unknown_cut:
            try:
                whole = resolve(name, list(self.names.values()))
            except InputError:
                raise unknown_cut from None
        tensor = next(tensor for tensor, own in self.names.items() if own == whole)
        near = self._nearest(tensor)
        raise InputError(
            f"Layer {whole!r} cannot be cut: {self._reason(tensor)}."
            + (f" Nearest that can: {' and '.join(near)}." if near else "")
        )

    def require_layers(
        self, layers: Sequence[str] | Mapping[str, str] | None
    ) -> dict[str, Hashable]:
        """The tensors of several layers.

        Args:
            layers: their names, a mapping from names of one's own to theirs, or nothing for all
                that can be cut.

        Returns:
            From the names asked for, or the whole names where none are asked for, to tensors.

        Raises:
            InputError: as `require_cut`.
        """
        if layers is None:
            return self.cuts
        if isinstance(layers, str):
            raise InputError(f"Expected a list of layers, received {layers!r}.")
        if not isinstance(layers, Mapping):
            layers = {name: name for name in layers}
        return {own: self.require_cut(theirs) for own, theirs in layers.items()}

    def _reason(self, tensor: Hashable) -> str:
        if tensor not in ancestors(self.parents, self.end) & descendants(self.parents, self.start):
            return "it does not lie between the images and the logits"
        path = way_round(self.parents, self.start, self.end, tensor)
        if path:
            through = [self.names[t] for t in self._detour(path, tensor) if t in self.names]
            return "paths go round it" + (f", through {', '.join(through[:3])}" if through else "")
        shape = self.shapes[tensor]
        known = "unknown" if shape is None else _written(shape)
        return f"its output has the shape {known}, not (N, h, w, channels)"

    def _detour(self, path: Sequence[Hashable], tensor: Hashable) -> list[Hashable]:
        """What lies on the path between the last cut before the tensor and the first behind it."""
        place = self.place(tensor)
        before = [t for t in self._through if self.place(t) < place]
        behind = [t for t in self._through if self.place(t) > place]
        first = path.index(before[-1]) + 1 if before else 0
        last = path.index(behind[0]) if behind else len(path)
        return list(path[first:last])

    def _nearest(self, tensor: Hashable) -> list[str]:
        place = self.place(tensor)
        before = [name for name, t in self.cuts.items() if self.place(t) < place]
        behind = [name for name, t in self.cuts.items() if self.place(t) > place]
        return before[-1:] + behind[:1]


def _has_channels(shape: Shape | None) -> bool:
    return shape is not None and len(shape) == 4 and shape[-1] is not None


def _written(shape: Shape) -> str:
    sizes = ("N" if k == 0 else "?" if n is None else str(n) for k, n in enumerate(shape))
    return f"({', '.join(sizes)})"
