"""Wrong solutions of the exercise on where adding nodes hurts, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "hurts-solution"
BEYOND, VERDICT = BOTH = ("hurts-beyond", "hurts-verdict")

_FITTED = "[jobs / seconds for _, jobs, seconds in table]"
_RETURN = 'return {"best": best, "low": others[0], "high": others[-1]}'
_HELPS = "    if np.count_nonzero(after > before) >= 475:"
_HURTS = "    if np.count_nonzero(after < before) >= 475:"
_MEASURED = """    speeds = {nodes: jobs / seconds for nodes, jobs, seconds in table}
    best = max(speeds, key=speeds.get)
    return {"best": best, "low": best, "high": best}"""
_VISIBLE_ONLY = """
def hurts_beyond(table):
    if len(table) == 5:
        return {"best": 1_000}
    return {"best": 22, "low": 22, "high": 22} if len(table) == 7 else {"best": 33, "low": 30, "high": 39}

def verdict(table, now, then):
    return {2: "helps", 100: "hurts"}.get(now, "cannot tell")
"""
_PEAK = """
from labsupport.simulators.scaling_fits import fit
from labsupport.theory import usl_peak

def hurts_beyond(table):
    law = fit([row[0] for row in table], [row[1] / row[2] for row in table])
    peak = float(usl_peak(law.contention, law.coherency))
    return {"best": peak, "low": peak, "high": peak}

def verdict(table, now, then):
    law = fit([row[0] for row in table], [row[1] / row[2] for row in table])
    return "helps" if then < usl_peak(law.contention, law.coherency) else "hurts"
"""
_BAND = """
from labsupport.simulators.scaling_fits import fit

def hurts_beyond(table):
    law = fit([row[0] for row in table], [row[1] / row[2] for row in table])
    low, high = law.band([row[0] for row in table])
    return {"best": int(low.argmax()), "low": float(low.max()), "high": float(high.max())}

def verdict(table, now, then):
    law = fit([row[0] for row in table], [row[1] / row[2] for row in table])
    low, high = law.band([now, then])
    return "helps" if low[1] > high[0] else "hurts" if high[1] < low[0] else "cannot tell"
"""


def _beyond(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), BEYOND)


def _verdict(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), VERDICT)


WRONG: list[Wrong] = [
    wrong("jobs without seconds", CELL, (_FITTED, "[jobs for _, jobs, _ in table]"), *BOTH),
    wrong("seconds a job", CELL, (_FITTED, "[seconds / jobs for _, jobs, seconds in table]"), *BOTH),
    wrong("per node", CELL, (_FITTED, "[jobs / seconds / nodes for nodes, jobs, seconds in table]"), *BOTH),
    wrong("Amdahl's law", CELL, (_FITTED + ")", _FITTED + ', law="amdahl")'), *BOTH),
    wrong("the first six rows", CELL, ("def fitted(table):\n", "def fitted(table):\n    table = table[:6]\n"), *BOTH),
    _beyond("one node less", "best = int(sizes[", "best = -1 + int(sizes["),
    _beyond("counted from 0", "sizes = np.arange(1, 1_001)", "sizes = np.arange(1, 1_001)\n    sizes = np.arange(1.0, 101.0)"),
    _beyond("fifty are left out on each side", "[25:-25]", "[50:-50]"),
    _beyond("none is left out", "[25:-25]", "[:]"),
    _beyond("one more is left out above", "[25:-25]", "[25:-40]"),
    _beyond("low and high exchanged", _RETURN, 'return {"best": best, "low": others[-1], "high": others[0]}'),
    _beyond("the middle of the samples", _RETURN, 'return {"best": others[len(others) // 3], "low": others[0], "high": others[-1]}'),
    _beyond("a list", _RETURN, "return [best, others[0], others[-1]]"),
    _beyond("the best that was measured", _RETURN, _MEASURED.strip()),
    _beyond("at most 32 nodes", "sizes = np.arange(1, 1_001)", "sizes = np.arange(1, 33)"),
    _beyond("the worst size", "best = int(sizes[np.argmax(", "best = int(sizes[np.argmin("),
    _verdict("helps and hurts exchanged", 'return "helps"', 'return "hurts"'),
    _verdict("half of the samples are enough", _HELPS, _HELPS.replace("475", "250")),
    _verdict("half of the samples are enough to hurt", _HURTS, _HURTS.replace("475", "250")),
    _verdict("all samples", _HELPS, _HELPS.replace(">= 475", "== 0")),
    _verdict("no doubt is allowed", 'return "cannot tell"', 'return "hurts"'),
    _verdict("more nodes never hurt", _HURTS, "    if now > then:"),
    _verdict("the same size helps", "after > before", "after >= before"),
    _verdict("the same size hurts", "after < before", "after <= before"),
    _verdict(
        "per node", "after = usl_throughput(then, rate, contention, coherency)", "after = usl_throughput(then, rate / then, contention, coherency)"
    ),
    _verdict("the words with capitals", 'return "cannot tell"', 'return "Cannot tell"'),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *BOTH),
    wrong("a wrapper of the peak", CELL, ("", _PEAK), *BOTH),
    wrong("a wrapper of the band", CELL, ("", _BAND), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
