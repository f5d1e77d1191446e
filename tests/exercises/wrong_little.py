"""Wrong solutions of the exercise on Little's law, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "little-solution"
PRESENT, RESPONSE, DIALS = ALL = ("little-present", "little-response", "little-dials")
BOTH = (PRESENT, RESPONSE)

_CAME = "came = start if arrival is None else max(arrival, start)"
_LEFT = "left = end if departure is None else min(departure, end)"
_AREA = "area += max(0.0, left - came)"
_DIAL = """abs(dial["present"] - dial["rate"] * dial["response"] / 1_000) > 0.1 * dial["present"]"""
_COMPLETE = "start <= arrival and departure <= end"
_ARRIVED = "start <= arrival < end]"
_LITTLE = "mean_present(log, start, end) * (end - start) / len(came) if came else None"

_VISIBLE_ONLY = """
def mean_present(log, start, end):
    return {(0, 10): 1.2, (2, 4): 1.5, (0, 2): 0.0}[start, end]

def mean_response(log, start, end):
    return {(0, 10): {"complete": 3.0, "little": 17 / 3}, (2, 5): {"complete": None, "little": 4.0}}[start, end]

def misfits(readings):
    return ["search"] if len(readings) == 4 else ["stuck"]
"""
_WRAPPERS = """
from labsupport import theory

def mean_present(log, start, end):
    return theory.littles_law(len(log) / (end - start), 1.0)

def mean_response(log, start, end):
    return {"complete": theory.littles_law(1.0, 1.0), "little": theory.littles_law(len(log), 1.0)}

def misfits(readings):
    return [r["name"] for r in readings if theory.littles_law(r["rate"], r["response"]) != r["present"]]
"""


def _dials(name: str, new: str) -> Wrong:
    return wrong(name, CELL, (_DIAL, new), DIALS)


WRONG: list[Wrong] = [
    wrong(
        "open requests are left out",
        CELL,
        (
            "    for arrival, departure in log:\n        came",
            "    for arrival, departure in log:\n        if None in (arrival, departure):\n            continue\n        came",
        ),
        *BOTH,
    ),
    wrong(
        "who was there before is left out",
        CELL,
        (
            "    for arrival, departure in log:\n        came",
            "    for arrival, departure in log:\n        if arrival is None:\n            continue\n        came",
        ),
        *BOTH,
    ),
    wrong(
        "who is still there is left out",
        CELL,
        (
            "    for arrival, departure in log:\n        came",
            "    for arrival, departure in log:\n        if departure is None:\n            continue\n        came",
        ),
        *BOTH,
    ),
    wrong("arrivals before the window are not cut off", CELL, (_CAME, _CAME.replace("max(arrival, start)", "arrival")), *BOTH),
    wrong("departures after the window are not cut off", CELL, (_LEFT, _LEFT.replace("min(departure, end)", "departure")), *BOTH),
    wrong("requests outside count negatively", CELL, (_AREA, "area += left - came"), *BOTH),
    wrong("per request and not per second", CELL, ("return area / (end - start)", "return area / max(1, len(log))"), *BOTH),
    wrong("a window that begins at 0", CELL, ("return area / (end - start)", "return area / end"), *BOTH),
    wrong(
        "how many are there at the middle",
        CELL,
        (
            "return area / (end - start)",
            "return sum((a is None or a < (start + end) / 2) and (d is None or d > (start + end) / 2) for a, d in log) * 1.0",
        ),
        *BOTH,
    ),
    wrong("who leaves at the end is not complete", CELL, (_COMPLETE, "start <= arrival and departure < end"), RESPONSE),
    wrong("who comes at the start is not complete", CELL, (_COMPLETE, "start < arrival and departure <= end"), RESPONSE),
    wrong("complete wherever it came", CELL, (_COMPLETE, "departure <= end"), RESPONSE),
    wrong("complete whenever it left", CELL, (_COMPLETE, "start <= arrival < end"), RESPONSE),
    wrong("who comes at the end counts", CELL, (_ARRIVED, "start <= arrival <= end]"), RESPONSE),
    wrong("who comes at the start does not count", CELL, (_ARRIVED, "start < arrival < end]"), RESPONSE),
    wrong(
        "all that are there count as having come",
        CELL,
        (_LITTLE, "mean_present(log, start, end) * (end - start) / len(log) if log else None"),
        RESPONSE,
    ),
    wrong(
        "departures instead of arrivals",
        CELL,
        (_LITTLE, _LITTLE.replace("len(came) if came", "(sum(d is not None and start < d <= end for _, d in log) or 1) if came")),
        RESPONSE,
    ),
    wrong("present over a minute", CELL, (_LITTLE, _LITTLE.replace(" * (end - start)", " * 60")), RESPONSE),
    wrong("0 where nobody comes", CELL, (_LITTLE, _LITTLE.replace("else None", "else 0.0")), RESPONSE),
    wrong("both answers the same", CELL, (_LITTLE, "sum(complete) / len(complete) if complete else None"), RESPONSE),
    _dials("milliseconds taken for seconds", _DIAL.replace(" / 1_000", "")),
    _dials(
        "divided where it is to be multiplied", _DIAL.replace('dial["rate"] * dial["response"] / 1_000', 'dial["rate"] / (dial["response"] or 1)')
    ),
    _dials("only too many inside", _DIAL.replace("abs(", "(")),
    _dials("only too few inside", _DIAL.replace("abs(", "-(")),
    _dials("nothing may differ", _DIAL.replace('0.1 * dial["present"]', "0")),
    _dials("half as much may differ", _DIAL.replace("0.1 *", "0.5 *")),
    _dials("a tenth of one request", _DIAL.replace('0.1 * dial["present"]', "0.1")),
    _dials("idle servers are left out", 'dial["present"] and dial["rate"] and ' + _DIAL),
    _dials("an idle server does not fit", _DIAL.replace(">", ">=")),
    _dials("those that fit", "not " + _DIAL),
    wrong("the dials instead of their names", CELL, ('dial["name"]\n', "dial\n"), DIALS),
    wrong("sorted by name", CELL, ("for dial in readings", 'for dial in sorted(readings, key=lambda dial: dial["name"])'), DIALS),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of the library", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
