"""Wrong solutions of the exercise on coordinated omission, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "omission-solution"
DUE, FILLED = ALL = ("omission-due", "omission-filled")

_DUE = "return [sent + took - number * interval for number, (sent, took) in enumerate(log)]"
_LIST = "everything = list(times)"
_REST = "rest = value - interval"
_WHILE = "while rest >= interval:"
_ADD = "everything.append(rest)"
_P99 = "p99 = float(np.percentile(everything, 99)) if everything else None"
_RETURN = 'return {"omitted": len(everything) - len(times), "p99": p99}'

_VISIBLE_ONLY = """
def since_due(log, interval):
    return [25, 20, 15, 10, 5][:len(log)]

def filled(times, interval):
    return {2: {"omitted": 3, "p99": 44.6}, 1: {"omitted": 2, "p99": 29.8}, 0: {"omitted": 0, "p99": None}}[len(times)]
"""
_WRAPPERS = """
from labsupport.simulators import estimates, queueing

def since_due(log, interval):
    return queueing.simulate([k * interval for k in range(len(log))], [took for _, took in log]).waits

def filled(times, interval):
    return {"omitted": 0, "p99": estimates.percentile(times, 0.99).value}
"""
_RECURSION = """
def since_due(log, interval):
    def from_here(number):
        if number == len(log):
            return []
        sent, took = log[number]
        return [sent + took - number * interval] + from_here(number + 1)

    return from_here(0)


def filled(times, interval):
    everything = list(times)
    for value in times:
        while value >= 2 * interval:
            value -= interval
            everything.append(value)
    p99 = float(np.percentile(everything, 99)) if everything else None
    return {"omitted": len(everything) - len(times), "p99": p99}
"""


def _filled(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), FILLED)


def _due(name: str, new: str) -> Wrong:
    return wrong(name, CELL, (_DUE, new), DUE)


WRONG: list[Wrong] = [
    _due("as the tester saw it", "return [took for sent, took in log]"),
    _due("the delay alone", _DUE.replace(" + took", "")),
    _due("counted from 1", _DUE.replace("enumerate(log)", "enumerate(log, 1)")),
    _due(
        "due one interval after the one before was sent",
        "return [t + max(0, s - (log[max(0, k - 1)][0] + interval)) for k, (s, t) in enumerate(log)]",
    ),
    _due("at least an interval", "return [max(interval, s + t - k * interval) for k, (s, t) in enumerate(log)]"),
    _due("the tester was never late", "return [min(t, s + t - k * interval) for k, (s, t) in enumerate(log)]"),
    _due("when the answer came", "return [sent + took for sent, took in log]"),
    _due("the slow ones only", _DUE.replace("enumerate(log)", "enumerate(log) if took > interval")),
    wrong("one request after the other by recursion", CELL, ("", _RECURSION), DUE),
    _due("five thousand requests at most", _DUE.replace("enumerate(log)", "enumerate(log[:5_000])")),
    _due("in seconds", _DUE.replace("sent + took - number * interval", "(sent + took - number * interval) / 1_000")),
    _filled("nothing is filled in", _WHILE, "while False:"),
    _filled("one for each long answer", _WHILE, "if rest >= interval:"),
    _filled("all as long as the long one", _ADD, "everything.append(value)"),
    _filled("down to nothing", _WHILE, "while rest > 0:"),
    _filled("longer than an interval only", _WHILE, "while rest > interval:"),
    _filled("the long one twice", _REST, "rest = value"),
    _filled("one interval too short", _REST, "rest = value - 2 * interval"),
    _filled("halves", "rest -= interval", "rest /= 2"),
    _filled("the longest only", "for value in times:", "for value in sorted(times)[-1:]:"),
    _filled("for the first five thousand", "for value in times:", "for value in times[:5_000]:"),
    _filled("as many as there are in all", _RETURN, _RETURN.replace(" - len(times)", "")),
    _filled("the p99 as the tester saw it", _P99, _P99.replace("(everything", "(times").replace("if everything", "if times")),
    _filled("the p99 of what was left out", _P99, _P99.replace("(everything", "(everything[len(times):] or [0]")),
    _filled("the percentile 95", _P99, _P99.replace("99))", "95))")),
    _filled("another method", _P99, _P99.replace("99))", '99, method="higher"))')),
    _filled("zero for no time at all", _P99, _P99.replace("else None", "else 0")),
    _filled("an error for no time at all", _P99, _P99.replace(" if everything else None", "")),
    _filled("the caller's list grows", _LIST, "before, everything = len(times), times\n    times = times[:]"),
    _filled("a number alone", _RETURN, "return p99"),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of the library", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
