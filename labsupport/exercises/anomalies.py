"""What the exercise on anomalies needs: services with incidents, and a judge of a detector's alarms. No answer is in here."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport import checks
from labsupport.exercises.expectations import NotYet
from labsupport.simulators.anomalies import WEEK, Score, record, score

HINTS = {
    "anomalies": (
        "What is the traffic usually at this time of this day of the week? Plot one week over the other before you compute anything.",
        "A week ago there may have been an incident at this time. How do you ask several weeks, so that one that lies does not decide?",
        "Is 100 requests a second off much? At noon or at night? And how many quarters of an hour in a row does a wrong value last – "
        "and how many an incident?",
    ),
}

WEEKS, JUDGED = 8, 3 * WEEK  # in the first three weeks a detector may say what it likes


def watched(service: int) -> dict[str, list[Any]]:
    """Watch a service's traffic for eight weeks, beginning on a Monday, one value for each quarter of an hour.

    Parameters
    ----------
    service : int
        Which one. Same number, same weeks.

    Returns
    -------
    dict
        ``values``: requests a second; ``starts`` and ``ends``: the index of each incident's first value, and of the first after it, from the fourth
        week on.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> service = watched(1)
    >>> len(service["values"]), len(service["starts"])
    (5376, 20)
    """
    recording = record(WEEKS, checks.integer("service", service, minimum=0), size=0.4, per_week=4, glitches=0.5)
    judged = recording.starts >= JUDGED
    return {
        "values": recording.values.round(1).tolist(),
        "starts": recording.starts[judged].tolist(),
        "ends": recording.ends[judged].tolist(),
    }


def judge(alarms: Any, service: dict[str, list[Any]]) -> dict[str, float]:
    """Hold alarms against the incidents of a service.

    Alarms become a page if there was none in the hour before. A page is right if it is sent during an incident; an incident is found if a page is
    sent during it. Nothing before the fourth week counts.

    Parameters
    ----------
    alarms : list of int
        The indices of the values at which there is an alarm, in any order.
    service : dict
        As `watched` returns it.

    Returns
    -------
    dict
        ``pages``, how many there are, ``precision``, the share of them that are right, and ``recall``, the share of incidents found.

    Raises
    ------
    NotYet
        If the alarms are no such list.

    Examples
    --------
    >>> service = watched(1)
    >>> judge(service["starts"], service)
    {'pages': 20, 'precision': 1.0, 'recall': 1.0}
    """
    result = _scored(indices(alarms, len(service["values"])), len(service["values"]), service["starts"], service["ends"], JUDGED)
    return {"pages": result.pages.size, "precision": result.precision, "recall": result.recall}


def indices(alarms: Any, samples: int) -> list[int]:
    """Return alarms in order and each once, or say why they are none.

    Parameters
    ----------
    alarms : list of int
        What a detector returned.
    samples : int
        How many values it was given.

    Returns
    -------
    list of int

    Raises
    ------
    NotYet
        If it is no list of whole numbers from 0 to ``samples`` − 1.

    Examples
    --------
    >>> indices([7, 3, 3], 10)
    [3, 7]
    """
    found = alarms.tolist() if isinstance(alarms, np.ndarray) else alarms
    if not isinstance(found, (list, tuple)) or not all(type(alarm) is int or isinstance(alarm, np.integer) for alarm in found):
        raise NotYet("almost: the alarms – a list of whole numbers is needed, the indices of values. Look next: what your function returns.")
    outside = [alarm for alarm in found if not 0 <= alarm < samples]
    if outside:
        raise NotYet(f"almost: the alarms – {outside[0]} came, but there are {samples:,} values, counted from 0. Look next: how you count them.")
    return sorted({int(alarm) for alarm in found})


def pages(alarms: list[int]) -> list[int]:
    """Return the alarms at which a page is sent: those with no other in the hour before.

    Parameters
    ----------
    alarms : list of int
        As `indices` returns them.

    Returns
    -------
    list of int

    Examples
    --------
    >>> pages([7, 8, 9, 12, 17])
    [7, 17]
    """
    found: list[int] = _scored(alarms, max(alarms) + 1, [], [], 0).pages.tolist() if alarms else []
    return found


def _scored(alarms: list[int], samples: int, starts: list[int], ends: list[int], learning: int) -> Score:
    flags = np.zeros(samples, dtype=np.bool_)
    flags[alarms] = True
    return score(flags, starts, ends, learning=learning)
