"""Directed acyclic graphs: which nodes does every path from start to end go through?"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)
Parents = Mapping[Node, Sequence[Node]]


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
