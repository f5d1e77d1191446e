"""Wrong solutions of the exercise on copies and quorums, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "quorums-solution"
ANSWERED, CHOICE = BOTH = ("quorums-answered", "quorums-choice")

_GOOD = "            return [copies, *min(good)[1:]]"
_VISIBLE_ONLY = """
def answered(copies, quorum, node_up, zone_up):
    seen = {((3,), 2): 0.972, ((1, 1), 1): 0.9639, ((2,), 1): 0.891, ((2, 1), 2): 0.9606762, ((2, 1), 3): 0.7144929}
    return seen[tuple(copies), quorum]

def choose_quorums(order):
    return None if order["zone_up"] < 1 else [2, 1, 1] if order["stale"] else [4, 2, 3]
"""
_WRAPPERS = """
from labsupport.theory import k_of_n_availability

def answered(copies, quorum, node_up, zone_up):
    return float(k_of_n_availability(quorum, sum(copies), node_up))

def choose_quorums(order):
    return [3, 2, 2]
"""
_PRODUCT = """
from labsupport.theory import k_of_n_availability

def answered(copies, quorum, node_up, zone_up):
    return float(k_of_n_availability(min(quorum, sum(copies)), sum(copies), node_up * zone_up))

def choose_quorums(order):
    return [5, 3, 3]
"""

WRONG: list[Wrong] = [
    wrong("zones are never down", CELL, ("        zone[0] += 1 - zone_up\n", "        zone[0] += 0.0\n"), *BOTH),
    wrong("a zone that is down counts twice", CELL, ("zone[0] += 1 - zone_up", "zone[0] += 2 * (1 - zone_up)"), *BOTH),
    wrong("more than the quorum", CELL, ("sum(exactly[quorum:])", "sum(exactly[quorum + 1 :])"), *BOTH),
    wrong("exactly the quorum", CELL, ("sum(exactly[quorum:])", "sum(exactly[quorum : quorum + 1])"), *BOTH),
    wrong("at most the quorum", CELL, ("sum(exactly[quorum:])", "sum(exactly[: quorum + 1])"), *BOTH),
    wrong("no binomial coefficient", CELL, ("zone_up * comb(here, k) *", "zone_up *"), *BOTH),
    wrong("a quorum beyond the copies is met", CELL, ("sum(exactly[quorum:])", "sum(exactly[min(quorum, sum(copies)) :])"), ANSWERED),
    wrong("the chance that it fails", CELL, ("return sum(exactly[quorum:])", "return sum(exactly[:quorum])"), *BOTH),
    wrong("rounded to four digits", CELL, ("return sum(exactly[quorum:])", "return round(sum(exactly[quorum:]), 4)"), *BOTH),
    wrong("the last zone only", CELL, ("    for here in copies:", "    for here in copies[-1:]:"), *BOTH),
    wrong("all copies in the first zone", CELL, ("    for here in copies:", "    for here in [sum(copies)]:"), *BOTH),
    wrong("copies in the first zones only", CELL, ("spread = [copies // zones + (zone < copies % zones)", "spread = [copies * (zone == 0)"), CHOICE),
    wrong("at most eight copies", CELL, ("range(1, 10)", "range(1, 9)"), CHOICE),
    wrong("at least two copies", CELL, ("range(1, 10)", "range(3, 10)"), CHOICE),
    wrong("read and write exchanged", CELL, (_GOOD, "            return [copies, *min(good)[:0:-1]]"), CHOICE),
    wrong("the most answers to wait for", CELL, ("*min(good)[1:]", "*max(good)[1:]"), CHOICE),
    wrong("reads and writes alike", CELL, ("(reads * read + (1 - reads) * write, read, write)", "(read + write, read, write)"), CHOICE),
    wrong("stale reads do not matter", CELL, ('<= order["stale"]', "<= 1"), CHOICE),
    wrong("quorums must always overlap", CELL, ('missed_quorum_probability(copies, read, write) <= order["stale"]', "read + write > copies"), CHOICE),
    wrong("overlap is half of all", CELL, ('missed_quorum_probability(copies, read, write) <= order["stale"]', "read + write >= copies"), CHOICE),
    wrong("writes need not be answered", CELL, (' and up[write] >= order["write"]', ""), CHOICE),
    wrong(
        "both must be answered", CELL, ('up[read] >= order["read"] and up[write] >= order["write"]', 'up[read] * up[write] >= order["read"]'), CHOICE
    ),
    wrong("an empty list where nothing will do", CELL, ("    return None\n", "    return []\n"), CHOICE),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *BOTH),
    wrong("a wrapper of k out of n", CELL, ("", _WRAPPERS), *BOTH),
    wrong("zones and nodes multiplied", CELL, ("", _PRODUCT), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
