"""Narration: a cache's run told request by request, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.eviction.notes import EVICTED, FROM_PROVEN, REMEMBERED, WHY
from labsupport.simulators.eviction.opt import next_uses
from labsupport.simulators.numbering import number

LONGEST_REPLAY = 10_000


@dataclass(frozen=True)
class Replay:
    """A run of a cache, told request by request. Requests are numbered from 0.

    Attributes
    ----------
    policy : str
        The eviction policy.
    capacity : int
        How many keys the cache could hold.
    keys : ndarray of int64, shape (requests,)
        The key asked for. Read-only, as all arrays here.
    hits : ndarray of bool, shape (requests,)
        Whether it was in the cache.
    evicted : ndarray of int64, shape (requests,)
        The key that had to leave to make room, −1 where none did.
    reasons : tuple of str
        Where a key left: why this one. Elsewhere: what the request did.
    """

    policy: str
    capacity: int
    keys: NDArray[np.int64]
    hits: NDArray[np.bool_]
    evicted: NDArray[np.int64]
    reasons: tuple[str, ...]

    def contents(self, request: int) -> tuple[int, ...]:
        """Return the keys in the cache after a request.

        Under fifo, lru, lfu and opt they stand in the order in which they would leave, the next one first; under the other
        policies, where that depends on more than their past, in the order in which they came in.

        Parameters
        ----------
        request : int
            Number of the request, from 0.

        Returns
        -------
        tuple of int

        Raises
        ------
        TypeError, ValueError
            If there is no such request.
        """
        request = checks.integer("request", request, minimum=0, maximum=self.keys.size - 1)
        stays = {story.key: story for story in _stories(self.keys[: request + 1], self.hits, self.evicted) if story.left < 0}
        if self.policy == "lru":
            return tuple(sorted(stays, key=lambda key: stays[key].last))
        if self.policy == "lfu":
            return tuple(sorted(stays, key=lambda key: (stays[key].uses, stays[key].last)))
        if self.policy == "opt":
            upcoming = _next_uses(self.keys)
            return tuple(sorted(stays, key=lambda key: -upcoming[stays[key].last]))
        return tuple(sorted(stays, key=lambda key: stays[key].came))


@dataclass
class _Story:
    """One stay of a key in the cache."""

    key: int
    came: int  # the request that brought it in
    last: int  # the last request for it
    uses: int = 1
    left: int = -1  # the request that drove it out


def _stories(keys: NDArray[np.int64], hits: NDArray[np.bool_], evicted: NDArray[np.int64]) -> list[_Story]:
    """Return every stay of every key, in the order in which they began."""
    stories: list[_Story] = []
    inside: dict[int, _Story] = {}
    for request, key in enumerate(keys.tolist()):
        if evicted[request] >= 0:
            inside.pop(int(evicted[request])).left = request
        if hits[request]:
            inside[key].last = request
            inside[key].uses += 1
        else:
            inside[key] = _Story(key, request, request)
            stories.append(inside[key])
    return stories


def _next_uses(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    numbered = number(keys)
    return np.asarray(next_uses(numbered.numbers, numbered.count), dtype=np.int64)


def narrate(policy: str, capacity: int, keys: NDArray[np.int64], hits: NDArray[np.bool_], record: NDArray[np.int64]) -> Replay:
    """Turn a kernel's notes into a `Replay`; ``record`` holds keys, not their numbers."""
    keys, evicted = keys.copy(), record[:, EVICTED].copy()
    upcoming = _next_uses(keys) if policy == "opt" else np.empty(0, dtype=np.int64)
    reasons = ["there was room"] * keys.size
    for story in _stories(keys, hits, evicted):
        if story.left >= 0:
            next_use = int(upcoming[story.last]) if policy == "opt" and upcoming[story.last] < keys.size else -1
            reasons[story.left] = _why_it_left(policy, story, int(record[story.left, WHY]), next_use)
    for request in np.flatnonzero(hits).tolist():
        reasons[request] = _WHAT_A_HIT_DOES[policy]
    for request in np.flatnonzero(record[:, REMEMBERED]).tolist():
        reasons[request] += f"; {keys[request]} is remembered from an earlier stay, so it joins the proven keys at once"
    for array in (keys, evicted):
        array.flags.writeable = False
    return Replay(policy, capacity, keys, hits, evicted, tuple(reasons))


_WHAT_A_HIT_DOES = {
    "fifo": "in the cache: nothing moves",
    "lru": "in the cache: now the most recently used",
    "lfu": "in the cache: one use more",
    "clock": "in the cache: its bit is set",
    "arc": "in the cache: now at the front of the keys seen at least twice",
    "sieve": "in the cache: marked as visited",
    "s3fifo": "in the cache: its use is counted, nothing moves",
    "wtinylfu": "in the cache: moves to the front of its segment",
    "opt": "in the cache: its next use is known",
}


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _why_it_left(policy: str, story: _Story, why: int, next_use: int) -> str:
    """Say in words why a key had to leave, as far as a student can check it by looking back over the trace."""
    last = f"last asked for at request {story.last}"
    proven = why == FROM_PROVEN
    if policy == "fifo":
        return f"first in, first out: came in at request {story.came}"
    if policy == "lru":
        return f"least recently used: {last}"
    if policy == "lfu":
        return f"least frequently used: asked for {_times(story.uses)}, {last}"
    if policy == "clock":
        return "the hand found its bit not set: not asked for since it came in or the hand last passed"
    if policy == "sieve":
        return "the hand found it unvisited: not asked for since it came in or the hand last passed"
    if policy == "arc":
        if proven:
            return f"least recently used of the keys seen at least twice: {last}"
        return f"least recently used of the keys seen only once: {last}"
    if policy == "s3fifo":
        if proven:
            return "reached the front of the main queue without another hit"
        return f"reached the front of the small queue with {'one hit only' if story.uses > 1 else 'no hit'}"
    if policy == "wtinylfu":
        if proven:
            return "a key from the window is asked for more often, so it takes this one's place"
        return f"pushed out of the window, and asked for too rarely to replace another key: {last}"
    if next_use < 0:
        return "never asked for again"
    return f"asked for again only at request {next_use}, later than all others"
