"""Wrong solutions of the exercise on fan-out and hedging, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "fanout-solution"
ONCE, HEDGED = BOTH = ("fanout-once", "fanout-hedged")

_FIRSTS = "return widest([first for first, _ in log], limit, target)"
_ANSWERS = "[min(first, delay + second) for first, second in log]"
_HEDGED = "    return [delay, widest(answers, limit, target)]"
_INDEPENDENT = """    late = [sum(first > limit for first in firsts), sum(delay + second > limit for _, second in log)]
    slow = late[0] * late[1] / len(log) ** 2
    return [delay, max((number for number in range(1, 1_001) if 1 - (1 - slow) ** number <= target), default=0)]"""
_VISIBLE_ONLY = """
def largest_fanout(log, limit, target):
    return {(50, 0.1): 5, (40, 0.1): 5, (50, 0.01): 0, (100, 0.1): 1_000}[limit, target]

def hedged_fanout(log, limit, target, extra):
    return {0.04: [10, 10], 0.025: [40, 10], 1.0: [0, 10], 0.0: [100, 5]}[extra]
"""
_WRAPPER = """
from labsupport.theory import fanout_tail_probability

def largest_fanout(log, limit, target):
    return float(fanout_tail_probability(len(log), target))

def hedged_fanout(log, limit, target, extra):
    return [0, float(fanout_tail_probability(2, extra))]
"""
_SIMULATED = """
from labsupport.simulators import gathering

def largest_fanout(log, limit, target):
    return gathering.simulate([[first for first, _ in log]]).slow_share(limit)

def hedged_fanout(log, limit, target, extra):
    first, second = zip(*log)
    run = gathering.simulate([first], seconds=[second], delay=extra)
    return [extra, run.slow_share(limit)]
"""

WRONG: list[Wrong] = [
    wrong("an answer at the limit is slow", CELL, ("answer <= limit", "answer < limit"), *BOTH),
    wrong("the slow shares add up", CELL, ("1 - quick**number <= target", "number * (1 - quick) <= target"), *BOTH),
    wrong("all shards must be slow", CELL, ("1 - quick**number <= target", "(1 - quick) ** number <= target"), *BOTH),
    wrong("one shard more", CELL, ("default=0)", "default=0) + 1"), *BOTH),
    wrong("one shard less", CELL, ("default=0)", "default=0) - 1"), *BOTH),
    wrong("at most a hundred shards", CELL, ("range(1, 1_001)", "range(1, 101)"), *BOTH),
    wrong("at most 999 shards", CELL, ("range(1, 1_001)", "range(1, 1_000)"), *BOTH),
    wrong("at least one shard", CELL, ("default=0)", "default=1)"), *BOTH),
    wrong("nothing instead of 0", CELL, ("default=0)", "default=None)"), *BOTH),
    wrong("the second copy instead of the first", CELL, (_FIRSTS, "return widest([second for _, second in log], limit, target)"), ONCE),
    wrong("the slower of the two", CELL, (_FIRSTS, "return widest([max(pair) for pair in log], limit, target)"), ONCE),
    wrong("the faster of the two", CELL, (_FIRSTS, "return widest([min(pair) for pair in log], limit, target)"), ONCE),
    wrong("the quick ones only", CELL, (" / len(answers)\n", " / max(1, len(answers) - 1)\n"), *BOTH),
    wrong("the smallest fan-out", CELL, ("return max((number", "return min((number"), *BOTH),
    wrong("an answer at the delay is missing", CELL, ("first > delay for first", "first >= delay for first"), HEDGED),
    wrong("the longest delay", CELL, ("delay = min(wait", "delay = max(wait"), HEDGED),
    wrong("never at once", CELL, ("in {0, *firsts} if", "in {*firsts} if"), HEDGED),
    wrong("the times of second copies as delays", CELL, ("in {0, *firsts} if", "in {0, *(second for _, second in log)} if"), HEDGED),
    wrong("extra is what need not be sent", CELL, ("sent_twice(wait) <= extra", "1 - sent_twice(wait) <= extra"), HEDGED),
    wrong("less than extra", CELL, ("sent_twice(wait) <= extra", "sent_twice(wait) < extra"), HEDGED),
    wrong("the second copy from the beginning", CELL, (_ANSWERS, "[min(first, second) for first, second in log]"), HEDGED),
    wrong("the second copy counts alone", CELL, (_ANSWERS, "[first if first <= delay else delay + second for first, second in log]"), HEDGED),
    wrong("both answers are waited for", CELL, (_ANSWERS, "[max(first, delay + second) for first, second in log]"), HEDGED),
    wrong("the second copy takes no time", CELL, (_ANSWERS, "[min(first, delay) for first, _ in log]"), HEDGED),
    wrong("copies as if independent", CELL, (_HEDGED, _INDEPENDENT), HEDGED),
    wrong("the fan-out only", CELL, (_HEDGED, "    return widest(answers, limit, target)"), HEDGED),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *BOTH),
    wrong("a wrapper of the formula", CELL, ("", _WRAPPER), *BOTH),
    wrong("a wrapper of the simulator", CELL, ("", _SIMULATED), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
