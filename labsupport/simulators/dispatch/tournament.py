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
from numpy.typing import NDArray

from labsupport.kernels import kernel
from labsupport.simulators.dispatch.fleet import Numbers

Keys = NDArray[np.int64]
NEVER = np.int64(0x7FF0_0000_0000_0000)  # infinity as a key; numbers beyond it are keys, too, of no moment at all


class Tournament(NamedTuple):
    """A tree of winners.

    Keys are whole numbers, since the next match waits for the outcome of the last: whole numbers are compared in half the time.
    The bits of a moment in time, read as a whole number, are a key in the same order, as long as the moment is not negative.
    """

    keys: Keys
    stamps: Numbers  # of equal keys the one with the lower stamp wins
    winners: Numbers


@kernel
def set_key(tournament: Tournament, server: int, key: int) -> bool:
    """Give a server another key, and tell whether it met with the same one on its way up."""
    keys, winners = tournament.keys, tournament.winners
    keys[server] = key
    winner = np.int32(server)
    node = server + keys.size
    tied = False
    while node > 1:
        # No branch: who wins is hard to foresee, and a processor that has guessed wrong loses more time than a match takes.
        rival = winners[node ^ 1]
        rivals_key = keys[rival]
        tied |= rivals_key == key
        beaten = rivals_key < key
        winner = rival if beaten else winner
        key = rivals_key if beaten else key
        node >>= 1
        winners[node] = winner
    return tied


@kernel
def set_key_and_stamp(tournament: Tournament, server: int, key: int, stamp: int) -> None:
    """Give a server another key, and another stamp that decides where keys are equal."""
    keys, stamps, winners = tournament.keys, tournament.stamps, tournament.winners
    stamps[server] = stamp
    if not set_key(tournament, server, key):
        return
    node = server + keys.size  # seldom: play all matches again
    while node > 1:
        one, other = winners[node], winners[node ^ 1]
        other_wins = keys[other] < keys[one] or (keys[other] == keys[one] and stamps[other] < stamps[one])
        node >>= 1
        winners[node] = other if other_wins else one


@kernel
def _play_all(tournament: Tournament) -> None:
    keys, stamps, winners = tournament.keys, tournament.stamps, tournament.winners
    for node in range(keys.size - 1, 0, -1):
        one, other = winners[2 * node], winners[2 * node + 1]
        other_wins = keys[other] < keys[one] or (keys[other] == keys[one] and stamps[other] < stamps[one])
        winners[node] = other if other_wins else one


def new_tournament(keys: Keys, stamps: Numbers, members: Numbers) -> Tournament:
    """Return a tournament of the members among all servers, by their keys and, where those are equal, by their stamps."""
    places = 1 << (keys.size - 1).bit_length()
    all_keys = np.full(places, np.iinfo(np.int64).max)  # nobody loses against an empty place
    all_keys[members] = keys[members]
    all_stamps = np.zeros(places, dtype=np.int32)
    all_stamps[: keys.size] = stamps
    winners = np.zeros(2 * places, dtype=np.int32)
    winners[places:] = np.arange(places)
    tournament = Tournament(all_keys, all_stamps, winners)
    _play_all(tournament)
    return tournament
