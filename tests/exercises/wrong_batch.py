"""Wrong solutions of the exercise on the best batch, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "batch-solution"
SLOWEST, BEST, CUT = ALL = ("batch-slowest", "batch-best", "batch-cut")
SIZES = (SLOWEST, BEST)

_TAKES = 'takes = job["fixed"] + batch * job["each"]'
_STEADY = 'if takes > batch / job["rate"] + 1e-12:'
_SUM = 'return (batch - 1) / job["rate"] + takes'
_RANGE = 'range(1, int(job["limit"] * job["rate"]) + 2)'
_GOOD = 'if slow[size] is not None and slow[size] <= job["limit"] + 1e-12]'
_MIN = 'return min(good, key=lambda size: job["fixed"] / size, default=None)'
_IMPOSSIBLE = "    if fixed + each > limit:\n        return None\n"
_LATE = "if came + fixed + each * size > arrivals[begin] + limit:"
_FULL = "sizes.append(here - begin)"
_LAST = "return [*sizes, len(arrivals) - begin]"

_VISIBLE_ONLY = """
def slowest(batch, job):
    return {5: 0.85, 3: None, 4: 0.7}[batch]

def best(job):
    return {1.04: 6, 0.5: None, 1.0: 1}[job["limit"]]

def cut(arrivals, fixed, each, limit):
    return {5: [3, 2], 3: [2, 1], 1: None, 0: []}[len(arrivals)]
"""
_WRAPPERS = """
def slowest(batch, job):
    from labsupport.simulators import batching

    came = np.arange(batch) / job["rate"]
    return float(batching.simulate(came, batch, job["fixed"], job["each"]).latencies.max())

def best(job):
    return int(np.ceil(np.sqrt(job["fixed"] * job["rate"])))

def cut(arrivals, fixed, each, limit):
    return [len(part) for part in np.array_split(arrivals, 3)]
"""


def _slowest(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *(loses or SIZES))


def _best(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), BEST)


def _cut(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), CUT)


WRONG: list[Wrong] = [
    _slowest("the last item of the batch", _SUM, "return takes"),
    _slowest("the mean item", _SUM, 'return (batch - 1) / job["rate"] / 2 + takes'),
    _slowest("waits for one more item", _SUM, 'return batch / job["rate"] + takes'),
    _slowest("waits only", _SUM, 'return (batch - 1) / job["rate"]', *SIZES),
    _slowest("the fixed cost for each item", _TAKES, 'takes = batch * (job["fixed"] + job["each"])'),
    _slowest("no fixed cost", _TAKES, 'takes = batch * job["each"]'),
    _slowest("one item only", _TAKES, 'takes = job["fixed"] + job["each"]'),
    _slowest("any worker keeps up", _STEADY, "if False:"),
    _slowest("just keeping up is not enough", _STEADY, _STEADY.replace("+ 1e-12", "- 1e-6"), SLOWEST),
    _slowest("keeps up between the items of a batch", _STEADY, 'if takes > (batch - 1) / job["rate"] + 1e-12:'),
    _slowest("the limit belongs to it", _SUM, _SUM.replace("return", "late =") + '\n    return late if late <= job["limit"] else None', SLOWEST),
    _slowest("in milliseconds", _SUM, 'return 1_000 * ((batch - 1) / job["rate"] + takes)'),
    _best("best: the smallest size that meets the limit", _MIN, "return min(good, default=None)"),
    _best("best: the largest, whatever it saves", _MIN, "return max(good, default=None)"),
    _best("best: one item more", _MIN, "return max(good) + 1 if good else None"),
    _best("best: one item less", _MIN, "return max(good) - 1 if good else None"),
    _best("best: the quickest", _MIN, "return min(good, key=lambda size: slow[size], default=None)"),
    _best("best: the dearest", _MIN, _MIN.replace("min(", "max(")),
    _best("best: whatever the limit", _GOOD, "if slow[size] is not None]"),
    _best("best: below the limit", _GOOD, _GOOD.replace('job["limit"] + 1e-12', '0.9 * job["limit"]')),
    _best("best: at most twenty", _RANGE, 'range(1, min(20, int(job["limit"] * job["rate"])) + 2)'),
    _best("best: in tens", _RANGE, 'range(10, int(job["limit"] * job["rate"]) + 2, 10)'),
    _best("best: 0 if none meets it", _MIN, _MIN.replace("default=None", "default=0")),
    _best("best: an error if none meets it", _MIN, _MIN.replace(", default=None", "")),
    _best("best: the size and what it takes", _MIN, _MIN.replace("return ", "return [") + ', job["limit"]]'),
    _cut("cut: one by one", "    sizes, begin = [], 0", "    return [1] * len(arrivals)\n    sizes, begin = [], 0"),
    _cut("cut: all at once", "    sizes, begin = [], 0", "    return [len(arrivals)]\n    sizes, begin = [], 0"),
    _cut("cut: in pairs", "    sizes, begin = [], 0", "    return [2] * (len(arrivals) // 2) + [1] * (len(arrivals) % 2)\n    sizes, begin = [], 0"),
    _cut("cut: the last item decides", _LATE, "if fixed + each * size > limit:"),
    _cut("cut: the work takes no time", _LATE, "if came > arrivals[begin] + limit:"),
    _cut("cut: only the fixed work takes time", _LATE, "if came + fixed > arrivals[begin] + limit:"),
    _cut("cut: one item more takes no time", _LATE, _LATE.replace("each * size", "each * (size - 1)")),
    _cut("cut: a limit that is just met is too late", _LATE, _LATE.replace("> arr", ">= arr")),
    _cut("cut: after a pause", _LATE, "if here and came - arrivals[here - 1] > limit / 4:"),
    _cut("cut: the last batch is lost", _LAST, "return sizes"),
    _cut("cut: the next batch begins one later", "            begin = here\n", "            begin = here + 1\n"),
    _cut("cut: where batches begin", _FULL, "sizes.append(begin)"),
    _cut("cut: late, where it is impossible", _IMPOSSIBLE, ""),
    _cut("cut: an error for no items", "    if not arrivals:\n        return []\n", "    arrivals[0]\n"),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of formulas", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
