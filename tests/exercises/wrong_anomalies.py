"""Wrong solutions of the exercise on anomalies, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "anomalies-solution"
BOTH = FOUND, LIVE = ("anomalies-found", "anomalies-live")

_USUAL = "usual = sorted(earlier)[len(earlier) // 2] if len(earlier) >= 2 else value"
_EARLIER = "earlier = values[index % week : index : week]"
_OFF = "off.append(abs(value - usual) > 0.22 * usual)"
_TWO = "if off[-2:] == [True, True]:"

_WRAPPER = """
from labsupport.simulators import anomalies

def alarms(values):
    if len(values) < 2:
        return []
    return np.flatnonzero(anomalies.expect("%s", values).alarms(values, %s, hold=2))
"""
_AFTERWARDS = """
def alarms(values):
    if len(values) < 672:
        return []
    table = np.array(values[: len(values) // 672 * 672]).reshape(-1, 672)
    usual = np.tile(np.median(table, axis=0), len(table) + 1)[: len(values)]
    off = np.abs(np.array(values) - usual) > 0.22 * usual
    return np.flatnonzero(off[1:] & off[:-1]) + 1
"""


def _usual(name: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (_USUAL, f"usual = {new} if len(earlier) >= 2 else value"), *loses)


def _loop(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *loses)


WRONG: list[Wrong] = [
    _usual("the mean of the last two weeks", "float(np.mean(earlier[-2:]))", FOUND),
    _usual("the least there was", "min(earlier)", FOUND),
    _usual("a week ago", "earlier[-1]", FOUND),
    _usual("the most there was", "max(earlier)", FOUND),
    _loop("of all hours together", _EARLIER, "earlier = values[max(0, index - week) : index]", *BOTH),
    _loop("the same hour of any day", _EARLIER, "earlier = values[index % 96 : index : 96]", FOUND),
    _loop("a line one value too late", _EARLIER, "earlier = values[max(0, index - 4) : index]", FOUND),
    _loop("with the value itself among them", _EARLIER, "earlier = [values[index]]", *BOTH),
    _loop("as much at night as at noon", _OFF, "off.append(abs(value - usual) > 220)", FOUND),
    _loop("only what is more", _OFF, "off.append(value - usual > 0.22 * usual)", *BOTH),
    _loop("only what is less", _OFF, "off.append(usual - value > 0.22 * usual)", *BOTH),
    _loop("hardly anything is usual", _OFF, "off.append(abs(value - usual) > 0.05 * usual)", FOUND),
    _loop("nearly everything is usual", _OFF, "off.append(abs(value - usual) > 0.6 * usual)", *BOTH),
    _loop("a single value is enough", _TWO, "if off[-1]:", FOUND),
    _loop("four hours must be over", _TWO, "if off[-16:] == [True] * 16:", *BOTH),
    _loop("when it is over", _TWO, "if off[-3:] == [True, True, False]:", *BOTH),
    _loop("the values themselves", "found.append(index)", "found.append(value)", *BOTH),
    _loop("counted from one", "found.append(index)", "found.append(index + 1)", LIVE),
    _loop("yes or no for each", "return found", "return [index in set(found) for index in range(len(values))]", *BOTH),
    _loop("all the time", "return found", "return list(range(len(values)))", *BOTH),
    _loop("never", "return found", "return []", *BOTH),
    _loop("a page an hour, whatever comes", "return found", "return list(range(0, len(values), 5))", *BOTH),
    wrong("with weeks to come", CELL, ("", _AFTERWARDS), LIVE),
    wrong("a wrapper of the level", CELL, ("", _WRAPPER % ("fixed", 2)), *BOTH),
    wrong("a wrapper of the moving mean", CELL, ("", _WRAPPER % ("moving", 3)), *BOTH),
    wrong("a wrapper of a week ago", CELL, ("", _WRAPPER % ("last_week", 3)), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
