"""Wrong solutions of the exercise on percentages, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "percent-solution"
COMPARED, TOGETHER, WHOLE = ALL = ("percent-compared", "percent-together", "percent-whole")

_TIME = "time = 100 * (after - before) / before"
_RATE = '"rate": 100 * (before - after) / after'
_FACTOR = '"factor": before / after'
_LEFT = "left *= 1 + percent / 100"
_RESULT = "return sum(time * change for time, change in parts) / before"

_A_WRAPPER_OF_THEORY = """
from labsupport import theory


def compared(before, after):
    return theory.amdahl_speedup(before, after)


def together(changes):
    return theory.amdahl_speedup(changes, 1)


def whole(parts):
    return theory.amdahl_speedup(0.5, parts)
"""


def _wrong(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *loses)


WRONG: list[Wrong] = [
    _wrong("saved time without its sign", _TIME, "time = 100 * (before - after) / before", COMPARED),
    _wrong(
        "one change after the other by recursion",
        "left = 1.0",
        "if changes:\n        return changes[0] + (1 + changes[0] / 100) * together(changes[1:])\n    left = 1.0",
        TOGETHER,
    ),
    _wrong("a share of what is left", _TIME, "time = 100 * (after - before) / max(after, 1e-9)", COMPARED),
    _wrong("what is left instead of the change", _TIME, "time = 100 * after / before", COMPARED),
    _wrong("shares instead of percent", _TIME, "time = (after - before) / before", COMPARED),
    _wrong("the rate as the time turned round", _RATE, '"rate": -time', COMPARED),
    _wrong("the rate from the factor, one too high", _RATE, '"rate": 100 * before / after', COMPARED),
    _wrong("a rate that cannot fall", _RATE, '"rate": max(0.0, 100 * (before - after) / after)', COMPARED),
    _wrong("the factor the other way round", _FACTOR, '"factor": after / before', COMPARED),
    _wrong("the factor less one", _FACTOR, '"factor": before / after - 1', COMPARED),
    _wrong("no time, no thought", "    if after == 0:", "    if after < 0:", COMPARED),
    _wrong("infinitely fast", '"rate": None, "factor": None', '"rate": float("inf"), "factor": float("inf")', COMPARED),
    _wrong("whole percents", _RATE, '"rate": round(100 * (before - after) / after)', COMPARED),
    _wrong("changes added up", _LEFT, "left += percent / 100", TOGETHER),
    _wrong("the mean of the changes", "return 100 * (left - 1)", "return sum(changes) / max(len(changes), 1)", TOGETHER),
    _wrong("what is left of it", "return 100 * (left - 1)", "return 100 * left", TOGETHER),
    _wrong("saved time, positive", "return 100 * (left - 1)", "return 100 * (1 - left)", TOGETHER),
    _wrong("only the first and the last", "for percent in changes:", "for percent in changes[:1] + changes[1:][-1:]:", TOGETHER),
    _wrong("all but the first", "for percent in changes:", "for percent in changes[1:]:", TOGETHER),
    _wrong("only what is saved", "for percent in changes:", "for percent in [each for each in changes if each < 0]:", TOGETHER),
    _wrong("never above the old time", "return 100 * (left - 1)", "return min(0.0, 100 * (left - 1))", TOGETHER),
    _wrong("the largest change only", "for percent in changes:", "for percent in sorted(changes)[:1]:", TOGETHER),
    _wrong("divided instead", _LEFT, "left /= 1 - percent / 100", TOGETHER),
    _wrong("uses up the list", "    for percent in changes:", "    while changes:\n        percent = changes.pop()", TOGETHER),
    _wrong("right on the visible tests only", "return 100 * (left - 1)", "return -75.0 if changes else 0.0", TOGETHER),
    _wrong("the mean of the parts' changes", _RESULT, "return sum(change for _, change in parts) / len(parts)", WHOLE),
    _wrong("the change of the longest part", _RESULT, "return max(parts)[1]", WHOLE),
    _wrong("the changes added", _RESULT, "return sum(change for _, change in parts)", WHOLE),
    _wrong("milliseconds, not percent", _RESULT, "return sum(time * change for time, change in parts) / 100", WHOLE),
    _wrong("of what is left", _RESULT, "return sum(t * c for t, c in parts) / (sum(t * (1 + c / 100) for t, c in parts) or 1)", WHOLE),
    _wrong("only the parts that changed", "before = sum(time for time, _ in parts)", "before = sum(t for t, c in parts if c)", WHOLE),
    _wrong("only what is saved of the parts", _RESULT, "return sum(time * min(change, 0) for time, change in parts) / before", WHOLE),
    _wrong("one after the other, though side by side", _RESULT, "return together([change for _, change in parts])", WHOLE),
    _wrong("whole percents of the whole", _RESULT, "return round(sum(time * change for time, change in parts) / before)", WHOLE),
    _wrong("right on the visible parts only", _RESULT, "return -40.0 if len(parts) > 1 else -30.0", WHOLE),
    wrong("a wrapper of theory", CELL, ("", _A_WRAPPER_OF_THEORY), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
