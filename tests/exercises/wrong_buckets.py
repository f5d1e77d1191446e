"""Wrong solutions of the exercise on bucket boundaries, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "buckets-solution"
ALL = PLAIN, CACHED = ("buckets-plain", "buckets-cached")

_SLOW = "slow = [np.percentile(times, 99) for times in days]"
_RETURN = "return np.geomspace(min(slow) / 1.15, max(slow) * 1.15, 10).tolist()"

_FITTED = """
def boundaries(days):
    together = np.log(np.concatenate(days))  # as if all services had one kind of requests
    middle = np.exp(together.mean() + 2.326 * together.std())
    return np.geomspace(middle / 1.4, middle * 1.4, 10).tolist()
"""
_WRAPPER = """
from labsupport.simulators import estimates

def boundaries(days):
    found = estimates.independent_percentile(np.concatenate(days), 0.99)
    return [found.low, found.value, found.high]
"""


def _buckets(name: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (_RETURN, new), *(loses or ALL))


WRONG: list[Wrong] = [
    _buckets("the default boundaries", "return [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]"),
    _buckets("eleven of them", _RETURN.replace("10)", "11)")),
    _buckets("three of them", _RETURN.replace("10)", "3)")),
    _buckets("none", "return []"),
    _buckets("one at the middle", "return [float(np.median(slow))]"),
    _buckets("nothing beyond the days that are known", _RETURN.replace(" / 1.15", "").replace(" * 1.15", "")),
    _buckets("nothing above the worst day", "return np.geomspace(min(slow) / 1.15, np.median(slow), 10).tolist()"),
    _buckets("nothing below the median day", "return np.geomspace(np.median(slow), max(slow) * 1.15, 10).tolist()"),
    _buckets("evenly over all times", "return np.linspace(0, max(map(max, days)), 11)[1:].tolist()", PLAIN),
    _buckets("by factors over all times", "return np.geomspace(min(map(min, days)), max(map(max, days)), 10).tolist()"),
    _buckets("tenths of the requests", "return np.percentile(np.concatenate(days), range(10, 101, 10)).tolist()"),
    _buckets("falling", "return " + _RETURN.removeprefix("return ").replace(".tolist()", "[::-1].tolist()")),
    _buckets("in milliseconds", _RETURN.replace(", 10)", ", 10) * 1_000").replace("return np", "return (np").replace(".tolist()", ").tolist()")),
    _buckets("with one at infinity", _RETURN.replace("10).tolist()", "9).tolist() + [math.inf]")),
    _buckets("with one at nothing", "return [0.0] + " + _RETURN.removeprefix("return ").replace("10)", "9)")),
    _buckets("powers of two", "return [0.001 * 2**power for power in range(10)]"),
    wrong("around the mean", CELL, (_SLOW, "slow = [np.mean(times) for times in days]"), *ALL),
    wrong("around the median", CELL, (_SLOW, "slow = [np.percentile(times, 50) for times in days]"), *ALL),
    wrong("around the place that the p99 has among 4,000", CELL, (_SLOW, "slow = [sorted(times)[3_960] for times in days]"), *ALL),
    wrong("around the longest", CELL, (_SLOW, "slow = [max(times) for times in days]"), *ALL),
    wrong("around the percentile 90", CELL, (_SLOW, "slow = [np.percentile(times, 90) for times in days]"), *ALL),
    wrong("from the first day only", CELL, (_SLOW, "slow = [np.percentile(days[0], 99) / 3, np.percentile(days[0], 99) * 3]"), *ALL),
    wrong("fitted to one kind of requests", CELL, ("", _FITTED), CACHED),
    wrong("a wrapper of the library", CELL, ("", _WRAPPER), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
