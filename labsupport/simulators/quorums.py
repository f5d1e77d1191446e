"""Quorums: how many copies a read and a write must hear from, and what each choice gives away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class QuorumResult:
    """How reads and writes fared under a read quorum and a write quorum.

    Attributes
    ----------
    read_quorum, write_quorum : int
        How many answers a read and a write waited for.
    writes : ndarray of bool, shape (requests,)
        Which requests wrote. Read-only.
    responses : ndarray of float64, shape (requests,)
        Time from arrival to the last answer of the quorum; infinite where the request failed. Read-only.
    versions : ndarray of int32, shape (requests,)
        What each read returned: the number of the request that wrote it; −1 for nothing, for a read that failed and for writes. Read-only.
    stale : ndarray of bool, shape (requests,)
        Reads that returned something older than a write that had been acknowledged before they began. Read-only.
    reverted : ndarray of bool, shape (requests,)
        Reads that returned something older than a read that had ended before they began. Read-only.
    lost : ndarray of int32
        The acknowledged writes that were the newest when the last disk with them, or with anything newer, was lost. What was still on
        its way then does not count as kept. Read-only.
    """

    read_quorum: int
    write_quorum: int
    writes: Flags
    responses: Floats
    versions: Numbers
    stale: Flags
    reverted: Flags
    lost: Numbers

    @cached_property
    def read_availability(self) -> float:
        """Share of the reads that were answered, from 0 to 1; 1 if there were none."""
        return _share(np.isfinite(self.responses), ~self.writes, 1.0)

    @cached_property
    def write_availability(self) -> float:
        """Share of the writes that were acknowledged, from 0 to 1; 1 if there were none."""
        return _share(np.isfinite(self.responses), self.writes, 1.0)

    @cached_property
    def stale_share(self) -> float:
        """Share of the answered reads that were stale, from 0 to 1."""
        return _share(self.stale, np.isfinite(self.responses) & ~self.writes, 0.0)

    @cached_property
    def reverted_share(self) -> float:
        """Share of the answered reads that were older than an earlier read, from 0 to 1."""
        return _share(self.reverted, np.isfinite(self.responses) & ~self.writes, 0.0)

    @cached_property
    def old_share(self) -> float:
        """Share of the answered reads that were stale or reverted, from 0 to 1."""
        return _share(self.stale | self.reverted, np.isfinite(self.responses) & ~self.writes, 0.0)


def _share(flags: Flags, among: Flags, none: float) -> float:
    return float(flags[among].mean()) if among.any() else none


def _newest(times: Floats, versions: Numbers, moments: Floats) -> Numbers:
    """Return the greatest version whose time has come at each moment, −1 where none has."""
    order = np.argsort(times, kind="stable")
    so_far = np.append(np.int32(-1), np.maximum.accumulate(versions[order]))
    return so_far[np.searchsorted(times[order], moments, "right")]


def judge(
    arrivals: Floats,
    writes: Flags,
    answers: Floats,
    newest: Numbers,
    disk_losses: Floats,
    kept: Numbers,
    read_quorum: int,
    write_quorum: int,
    timeout: float,
) -> QuorumResult:
    """Return what a run looks like to those who wait for so many answers; the arguments are those of a `ReplicationResult`."""
    quorums = np.where(writes, write_quorum, read_quorum)
    possible = quorums <= answers.shape[1]
    last = np.minimum(quorums, answers.shape[1]) - 1
    requests = np.arange(arrivals.size)
    ends = answers[requests, last]
    ends[~possible | (ends - arrivals > timeout)] = np.inf
    done = np.isfinite(ends)
    reads, acknowledged = np.flatnonzero(done & ~writes), np.flatnonzero(done & writes)

    versions = np.full(arrivals.size, -1, dtype=np.int32)
    versions[reads] = newest[reads, last[reads]]
    stale, reverted = np.zeros((2, arrivals.size), dtype=np.bool_)
    stale[reads] = versions[reads] < _newest(ends[acknowledged], acknowledged.astype(np.int32), arrivals[reads])
    reverted[reads] = versions[reads] < _newest(ends[reads], versions[reads], arrivals[reads])
    known = _newest(ends[acknowledged], acknowledged.astype(np.int32), disk_losses)
    lost = np.unique(known[kept < known])

    arrays = [ends - arrivals, versions, stale, reverted, lost]
    for array in arrays:
        array.flags.writeable = False
    return QuorumResult(read_quorum, write_quorum, writes, arrays[0], arrays[1], arrays[2], arrays[3], arrays[4])
