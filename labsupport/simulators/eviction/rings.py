"""Rings: doubly linked lists in two index arrays, so that a cache of any size lives in two blocks of memory.

Nodes are numbered from 0. Behind them comes one more node per ring, its *head*, which holds no key: the node after the
head is the ring's first, the node before it its last, and an empty ring is a head that points at itself. With a head in
every ring no operation needs to ask whether a neighbour exists.

Node numbers are unsigned, because Python's negative indices cost a compiled loop a test at every access.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from labsupport.kernels import kernel

Array: TypeAlias = NDArray[Any]
Node: TypeAlias = int | np.uint32
NOWHERE = 2**32 - 1  # the node of a key that is in no ring


@kernel
def new_rings(nodes: int, rings: int) -> tuple[Array, Array]:
    """Return ``after`` and ``before`` for ``nodes`` loose nodes and ``rings`` empty rings; ring r has the head ``nodes`` + r."""
    after = np.arange(nodes + rings).astype(np.uint32)
    before = np.arange(nodes + rings).astype(np.uint32)
    return after, before


@kernel
def fill_ring(after: Array, before: Array, head: int, nodes: int) -> None:
    """Put the nodes 0 to ``nodes`` − 1 into the empty ring, in this order."""
    for node in range(nodes):
        put_after(after, before, before[head], node)


@kernel
def put_after(after: Array, before: Array, anchor: Node, node: Node) -> None:
    """Put a loose node behind ``anchor``: behind a head it becomes the ring's first, behind the last node its last."""
    follower = after[anchor]
    after[anchor] = node
    before[node] = anchor
    after[node] = follower
    before[follower] = node


@kernel
def take_out(after: Array, before: Array, node: Node) -> None:
    """Take a node out of its ring; its own links are left as they were until it is put somewhere."""
    follower = after[node]
    leader = before[node]
    after[leader] = follower
    before[follower] = leader


@kernel
def move_to_front(after: Array, before: Array, head: Node, node: Node) -> None:
    """Make a node the first of the ring, from wherever it was."""
    take_out(after, before, node)
    put_after(after, before, head, node)
