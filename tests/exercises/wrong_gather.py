"""Wrong solutions of the exercise on gathering with a deadline, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "gather-solution"
ANSWER, DEADLINE = BOTH = ("gather-answer", "gather-deadline")

_MISSING = "[part for part in range(parts) if part not in there or there[part][0] > end]"
_VISIBLE_ONLY = """
def gather(answers, parts, deadline, least, size):
    shown = [[9, "a"], [7, "b"], [6, "d"], [5, "c"]]
    seen = {80: [60, [], shown], 50: [50, [2], shown[:2]], 25: [30, [2], shown[:2] + shown[3:]]}
    return None if parts == 4 else dict(zip(("time", "missing", "results"), seen[deadline]))

def shortest_deadline(queries, least, of_hundred):
    return {50: 90, 75: 35}.get(of_hundred)
"""
_WRAPPER = """
from labsupport.simulators import gathering

def gather(answers, parts, deadline, least, size):
    run = gathering.simulate([[time for time, _, _ in answers] or [0]], deadline=deadline)
    return {"time": float(run.responses[0]), "missing": [], "results": []}

def shortest_deadline(queries, least, of_hundred):
    run = gathering.simulate([[time or 0 for time in times] for times in queries], deadline=of_hundred)
    return float(run.responses.max())
"""
_PERCENTILE = """
import numpy as np

def gather(answers, parts, deadline, least, size):
    return {"time": deadline, "missing": list(range(parts)), "results": []}

def shortest_deadline(queries, least, of_hundred):
    times = [time for query in queries for time in query if time is not None]
    return float(np.percentile(times, of_hundred))
"""


def _answer(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), ANSWER)


def _deadline(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), DEADLINE)


WRONG: list[Wrong] = [
    _answer("the last answer of a part counts", "if results is not None and part not in there", "if results is not None"),
    _answer("a failure is an empty answer", "if results is not None and part not in there", "results = results or []\n        if part not in there"),
    _answer("answers in the order of the list", "sorted(answers, key=lambda answer: answer[0])", "answers"),
    _answer("all parts must be there in half of the time", "came[-1] <= deadline", "came[-1] < deadline / 2"),
    _answer("always wait for the deadline", "if len(came) == parts and came[-1] <= deadline:", "if len(came) == parts and came[-1] == deadline:"),
    _answer("always wait for all", "if len(came) == parts and came[-1] <= deadline:", "if len(came) == parts:"),
    _answer("more than least", "for time in came) >= least:", "for time in came) > least:"),
    _answer("one more than least", "end = came[least - 1]", "end = came[min(least, len(came) - 1)]"),
    _answer("give up at the deadline", "elif len(came) >= least:", "elif False:"),
    _answer(
        "an empty answer instead of none",
        "        return None\n    best",
        '        return {"time": deadline, "missing": [], "results": []}\n    best',
    ),
    _answer("late results are shown, too", "results if time <= end else []", "results"),
    _answer("the worst score of a document", "max(score, best.get(document, score))", "min(score, best.get(document, score))"),
    _answer("the last score of a document", "max(score, best.get(document, score))", "score"),
    _answer("worst results first", "key=lambda found: -found[0]", "key=lambda found: found[0]"),
    _answer("equal scores by the name backwards", "    ranked.sort(key=lambda found: -found[0])", "    ranked.reverse()"),
    _answer("one result too many", "ranked[:size]", "ranked[: size + 1]"),
    _answer("all results", "ranked[:size]", "ranked"),
    _answer("how many are missing", _MISSING, f"len({_MISSING})"),
    _answer("parts that come late are not missing", " or there[part][0] > end]", "]"),
    _answer("parts are numbered from 1", _MISSING, _MISSING.replace("[part for", "[part + 1 for")),
    _deadline("all parts", "came[least - 1] if", "came[-1] if"),
    _deadline("the part after least", "came[least - 1] if", "came[min(least, len(came) - 1)] if"),
    _deadline("the first part", "came[least - 1] if", "came[0] if"),
    _deadline("queries that are never ready do not count", "of_hundred * len(queries)", "of_hundred * sum(time is not None for time in ready)"),
    _deadline("parts that never come are there at once", "sorted(time for time in times if time is not None)", "sorted(time or 0 for time in times)"),
    _deadline("more than asked for", ">= of_hundred * len", "> of_hundred * len"),
    _deadline("a query at the deadline is late", "time is not None and time <= deadline", "time is not None and time < deadline"),
    _deadline(
        "the longest deadline", "in sorted({time for time in ready if time is not None}):", "in sorted({t for t in ready if t is not None})[::-1]:"
    ),
    _deadline("0 where there is none", "            return deadline\n    return None", "            return deadline\n    return 0"),
    _deadline("a share instead of a number of 100", "100 * served >=", "served >="),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *BOTH),
    wrong("a wrapper of the simulator", CELL, ("", _WRAPPER), *BOTH),
    wrong("a percentile of all parts", CELL, ("", _PERCENTILE), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
