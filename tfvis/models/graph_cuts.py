"""Where a network can be cut, and why not elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Generic, TypeVar

from tfvis.utils.errors import InputError
from tfvis.utils.layer_names import resolve

Shape = Sequence[int | None]
Node = TypeVar("Node", bound=Hashable)
Parents = Mapping[Node, Sequence[Node]]


@dataclass(frozen=True, eq=False)
class TensorGraph(Generic[Node]):
    """What each tensor of a network is computed from.

    Attributes:
        parents: what each tensor is computed from, in an order in which that can be done.
        names: what the tensors are called; those without a name cannot be asked for.
        shapes: of the tensors with a name; None in place of a shape that nobody knows.
        start: the images.
        end: the logits.
        whole_names: other names of the tensors, by which they can be asked for as well.
    """

    parents: Mapping[Node, Sequence[Node]]
    names: Mapping[Node, str]
    shapes: Mapping[Node, Shape | None]
    start: Node
    end: Node
    whole_names: Mapping[Node, str] = field(default_factory=dict)

    @cached_property
    def _through(self) -> list[Node]:
        return separators(self.parents, self.start, self.end)

    @cached_property
    def _rank(self) -> dict[Node, int]:
        return {tensor: k for k, tensor in enumerate(self.parents)}

    @cached_property
    def cuts(self) -> dict[str, Node]:
        """The tensors at which it can be cut, by name, from images to logits.

        Those are the ones of shape (N, h, w, C), C known, that every path goes through.
        """
        return {
            self.names[tensor]: tensor
            for tensor in self._through
            if tensor in self.names and tensor != self.start and _has_channels(self.shapes[tensor])
        }

    def require_cuts(self, network: str) -> dict[str, Node]:
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

    def place(self, tensor: Node) -> int:
        """Where a tensor stands in the order in which they can be computed."""
        return self._rank[tensor]

    def has(self, name: str) -> bool:
        """Whether a name, its end or a scope is that of some tensor, cut or not."""
        try:
            self._resolved(name, self.names)
        except InputError:
            return False
        return True

    def _resolved(self, name: str, among: Collection[Node]) -> Node:
        """The tensor that is meant by a name, or by a whole one; see `resolve`."""
        named = {self.names[tensor]: tensor for tensor in among}
        try:
            return named[resolve(name, list(named))]
        except InputError as error:
            whole = {own: t for t in among if (own := self.whole_names.get(t)) is not None}
            try:
                return whole[resolve(name, list(whole))]
            except InputError:
                raise error from None

    def renamed(self, rename: Callable[[Collection[str]], Mapping[str, str]]) -> TensorGraph[Node]:
        """The same with other names for the tensors between the images and the logits.

        Args:
            rename: from all their names to a mapping from these to new ones. A tensor whose new
                name is that of a tensor elsewhere keeps its own.
        """
        ahead = ancestors(self.parents, self.end) & descendants(self.parents, self.start)
        new = rename([name for tensor, name in self.names.items() if tensor in ahead])
        elsewhere = {name for tensor, name in self.names.items() if tensor not in ahead}
        names = {
            tensor: new[name] if tensor in ahead and new[name] not in elsewhere else name
            for tensor, name in self.names.items()
        }
        return replace(self, names=names, whole_names=self.names)

    def require_cut(self, name: str) -> Node:
        """The tensor of this name, of which the end or a scope will do; see `resolve`.

        Raises:
            InputError: there is none, or the network cannot be cut there; the reason and the
                nearest layers that can be cut are given.
        """
        try:
            return self._resolved(name, self.cuts.values())
        except InputError as unknown_cut:
            try:
                tensor = self._resolved(name, self.names)
            except InputError:
                raise unknown_cut from None
        near = self._nearest(tensor)
        raise InputError(
            f"Layer {self.names[tensor]!r} cannot be cut: {self._reason(tensor)}."
            + (f" Nearest that can: {' and '.join(near)}." if near else "")
        )

    def require_tensor(
        self,
        layer: str,
        layers: Sequence[str],
        aliases: Mapping[str, str],
        tensors: dict[str, Node],
    ) -> str:
        """A layer's name, also of one that is not among a network's own but can be cut.

        Args:
            layer: as it was asked for.
            layers: the network's own.
            aliases: other names of these.
            tensors: of the layers; one that is found is added.

        Raises:
            InputError: there is no such layer, or it cannot be cut, with the reason.
        """
        if layer in tensors:
            return layer
        try:
            # Not among all that were found before: what a scope means would depend on them.
            return resolve(layer, layers, aliases)
        except InputError:
            if not self.has(layer):
                raise
        tensor = self.require_cut(layer)
        tensors[self.names[tensor]] = tensor
        return self.names[tensor]

    def require_layers(self, layers: Sequence[str] | Mapping[str, str] | None) -> dict[str, Node]:
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

    def _reason(self, tensor: Node) -> str:
        if tensor not in ancestors(self.parents, self.end) & descendants(self.parents, self.start):
            return "it does not lie between the images and the logits"
        path = way_round(self.parents, self.start, self.end, tensor)
        if path:
            through = [self.names[t] for t in self._detour(path, tensor) if t in self.names]
            return "paths go round it" + (f", through {', '.join(through[:3])}" if through else "")
        shape = self.shapes[tensor]
        known = "unknown" if shape is None else _written(shape)
        return f"its output has the shape {known}, not (N, h, w, channels)"

    def _detour(self, path: Sequence[Node], tensor: Node) -> list[Node]:
        """What lies on the path between the last cut before the tensor and the first behind it."""
        place = self.place(tensor)
        before = [t for t in self._through if self.place(t) < place]
        behind = [t for t in self._through if self.place(t) > place]
        first = path.index(before[-1]) + 1 if before else 0
        last = path.index(behind[0]) if behind else len(path)
        return list(path[first:last])

    def _nearest(self, tensor: Node) -> list[str]:
        place = self.place(tensor)
        before = [name for name, t in self.cuts.items() if self.place(t) < place]
        behind = [name for name, t in self.cuts.items() if self.place(t) > place]
        return before[-1:] + behind[:1]


def _has_channels(shape: Shape | None) -> bool:
    return shape is not None and len(shape) == 4 and shape[-1] is not None


def _written(shape: Shape) -> str:
    sizes = ("N" if k == 0 else "?" if n is None else str(n) for k, n in enumerate(shape))
    return f"({', '.join(sizes)})"


def ancestors(parents: Parents, end: Node) -> set[Node]:
    """All nodes from which a path leads to `end`, itself included."""
    found, ahead = set(), [end]
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead += parents.get(node, ())
    return found


def descendants(parents: Parents, start: Node) -> set[Node]:
    """All nodes to which a path leads from `start`, itself included."""
    children: dict[Node, list[Node]] = {}
    for node, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(node)
    return ancestors(children, start)


def separators(parents: Parents, start: Node, end: Node) -> list[Node]:
    """The nodes that lie on every path from `start` to `end`, in that order.

    Args:
        parents: what each node is computed from.
        start: the first node.
        end: the last.

    Returns:
        Both of them and the nodes between; empty if no path leads from one to the other.
    """
    between = ancestors(parents, end) & descendants(parents, start)
    order = _sorted(parents, between, end)
    last_use = {node: k for k, node in enumerate(order)}
    for k, node in enumerate(order):
        for parent in parents.get(node, ()):
            if parent in between:
                last_use[parent] = k
    # A node is on every path if no edge that begins before it ends behind it.
    found, reach = [], 0
    for k, node in enumerate(order):
        if reach <= k:
            found.append(node)
        reach = max(reach, last_use[node])
    return found


def _sorted(parents: Parents, among: set[Node], end: Node) -> list[Node]:
    """The nodes `among`, each behind all that it is computed from; `end` is the last."""
    order: list[Node] = []
    done: set[Node] = set()
    # Not by recursion: networks are deeper than Python's stack.
    ahead = [(end, False)] if end in among else []
    while ahead:
        node, expanded = ahead.pop()
        if expanded:
            order.append(node)
        elif node not in done:
            done.add(node)
            ahead.append((node, True))
            ahead += [(parent, False) for parent in parents.get(node, ()) if parent in among]
    return order


def way_round(parents: Parents, start: Node, end: Node, node: Node) -> list[Node]:
    """A shortest path from `start` to `end` that avoids `node`; empty if there is none."""
    if node in (start, end):
        return []
    towards: dict[Node, Node] = {}
    ahead = [end]
    while ahead and start not in towards:
        following = []
        for child in ahead:
            for parent in parents.get(child, ()):
                if parent not in (node, end) and parent not in towards:
                    towards[parent] = child
                    following.append(parent)
        ahead = following
    if start == end:
        return [start]
    if start not in towards:
        return []
    path = [start]
    while path[-1] != end:
        path.append(towards[path[-1]])
    return path
