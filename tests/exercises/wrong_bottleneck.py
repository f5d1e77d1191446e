"""Wrong solutions of the exercise on a pipeline's log, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "bottleneck-solution"
LIMITS, HELP = BOTH = ("bottleneck-limits", "bottleneck-help")

_LIMIT = "    return {stage: 1_000 * len(workers[stage]) * len(requests) / busy[stage] for stage in busy}\n"
_CHOICE = "        slowest = min(sorted(limits), key=limits.get)\n"

_VISIBLE_ONLY = """
def stage_limits(log):
    return {4: {"cut": 100.0, "sew": 100.0}}.get(len(log), {"cut": 50.0, "sew": 100.0} if log[-1][0] == 1 else {"cut": 100.0, "sew": 150.0})

def help_in_turn(log, extra):
    return {"helped": ["sew", "pack", "sew"][:extra], "limit": 100.0 if extra else 1000 / 30}
"""
_WRAPPER = """
from labsupport.theory import bottleneck_throughput

def stage_limits(log):
    return {stage: 1000 * bottleneck_throughput([end - begin], [worker + 1]) for _, stage, worker, begin, end in log}

def help_in_turn(log, extra):
    limits = stage_limits(log)
    return {"helped": sorted(limits, key=limits.get)[:extra], "limit": min(limits.values())}
"""
_HARD_CODED = """
def stage_limits(log):
    return {"accept": 200.0, "parse": 125.0, "price": 66.7, "stock": 83.3}

def help_in_turn(log, extra):
    return {"helped": ["price"] * extra, "limit": 83.3}
"""

WRONG: list[Wrong] = [
    wrong("a thousandth of it", CELL, ("1_000 * len(workers", "len(workers"), *BOTH),
    wrong("a visit counts as a request", CELL, ("requests.add(request)", "requests.add((request, begin))"), *BOTH),
    wrong("one worker at each stage", CELL, ("1_000 * len(workers[stage])", "1_000"), *BOTH),
    wrong("only requests that reach the first stage", CELL, ("requests.add(request)", "requests.add(request if stage == log[0][1] else 0)"), *BOTH),
    wrong("idle time counts as work", CELL, (_LIMIT, _LIMIT.replace("busy[stage] for", "(log[-1][4] - log[0][3]) for")), *BOTH),
    wrong("the workers of all stages", CELL, ("* len(workers[stage])", "* len({line[2] for line in log})"), *BOTH),
    wrong("workers counted by their numbers", CELL, ("* len(workers[stage])", "* (1 + max(workers[stage]))"), LIMITS),
    wrong(
        "an empty log stops it",
        CELL,
        ("    requests, busy, workers = set(), {}, {}\n", "    requests, busy, workers = set(log[0][:0]), {}, {}\n"),
        LIMITS,
    ),
    wrong("a failed visit is no work", CELL, ("busy.get(stage, 0.0) + end - begin", "max(busy.get(stage, 0.0), end - begin)"), *BOTH),
    wrong("the mean of a visit", CELL, ("* len(requests) / busy", "* sum(line[1] == stage for line in log) / busy"), *BOTH),
    wrong("the slowest stage gets all", CELL, (_CHOICE, "        slowest = helped[0] if helped else min(sorted(limits), key=limits.get)\n"), HELP),
    wrong("the fastest stage is helped", CELL, (_CHOICE, _CHOICE.replace("min(", "max(")), HELP),
    wrong("of equals the first in the log", CELL, (_CHOICE, _CHOICE.replace("sorted(limits)", "limits")), HELP),
    wrong("of equals the last of the alphabet", CELL, (_CHOICE, _CHOICE.replace("sorted(limits)", "sorted(limits, reverse=True)")), HELP),
    wrong("one more worker doubles it", CELL, ("(teams[slowest] + 1) / teams[slowest]", "2"), HELP),
    wrong("the team stays as it was", CELL, ("        teams[slowest] += 1\n", ""), HELP),
    wrong("the limit of the best stage", CELL, ('"limit": min(', '"limit": max('), HELP),
    wrong("the limits of all stages", CELL, ('"limit": min(limits.values())', '"limit": limits'), HELP),
    wrong("how many were helped", CELL, ('"helped": helped', '"helped": len(helped)'), HELP),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *BOTH),
    wrong("hard-coded", CELL, ("", _HARD_CODED), *BOTH),
    wrong("a wrapper of the theory", CELL, ("", _WRAPPER), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
