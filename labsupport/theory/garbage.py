"""Garbage: how much time a collector of two generations takes, and how long a leak can go on."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport.theory.values import Numbers, plain, values


def collection_share(
    allocation_rate: Any, young: Any, old: Any, live: Any, survival: Any, *, copy_time: Any, mark_time: Any, pause: Any = 0.0
) -> Numbers:
    """Return the share of time in which a program stands still for its collector, if allocation goes on at a steady rate.

    The young part is full every young ÷ rate; what survives is copied. The old part, less what lives on in it, has room for
    ⌊(old − live) ÷ (survival × young)⌋ such copies; then what lives on is walked through. So a larger young part means fewer pauses,
    but no less copying, and a larger old part fewer of the long ones. Requests are taken to be small against the young part.

    Parameters
    ----------
    allocation_rate : float or array_like of float
        MB per unit of time, at least 0.
    young, old : float or array_like of float
        Sizes of the two parts, in MB, above 0.
    live : float or array_like of float
        What lives on in the old part, in MB, at least 0 and below ``old``.
    survival : float or array_like of float
        Share of the young part that is still in use when it is collected, 0 to 1.
    copy_time, mark_time : float or array_like of float
        Time to copy a MB, and to walk through one, at least 0.
    pause : float or array_like of float, optional
        Time that each collection takes besides, at least 0.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    References
    ----------
    Jones, Hosking, Moss, "The Garbage Collection Handbook", 2nd edition, 2023, chapters 2 and 9.

    Examples
    --------
    >>> round(collection_share(0.4, 256, 1500, 500, 0.05, copy_time=1, mark_time=0.5, pause=1), 4)
    0.0266
    """
    rate, lasting = values("allocation_rate", allocation_rate, minimum=0), values("survival", survival, minimum=0, maximum=1)
    nursery, tenured, kept = values("young", young, above=0), values("old", old, above=0), values("live", live, minimum=0)
    copying, walking, always = values("copy_time", copy_time, minimum=0), values("mark_time", mark_time, minimum=0), values("pause", pause, minimum=0)
    if np.any(kept >= tenured):
        raise ValueError(f"live is {live}, but must be below old, which is {old}")
    minor = rate / nursery * (always + copying * lasting * nursery)
    with np.errstate(divide="ignore"):
        copies = np.floor((tenured - kept) / (lasting * nursery) + 1e-9)
    if np.any(copies < 1):
        raise ValueError(f"survival × young is {np.max(lasting * nursery):g}, but must fit into what old has left beside live")
    return plain(minor + rate / nursery / copies * (always + walking * kept))


def leak_lifetime(allocation_rate: Any, leak: Any, room: Any) -> Numbers:
    """Return after how long a leak has filled the room that is left, whatever the collector does.

    Parameters
    ----------
    allocation_rate : float or array_like of float
        MB per unit of time, above 0.
    leak : float or array_like of float
        Share of it that stays reachable for ever, above 0 and at most 1.
    room : float or array_like of float
        MB that are left beside what lives on, at least 0.

    Returns
    -------
    float or ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Examples
    --------
    >>> leak_lifetime(400, 0.01, 1000)
    250.0
    """
    rate, lost = values("allocation_rate", allocation_rate, above=0), values("leak", leak, above=0, maximum=1)
    return plain(values("room", room, minimum=0) / (rate * lost))
