"""Garbage: memory that requests allocate, and a collector of two generations that frees it – while the program stands still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

MOST_REQUESTS = 20_000_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CollectionResult:
    """How requests fared that share a heap.

    Attributes
    ----------
    arrivals : ndarray of float64, shape (requests,)
        When each came. Read-only.
    finishes : ndarray of float64, shape (requests,)
        When each was done; NaN for those after the heap was full. Read-only.
    pause_starts, pause_lengths : ndarray of float64, shape (pauses,)
        When the program stood still, and for how long. Read-only.
    major : ndarray of bool, shape (pauses,)
        Whether the whole heap was collected, not only the young part. Read-only.
    heap_after : ndarray of float64, shape (pauses,)
        What was in use of the old part after each. Read-only.
    exhausted : bool
        Whether the heap was full of what is still in use: the program ends there.
    """

    arrivals: Floats
    finishes: Floats
    pause_starts: Floats
    pause_lengths: Floats
    major: NDArray[np.bool_]
    heap_after: Floats
    exhausted: bool

    @property
    def responses(self) -> Floats:
        """How long each request took that was done."""
        served = ~np.isnan(self.finishes)
        return np.asarray(self.finishes[served] - self.arrivals[served])

    @property
    def span(self) -> float:
        """From time 0 until the last request was done."""
        return float(np.nanmax(self.finishes)) if not np.isnan(self.finishes).all() else 0.0

    @property
    def paused_share(self) -> float:
        """Share of the time in which the program stood still."""
        return float(self.pause_lengths.sum()) / self.span if self.span > 0 else 0.0


# A request takes its memory when it begins. If the young part has no room for it, the program stands still: the young part is emptied,
# and of what was in it the share that is still in use is copied into the old part; the pause is as long as that takes. If the old part
# has no room for that, the whole heap is collected first: what is left in it is what lives on – the long-lived and what has leaked –
# and the pause is as long as it takes to walk through that. If even then there is no room, the program ends. Requests come to one
# server, first come first served, and who comes during a pause waits (Ungar, "Generation Scavenging", 1984; Jones, Hosking, Moss,
# "The Garbage Collection Handbook", 2nd edition 2023, chapters 3 and 9).
@kernel
def _collect(
    arrivals: Floats,
    services: Floats,
    sizes: Floats,
    young: float,
    old: float,
    live: float,
    survival: float,
    leak: float,
    copy: float,
    mark: float,
    base: float,
    finishes: Floats,
    pauses: Floats,
) -> int:
    free, fresh, tenured, leaked = 0.0, 0.0, live, 0.0
    count = 0
    for request in range(arrivals.size):
        now = max(free, arrivals[request])
        if fresh + sizes[request] > young:
            kept, lost = survival * fresh, leak * fresh
            if tenured + kept + lost > old:
                tenured = live + leaked
                pause = base + mark * tenured
                pauses[count] = now, pause, 1.0, tenured
                count += 1
                now += pause
                if tenured + kept + lost > old:
                    return -count
            tenured += kept + lost
            leaked += lost
            pause = base + copy * (kept + lost)
            pauses[count] = now, pause, 0.0, tenured
            count += 1
            now += pause
            fresh = 0.0
        fresh += sizes[request]
        free = now + services[request]
        finishes[request] = free
    return count


def simulate(
    arrivals: Any,
    services: Any,
    sizes: Any,
    *,
    young: float,
    old: float,
    live: float = 0.0,
    survival: float = 0.05,
    leak: float = 0.0,
    copy_time: float = 1.0,
    mark_time: float = 1.0,
    pause: float = 0.0,
) -> CollectionResult:
    """Let requests allocate memory in a heap that is collected by generations.

    Parameters
    ----------
    arrivals, services : array_like of float, shape (requests,)
        When each comes, never falling, and how long it takes without any pause, at least 0. Not written to.
    sizes : array_like of float, shape (requests,)
        Memory that each allocates, at least 0 and no more than the young part, in MB. Not written to.
    young, old : float
        Sizes of the two parts of the heap, above 0, in MB.
    live : float, optional
        What the program keeps for good, in the old part, at least 0 and below ``old``.
    survival : float, optional
        Share of what was allocated since the last collection that is still in use at the next and is moved to the old part, to become
        garbage there, 0 to 1.
    leak : float, optional
        Share of what is allocated that stays reachable for ever though nobody needs it, 0 to 1; with ``survival`` at most 1.
    copy_time, mark_time : float, optional
        Time to copy a MB of survivors, and to walk through a MB of the old part, at least 0.
    pause : float, optional
        Time that every collection takes besides, at least 0.

    Returns
    -------
    CollectionResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Ungar, "Generation Scavenging: A Non-disruptive High Performance Storage Reclamation Algorithm", 1984; Jones, Hosking, Moss, "The
    Garbage Collection Handbook", 2nd edition, 2023.

    Examples
    --------
    Every third request finds the young part full; a tenth of it is copied, at 10 a MB:

    >>> result = simulate([0] * 7, [1] * 7, [4] * 7, young=8, old=100, survival=0.1, copy_time=10)
    >>> result.pause_starts, result.pause_lengths
    (array([ 2., 12., 22.]), array([8., 8., 8.]))
    >>> result.finishes
    array([ 1.,  2., 11., 12., 21., 22., 31.])
    """
    times = checks.times("arrivals", arrivals) + 0.0
    work = checks.amounts("services", services, kind="service", length=times.size)
    asked = checks.amounts("sizes", sizes, kind="size", length=times.size)
    if times.size > MOST_REQUESTS:
        raise ValueError(f"arrivals holds {times.size:,} times, but there must be at most {MOST_REQUESTS:,} requests")
    nursery, tenured = checks.number("young", young, above=0), checks.number("old", old, above=0)
    if asked.max() > nursery:
        raise ValueError(f"sizes holds {asked.max():g}, but the young part has no more than {nursery:g}")
    kept = checks.number("live", live, minimum=0)
    if kept >= tenured:
        raise ValueError(f"live is {kept:g}, but must be below the {tenured:g} of the old part")
    lasting = checks.number("survival", survival, 0, 1)
    lost = checks.number("leak", leak, 0, 1 - lasting)
    copying = checks.number("copy_time", copy_time, minimum=0)
    walking = checks.number("mark_time", mark_time, minimum=0)
    always = checks.number("pause", pause, minimum=0)

    finishes = np.full(times.size, np.nan)
    pauses = np.zeros((2 * times.size + 2, 4)) if asked.sum() > 0 else np.zeros((1, 4))
    heap = (nursery, tenured, kept, lasting, lost, copying, walking, always)
    count = int(_collect(read_only(times), read_only(work), read_only(asked), *heap, finishes, pauses))
    rows = pauses[: abs(count)].copy()
    starts, lengths, major, after = rows[:, 0].copy(), rows[:, 1].copy(), rows[:, 2] == 1, rows[:, 3].copy()
    for array in (times, finishes, starts, lengths, major, after):
        array.flags.writeable = False
    return CollectionResult(times, finishes, starts, lengths, major, after, count < 0)
