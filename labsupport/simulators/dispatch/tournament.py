"""Tournament: which of many servers has the least key, found at once and kept up to date in a few steps.

Servers play in pairs, winners against winners, until one is left: ``winners[1]``. Below node n stand nodes 2n and 2n + 1; the
servers themselves stand in the last row. When a key changes, only the matches on the way up have to be played again: log₂ of
the number of servers, where a scan would look at all of them.

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
    stamps: Numbers  # of equal keys the one with the lower stamp wins
    winners: Numbers


@kernel
def set_key(tournament: Tournament, server: int, key: float, stamp: int) -> None:
    """Give a server another key and another stamp."""
    keys, stamps, winners = tournament.keys, tournament.stamps, tournament.winners
    keys[server] = key
    stamps[server] = stamp
    winner = np.int32(server)
    node = server + keys.size
    while node > 1:
        # Everything is loaded and compared whether it decides or not: who wins is hard to foresee, and a processor that has
        # guessed wrong loses more time than this.
        rival = winners[node ^ 1]
        rivals_key, rivals_stamp = keys[rival], stamps[rival]
        beaten = (rivals_key < key) | ((rivals_key == key) & (rivals_stamp < stamp))
        winner = rival if beaten else winner
        key = rivals_key if beaten else key
        stamp = rivals_stamp if beaten else stamp
        node >>= 1
        winners[node] = winner


def new_tournament(key: float, stamps: Numbers) -> Tournament:
    """Return a tournament in which all servers have the same key, and stamps that rise from each server to the next."""
    places = 1 << (stamps.size - 1).bit_length()
    keys = np.full(places, np.inf)  # nobody loses against an empty place
    keys[: stamps.size] = key
    all_stamps = np.full(places, np.iinfo(np.int32).max, dtype=np.int32)
    all_stamps[: stamps.size] = stamps
    winners = np.zeros(2 * places, dtype=np.int32)
    winners[places:] = np.arange(places)
    for row in range(places.bit_length() - 2, -1, -1):
        winners[1 << row : 2 << row] = winners[2 << row : 4 << row : 2]
    return Tournament(keys, all_stamps, winners)
