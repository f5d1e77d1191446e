"""Wrong solutions of the exercise on telling queues apart, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "queues-solution"
OVERTAKEN, WHICH, WORK = ALL = ("queues-overtaken", "queues-which", "queues-work")

_WHICH = 'return "one" if most == 0 else "four" if most < 4 else "sharing"'
_COUNT = "sum(earlier > departure for _, earlier in log[:number])"
_WORKED = "worked.append(departure - max(arrival, free))"

_VISIBLE_ONLY = """
def overtaken(log):
    return {3: 0, 4: 2, 0: 0}[len(log)]

def which_queue(log):
    return {0: "one", 1: "four", 2: "sharing"}[int(log[-1][1]) % 3]

def service_times(log):
    return [4, 2, 1][: len(log)]
"""
_WRAPPERS = """
from labsupport.simulators import queueing

def simulated(log):
    return queueing.simulate([pair[0] for pair in log], [pair[1] - pair[0] for pair in log])

def overtaken(log):
    return int(simulated(log).utilization)

def which_queue(log):
    return simulated(log).discipline

def service_times(log):
    return simulated(log).responses
"""


def _overtaken(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *(loses or (OVERTAKEN,)))


def _which(name: str, new: str) -> Wrong:
    return wrong(name, CELL, (_WHICH, new), WHICH)


def _work(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), WORK)


WRONG: list[Wrong] = [
    _overtaken("the one before only", "in log[:number])", "in log[max(0, number - 1) : number])", OVERTAKEN, WHICH),
    _overtaken("who is overtaken, and not who overtakes", _COUNT, "sum(later < departure for _, later in log[number:])", OVERTAKEN, WHICH),
    _overtaken("all who leave later", "in log[:number])", "in log)", OVERTAKEN, WHICH),
    _overtaken("itself, too", _COUNT, "sum(earlier >= departure for _, earlier in log[: number + 1])", OVERTAKEN, WHICH),
    _overtaken("an error for an empty log", "        default=0,\n", ""),
    _overtaken("nobody is none", "default=0", "default=None"),
    _overtaken(
        "by the responses", "for _, earlier in log[:number])", "for came, earlier in log[:number] if earlier - came > departure)", OVERTAKEN, WHICH
    ),
    _overtaken("a share of the requests", _COUNT, _COUNT + " / len(log)", OVERTAKEN, WHICH),
    _overtaken("the first ten only", "in log[:number])", "in log[: min(number, 2)])", OVERTAKEN, WHICH),
    _overtaken("whether, and not how many", _COUNT, "int(any(earlier > departure for _, earlier in log[:number]))", OVERTAKEN, WHICH),
    _which("one or four", 'return "one" if most == 0 else "four"'),
    _which("one or sharing", 'return "one" if most == 0 else "sharing"'),
    _which("four overtakes are possible for four", _WHICH.replace("most < 4", "most < 8")),
    _which("two overtakes are too many for four", _WHICH.replace("most < 4", "most < 3")),
    _which("always one", 'return "one"'),
    _which("by the mean response", 'return "one" if np.mean([b - a for a, b in log]) < 5 else "sharing"'),
    _which(
        "by the 99th percentile",
        'longest = np.percentile([b - a for a, b in log], 99)\n    return "one" if longest < 16 else "four" if longest < 22 else "sharing"',
    ),
    _which("in capitals", 'return "One" if most == 0 else "Four" if most < 4 else "Sharing"'),
    _which("by number", "return 0 if most == 0 else 1 if most < 4 else 2"),
    _work("the response times", _WORKED, "worked.append(departure - arrival)"),
    _work("from one departure to the next", _WORKED, "worked.append(departure - free)"),
    _work("the waiting", _WORKED, "worked.append(max(0, free - arrival))"),
    _work("the wait is taken off twice", _WORKED, "worked.append(departure - max(arrival, free) - max(0, free - arrival))"),
    _work("free when the last one came", "        free = departure\n", "        free = arrival\n"),
    _work("the first one is left out", "    return worked\n", "    return worked[1:]\n"),
    _work("longest first", "    return worked\n", "    return sorted(worked, reverse=True)\n"),
    _work("the mean of all", "    return worked\n", "    return sum(worked) / len(worked)\n"),
    _work("in milliseconds", "    return worked\n", "    return [1_000 * time for time in worked]\n"),
    _work("whole seconds", "    return worked\n", "    return [round(time) for time in worked]\n"),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of the simulator", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
