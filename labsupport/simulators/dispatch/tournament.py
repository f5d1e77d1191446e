"""Tournament: which of many servers has the least key, found at once and kept up to date in a few steps.

Servers play in pairs, winners against winners, until one is left: ``winners[1]``. Below node n stand nodes 2n and 2n + 1; the
servers themselves stand in the last row. When a key changes, only the matches on the way up have to be played again: log₂ of
the number of servers, where a scan would look at all of them. Of equal keys the server chosen least recently wins, and of
those never chosen the one with the lowest number.

References
----------
Knuth, "The Art of Computer Programming", volume 3, section 5.4.1 (trees of winners).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Floats, Numbers


class Tournament(NamedTuple):
    """A tree of winners."""

    keys: Floats
    winners: Numbers


@kernel
def _comes_first(chosen: Numbers, server: int, other: int) -> bool:
    """Tell which of two servers wins a tie."""
    return bool(chosen[server] < chosen[other] or (chosen[server] == chosen[other] and server < other))


@kernel
def set_key(tournament: Tournament, chosen: Numbers, server: int, key: float) -> None:
    """Give a server another key – or the same one, after it has been chosen."""
    keys, winners = tournament.keys, tournament.winners
    keys[server] = key
    winner = server
    node = server + keys.size
    while node > 1:
        rival = winners[node ^ 1]
        rivals_key = keys[rival]
        if rivals_key < key or (rivals_key == key and rival < chosen.size and _comes_first(chosen, rival, winner)):
            winner = rival
            key = rivals_key
        node >>= 1
        winners[node] = winner


def new_tournament(servers: int, key: float) -> Tournament:
    """Return a tournament in which all servers have the same key, and none has been chosen."""
    places = 1 << (servers - 1).bit_length()
    keys = np.full(places, np.inf)  # nobody loses against an empty place
    keys[:servers] = key
    winners = np.zeros(2 * places, dtype=np.int32)
    winners[places:] = np.arange(places)
    for row in range(places.bit_length() - 2, -1, -1):
        winners[1 << row : 2 << row] = winners[2 << row : 4 << row : 2]
    return Tournament(keys, winners)
