"""Wrong solutions of the exercise on a lookup with levels, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "levels-solution"
MEAN, GOAL = BOTH = ("levels-mean", "levels-goal")

_NONE = "    if best > goal:\n        return None\n"
_ZERO = "    if worst <= goal:\n        return 0.0\n"
_ANSWER = "return (worst - goal) / (worst - best)"

_VISIBLE_ONLY = """
def mean_latency(levels, last):
    return {200.0: 27.5, 100.0: 102.0, 80.0: 80.0}.get(last, 0.0)

def needed_hit_ratio(levels, last, place, goal):
    return {23.0: 0.6, 0.5: None}.get(goal, 0.0)
"""
_WRAPPER = """
from labsupport.theory import amdahl_speedup

def mean_latency(levels, last):
    hits = sum(hit for _, hit in levels) / max(1, len(levels))
    return last / amdahl_speedup(hits, 1e9)

def needed_hit_ratio(levels, last, place, goal):
    return max(0.0, 1 - goal / last)
"""
_HARD_CODED = """
def mean_latency(levels, last):
    return 27.5

def needed_hit_ratio(levels, last, place, goal):
    return 0.6
"""

WRONG: list[Wrong] = [
    wrong(
        "one level after the other by recursion",
        CELL,
        (
            "latency, arriving = 0.0, 1.0",
            "if levels:\n        return levels[0][0] + (1 - levels[0][1]) * mean_latency(levels[1:], last)\n    latency, arriving = 0.0, 1.0",
        ),
        *BOTH,
    ),
    wrong("hit ratios add up", CELL, ("arriving *= 1 - hit", "arriving -= hit"), *BOTH),
    wrong("only a hit pays the look", CELL, ("arriving * look", "arriving * hit * look"), *BOTH),
    wrong("everybody pays every look", CELL, ("arriving * look", "look"), *BOTH),
    wrong("only the last level's misses go on", CELL, ("arriving *= 1 - hit", "arriving = 1 - hit"), *BOTH),
    wrong("hits go on", CELL, ("arriving *= 1 - hit", "arriving *= hit"), *BOTH),
    wrong("the database takes nothing", CELL, (" + arriving * last", ""), *BOTH),
    wrong("everybody asks the database", CELL, (" + arriving * last", " + last"), *BOTH),
    wrong("the first level is forgotten", CELL, ("in levels:", "in levels[1:]:"), *BOTH),
    wrong("three levels at most", CELL, ("in levels:", "in levels[:3]:"), *BOTH),
    wrong("whole milliseconds", CELL, ("return latency + arriving * last", "return round(latency + arriving * last)"), *BOTH),
    wrong("no levels stop it", CELL, ("latency, arriving = 0.0, 1.0", "latency, arriving = 0.0 * levels[0][0], 1.0"), MEAN),
    wrong("nothing is never enough", CELL, (_ZERO, ""), GOAL),
    wrong("everything is always enough", CELL, (_NONE, ""), GOAL),
    wrong("1 where it cannot be", CELL, (_NONE, _NONE.replace("None", "1.0")), GOAL),
    wrong("None where nothing is needed", CELL, (_ZERO, _ZERO.replace("0.0", "None")), GOAL),
    wrong("a goal just met is missed", CELL, ("if best > goal:", "if best >= goal:"), GOAL),
    wrong("the miss ratio instead", CELL, (_ANSWER, "return (goal - best) / (worst - best)"), GOAL),
    wrong("in hundredths", CELL, (_ANSWER, "return round((worst - goal) / (worst - best), 2)"), GOAL),
    wrong("levels counted from 1", CELL, ("look = levels[place][0]", "place -= 1\n        look = levels[place][0]"), GOAL),
    wrong("the level stays as it is", CELL, ("(look, hit), *levels", "levels[place], *levels"), GOAL),
    wrong("the levels behind are forgotten", CELL, (", *levels[place + 1 :]]", "]"), GOAL),
    wrong("the levels before are forgotten", CELL, ("[*levels[:place], ", "["), GOAL),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *BOTH),
    wrong("hard-coded", CELL, ("", _HARD_CODED), *BOTH),
    wrong("a wrapper of the theory", CELL, ("", _WRAPPER), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
