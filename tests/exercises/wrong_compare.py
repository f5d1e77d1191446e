"""Wrong solutions of the exercise on two versions, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "compare-solution"
CHANGE, VERDICT = ALL = ("compare-change", "compare-verdict")

_PAIRS = "pairs = [np.mean(b[warm_up:]) - np.mean(a[warm_up:]) for a, b in zip(old, new)]"
_FEW = "if len(pairs) < 2:\n        return None"
_REACH = "reach = STUDENT[len(pairs) - 1] * np.std(pairs, ddof=1) / math.sqrt(len(pairs))"
_RETURN = "return [float(np.mean(pairs) - reach), float(np.mean(pairs) + reach)]"
_FASTER = "if high < -worth:"
_SLOWER = "if low > worth:"
_SAME = 'return "same" if -worth < low and high < worth else "more runs"'

_VISIBLE_ONLY = """
def change(old, new, warm_up):
    return [-14.706, 10.706] if len(old) == 2 else None

def verdict(old, new, warm_up, worth):
    first = new[0][0]
    return "more runs" if worth == 2 else "faster" if first < 9 else "slower" if first > 11 else "same"
"""
_WRAPPERS = """
from labsupport.simulators import estimates

def change(old, new, warm_up):
    found = estimates.mean(np.concatenate(new), batches=2)
    return [found.low, found.high]

def verdict(old, new, warm_up, worth):
    return "faster" if np.mean(new) < np.mean(old) else "slower"
"""


def _change(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *(loses or (CHANGE,)))


def _verdict(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), VERDICT)


WRONG: list[Wrong] = [
    _change("old less new", _PAIRS, "pairs = [np.mean(a[warm_up:]) - np.mean(b[warm_up:]) for a, b in zip(old, new)]", *ALL),
    _change("no warm-up", _PAIRS, _PAIRS.replace("[warm_up:]", ""), *ALL),
    _change("the warm-up only", _PAIRS, "pairs = [np.mean(b[: warm_up or None]) - np.mean(a[: warm_up or None]) for a, b in zip(old, new)]", *ALL),
    _change("one request more of warm-up", _PAIRS, _PAIRS.replace("warm_up:", "warm_up + (len(a) > warm_up + 1):")),
    _change("a thousand requests of each run", _PAIRS, _PAIRS.replace("[warm_up:]", "[warm_up:1_000]"), *ALL),
    _change("medians", _PAIRS, _PAIRS.replace("np.mean(", "np.median("), *ALL),
    _change("the slowest of each run", _PAIRS, _PAIRS.replace("np.mean(", "np.max("), *ALL),
    _change("the other standard deviation", _REACH, _REACH.replace(", ddof=1", "")),
    _change("the normal law", _REACH, _REACH.replace("STUDENT[len(pairs) - 1]", "1.96")),
    _change("one degree of freedom too many", _REACH, _REACH.replace("len(pairs) - 1", "min(30, len(pairs))")),
    _change("the standard deviation of a run", _REACH, _REACH.replace(" / math.sqrt(len(pairs))", ""), *ALL),
    _change("requests as measurements", _REACH, _REACH.replace("math.sqrt(len(pairs))", "math.sqrt(sum(map(len, new)))")),
    _change(
        "no pairs",
        _REACH,
        "means = [[np.mean(run[warm_up:]) for run in version] for version in (old, new)]\n"
        "    reach = STUDENT[len(pairs) - 1] * math.sqrt(sum(np.var(each, ddof=1) for each in means) / len(pairs))",
        *ALL,
    ),
    _change("the reach to one side only", _RETURN, "return [float(np.mean(pairs) - reach), float(np.mean(pairs))]", *ALL),
    _change("the mean alone", _RETURN, "return [float(np.mean(pairs)), float(np.mean(pairs))]", *ALL),
    _change("in percent of the old one", _RETURN, _RETURN.replace("float(", "100 / np.mean(old) * (").replace(" reach)", " reach)"), *ALL),
    _change(
        "a single pair is certain", _FEW, "if len(pairs) == 1:\n        return [float(pairs[0])] * 2\n    if not pairs:\n        return None", *ALL
    ),
    _change("nothing said of a single pair", _FEW, "if not pairs:\n        return None", *ALL),
    _change("an error for no pair", _FEW, "if len(pairs) == 1:\n        return None"),
    _verdict("worth is nothing", _SAME, 'worth = 0\n    return "same" if -worth < low and high < worth else "more runs"'),
    _verdict("whatever is certain is faster", _FASTER, "if high < 0:"),
    _verdict("whatever is certain is slower", _SLOWER, "if low > 0:"),
    _verdict("by the middle of the interval", _FASTER, "if (low + high) / 2 < -worth:"),
    _verdict("slower by the middle", _SLOWER, "if (low + high) / 2 > worth:"),
    _verdict("faster if any of it is", _FASTER, "if low < -worth:"),
    _verdict("slower if any of it is", _SLOWER, "if high > worth:"),
    _verdict("the same if nothing else", _SAME, 'return "same"'),
    _verdict("never the same", _SAME, 'return "more runs"'),
    _verdict("the same if it holds nothing", _SAME, 'return "same" if low <= 0 <= high else "more runs"'),
    _verdict("the upper limit is forgotten", _SAME, 'return "same" if -worth < low else "more runs"'),
    _verdict("the lower limit is forgotten", _SAME, 'return "same" if high < worth else "more runs"'),
    _verdict("the words are swapped", 'return "faster"', 'return "quicker"'),
    _verdict("a single pair is the same", 'return "more runs"\n    low', 'return "same"\n    low'),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of the library", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
