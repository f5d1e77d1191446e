"""Wrong solutions of the exercise on writes, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "writes-solution"
ACCOUNT, INTERVAL = BOTH = ("writes-account", "writes-interval")

_FLUSH = """        if second % interval == 0:
            back += len(dirty)
            dirty.clear()
"""
_WRITE = """        written = written_in.get(second, [])
        through += len(written)
        dirty.update(written)
"""
_SAFE = "    safe = [interval for interval in candidates if worst_loss(interval) <= limit]\n"
_BEST = "    return max(safe, default=None)\n"

_VISIBLE_ONLY = """
def account(log, interval, dies_at):
    counts = {(4, 5, 8): (4, 2), (4, 3, 6): (4, 3), (4, 2, 2): (2, 1), (0, 5, 100): (0, 0)}.get((len(log), interval, dies_at), (0, 0))
    lost = {(6, 5, 8): ["a", "c"], (6, 4, 8): [], (6, 100, 5): ["a", "b"]}.get((len(log), interval, dies_at), [])
    return {"write_through": counts[0], "write_back": counts[1], "lost": lost}

def longest_interval(log, limit, candidates):
    return {2: 3, 0: None}.get(limit, 4)
"""
_WRAPPER = """
from labsupport.simulators import caching

def account(log, interval, dies_at):
    trace = [hash(key) % 1000 for _, key in log]
    done = caching.simulate_writes("write_back", trace, [True] * len(trace), 1000)
    return {"write_through": len(trace), "write_back": int(done.backend_writes), "lost": sorted({key for _, key in log})}

def longest_interval(log, limit, candidates):
    return max(candidates)
"""
_HARD_CODED = """
def account(log, interval, dies_at):
    return {"write_through": len(log), "write_back": 2, "lost": ["a", "b"]}

def longest_interval(log, limit, candidates):
    return candidates[len(candidates) // 2]
"""

_FIRST_UNSAFE = """    best = None
    for interval in sorted(candidates):
        if worst_loss(interval) > limit:
            break
        best = interval
    return best
"""

WRONG: list[Wrong] = [
    wrong(
        "write-back does not merge", CELL, ("            back += len(dirty)\n", "            back = sum(at <= second for at, _ in log)\n"), ACCOUNT
    ),
    wrong("write-through merges, too", CELL, ("through += len(written)", "through += len(set(written) - dirty)"), ACCOUNT),
    wrong("every write of the log counts", CELL, ('"write_through": through', '"write_through": len(log)'), ACCOUNT),
    wrong("what is lost counts as written", CELL, ('"write_back": back', '"write_back": back + len(dirty)'), ACCOUNT),
    wrong("counts come back as text", CELL, ('"write_back": back', '"write_back": str(back)'), ACCOUNT),
    wrong("never flushed", CELL, (_FLUSH, ""), *BOTH),
    wrong("flushed before the writes of its second", CELL, (_WRITE + _FLUSH, _FLUSH + _WRITE), *BOTH),
    wrong("no flush in the second of death", CELL, ("if second % interval == 0:", "if second % interval == 0 and second < dies_at:"), *BOTH),
    wrong("one last flush at death", CELL, ("if second % interval == 0:", "if second % interval == 0 or second == dies_at:"), *BOTH),
    wrong("a flush cleans nothing", CELL, ("            dirty.clear()\n", ""), *BOTH),
    wrong("the first flush comes at once", CELL, ("if second % interval == 0:", "if (second - 1) % interval == 0:"), *BOTH),
    wrong("death is ignored", CELL, ("range(1, dies_at + 1)", "range(1, max((at for at, _ in log), default=0) + 1)"), *BOTH),
    wrong("dead one second early", CELL, ("range(1, dies_at + 1)", "range(1, dies_at)"), *BOTH),
    wrong("lost keys come back unsorted", CELL, ("sorted(dirty)", "sorted(dirty, reverse=True)"), ACCOUNT),
    wrong("lost keys come back as a number", CELL, ('"lost": sorted(dirty)}', '"lost": len(dirty)}'), ACCOUNT, INTERVAL),
    wrong(
        "lost keys come back once for each write",
        CELL,
        ("sorted(dirty)", "sorted(key for at, key in log if at <= dies_at and key in dirty and at > dies_at // interval * interval)"),
        ACCOUNT,
        INTERVAL,
    ),
    wrong("every key written is lost", CELL, ("sorted(dirty)", "sorted({key for at, key in log if at <= dies_at})"), ACCOUNT, INTERVAL),
    wrong("the shortest safe interval", CELL, ("max(safe", "min(safe"), INTERVAL),
    wrong("fewer keys than the limit", CELL, ("<= limit", "< limit"), INTERVAL),
    wrong("the cache dies at the end of the log only", CELL, ("range(1, log[-1][0] + 1)", "[log[-1][0]]"), INTERVAL),
    wrong("the last second is forgotten", CELL, ("range(1, log[-1][0] + 1)", "range(1, log[-1][0])"), INTERVAL),
    wrong("the mean loss decides", CELL, ("return max(len(", "return 1 / len(ends) * sum(len("), INTERVAL),
    wrong("stops at the first interval that is unsafe", CELL, (_SAFE + _BEST, _FIRST_UNSAFE), INTERVAL),
    wrong(
        "candidates are taken as sorted",
        CELL,
        (_BEST, "    return safe[-1] if safe else None\n"),
        INTERVAL,
    ),
    wrong("0 where none is safe", CELL, ("default=None)", "default=0)"), INTERVAL),
    wrong(
        "any interval, not only the candidates", CELL, ("for interval in candidates if", "for interval in range(1, max(candidates) + 1) if"), INTERVAL
    ),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *BOTH),
    wrong("hard-coded", CELL, ("", _HARD_CODED), *BOTH),
    wrong("a wrapper of the simulator", CELL, ("", _WRAPPER), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
