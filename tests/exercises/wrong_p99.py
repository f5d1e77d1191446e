"""Wrong solutions of the exercise on the p99 of a cluster, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "p99-solution"
SAMPLES, SAME, MIXED, TWINS = ALL = ("p99-samples", "p99-same", "p99-mixed", "p99-twins")

_PERCENTILE = "return float(np.percentile(together, 99)) if together else None"
_EACH = "[np.percentile(times, 99) for times in samples if times]"
_SURELY = "surely += sum(counts[:inside])"
_POSSIBLY = "possibly += sum(counts[: inside if edge in bounds else inside + 1])"
_LOW = "if 100 * possibly < 99 * requests:"
_HIGH = "if 100 * surely >= 99 * requests and high is None:"
_NONE = "    if not requests:\n        return None\n"
_MANY, _FEW = "[10.0] * 900 + [1_000.0] * 100", "[10.0] * 985 + [1_000.0] * 15"

_VISIBLE_ONLY = """
def cluster_p99(samples):
    return {3: 97.09, 9_990: 10.0, 0: None}[len(samples[0])]

def histogram_p99(histograms):
    bounds, counts = histograms[0]
    seen = {(990, 0, 0): [0, 10], (90, 10, 0, 0): [10, 100], (50, 40, 10): [100, None], (0, 0): None}
    return seen[tuple(counts)]

def twins():
    return [[[1.0] * 200, [1.0] * 200], [[1.0] * 200, [2.0] * 200]]
"""
_WRAPPERS = """
from labsupport.simulators import estimates

def cluster_p99(samples):
    return estimates.percentile([time for times in samples for time in times], 0.99).value

def histogram_p99(histograms):
    from labsupport import theory
    return [0, theory.mm1_response_percentile(1.0, 2.0, 0.99)]

def twins():
    return [cluster_samples(2, 1), cluster_samples(2, 1)]
"""


def _samples(name: str, code: str) -> Wrong:
    return wrong(name, CELL, (_PERCENTILE, code), SAMPLES)


def _twins(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), TWINS)


WRONG: list[Wrong] = [
    _samples("average of the nodes' percentiles", f"return float(np.mean({_EACH})) if together else None"),
    _samples("average weighted by requests", f"return float(np.average({_EACH}, weights=[len(t) for t in samples if t])) if together else None"),
    _samples("largest of the nodes' percentiles", f"return float(max({_EACH})) if together else None"),
    _samples("median of the nodes' percentiles", f"return float(np.median({_EACH})) if together else None"),
    _samples("the percentile of the percentiles", f"return float(np.percentile({_EACH}, 99)) if together else None"),
    _samples("no interpolation", 'return float(np.percentile(together, 99, method="higher")) if together else None'),
    _samples("the 0.99th percentile", "return float(np.percentile(together, 0.99)) if together else None"),
    _samples("the slowest", "return max(together, default=None)"),
    _samples("no request at all is an error", "return float(np.percentile(together, 99))"),
    _samples("no request at all is 0", "return float(np.percentile(together, 99)) if together else 0.0"),
    _samples("nan where nobody asks", 'return float(np.percentile(together, 99)) if together else float("nan")'),
    wrong(
        "every time once",
        CELL,
        ("together = [time for times in samples for time in times]", "together = list({t for s in samples for t in s})"),
        SAMPLES,
    ),
    wrong("a node without requests counts as 0 ms", CELL, ("for time in times]", "for time in times or [0.0]]"), SAMPLES),
    wrong("more than 99 of 100", CELL, ("99 * requests and", "99 * requests + 1 and"), SAME, MIXED),
    wrong("the bucket after it", CELL, (_HIGH, _HIGH.replace(">=", ">")), SAME, MIXED),
    wrong("low counts what is exactly 99 of 100", CELL, (_LOW, _LOW.replace("<", "<=")), SAME, MIXED),
    wrong("no request is a range from 0", CELL, (_NONE, ""), SAME),
    wrong("the last bound where it is longer", CELL, ("return [low, high]", "return [low, edge if high is None else high]"), SAME, MIXED),
    wrong("what is beyond the last bound is forgotten", CELL, ("sum(sum(counts) for", "sum(sum(counts[:-1]) for"), SAME, MIXED),
    wrong("the middle of the bucket", CELL, ("return [low, high]", "return [(low + high) / 2 if high else low] * 2"), SAME, MIXED),
    wrong("the range of the 95th percentile", CELL, ("99 * requests:", "95 * requests:"), SAME, MIXED),
    wrong(
        "the busiest node speaks for all",
        CELL,
        ("    requests = sum(sum", "    histograms = [max(histograms, key=lambda h: sum(h[1]))]\n    requests = sum(sum"),
        SAME,
        MIXED,
    ),
    wrong(
        "the range of ranges",
        CELL,
        ("    requests = sum(sum", "    return [0, max(b[-1] for b, _ in histograms)]\n    requests = sum(sum"),
        SAME,
        MIXED,
    ),
    wrong("counts are taken as sums already", CELL, (_SURELY, "surely += counts[inside - 1] if inside else 0"), SAME, MIXED),
    wrong("bounds of the first node for all", CELL, ("for bound in bounds})", "for bound in histograms[0][0]})"), MIXED),
    wrong("the bound above for low, too", CELL, (_POSSIBLY, "possibly += sum(counts[:inside])"), MIXED),
    wrong("the bound above for high, too", CELL, (_SURELY, _SURELY.replace("inside", "inside if edge in bounds else inside + 1")), MIXED),
    wrong(
        "only bounds that all have",
        CELL,
        (
            "for edge in sorted({bound for bounds, _ in histograms for bound in bounds}):",
            "for edge in sorted(set.intersection(*(set(bounds) for bounds, _ in histograms))):",
        ),
        MIXED,
    ),
    wrong(
        "counts are added by their places",
        CELL,
        (
            "    requests = sum(sum",
            "    histograms = [(histograms[0][0], [sum(c) for c in zip(*(c for _, c in histograms))])]\n    requests = sum(sum",
        ),
        MIXED,
    ),
    _twins("as one cluster twice", f"{_MANY}\n", f"{_FEW}\n"),
    _twins("not twice as long", f"{_MANY}\n", "[10.0] * 979 + [15.0] * 10 + [1_000.0] * 11\n"),
    _twins("another p99 of a node", f"{_FEW}\n", "[10.0] * 985 + [900.0] * 15\n"),
    _twins("another p99 of the other node", "[calm, few_slow]", "[[9.0] * 980 + [20.0] * 20, few_slow]"),
    _twins("another number of requests", f"{_FEW}\n", "[10.0] * 685 + [1_000.0] * 15\n"),
    _twins("too few requests", "1_000\n", "100\n"),
    _twins("too many requests", "[10.0] * 1_000\n", "[10.0] * 6_000\n"),
    _twins("times of 0", "calm = [10.0] * 1_000", "calm = [0.0] + [10.0] * 999"),
    _twins("times beyond all patience", f"{_MANY}\n", "[10.0] * 900 + [1_000.0] * 99 + [1e6]\n"),
    _twins("one cluster only", "return [[calm, many_slow], [calm, few_slow]]", "return [calm, many_slow]"),
    _twins(
        "another answer each time",
        "return [[calm, many_slow], [calm, few_slow]]",
        "calm = [9 + np.random.random()] * 1_000\n    return [[calm, many_slow], [calm, few_slow]]",
    ),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of estimates and formulas", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
