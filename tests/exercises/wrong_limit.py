"""Wrong solutions of the exercise on what limits a cluster, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "limit-solution"
USED, FIRST, EVENLY = ALL = ("limit-utilisation", "limit-first", "limit-evenly")
RATES = (FIRST, EVENLY)

_USED = "return {resource: 100 * row[4] / row[2] for resource, row in whole(table).items()}"
_RATE = "rate = high + (most / 100 * total - now) / slope"
_SLOPE = "slope = (now - before) / (high - low)"
_LIMIT = "    first = limit(whole(table).values(), low, high, most)\n    return first and first[1:]"
_BETTER = "if first is None or rate < first[2]:"

_MEAN_OF_SHARES = """shares = {}
    for _, resource, total, _, now in table:
        shares.setdefault(resource, []).append(100 * now / total)
    return {resource: sum(parts) / len(parts) for resource, parts in shares.items()}"""
_LARGEST = _MEAN_OF_SHARES.replace("sum(parts) / len(parts)", "max(parts)")

_MEAN_OF_RATES = """    rates = [limit([row], low, high, most) for row in table if row[4] > row[3]]
    return [rates[0][1], sum(rate[2] for rate in rates) / len(rates)] if rates else None"""
_BEST_NODE = """    nodes = sorted({row[0] for row in table})
    found = [limit([row for row in table if row[0] == node], low, high, most) for node in nodes]
    return max([one[1:] for one in found if one], key=lambda one: one[1], default=None)"""

_VISIBLE_ONLY = """
def utilisation(table):
    return {"cpu": 15.625, "memory": 50.0}

def limit(table, low, high, most):
    return {4: ["b", "disk", 300.0], 2: ["a", "cpu", 150.0], 1: None}[len(table)]

def evenly(table, low, high, most):
    return ["network", 566.6666666666666] if len(table) == 4 else None
"""
_WRAPPERS = """
from labsupport import theory

def utilisation(table):
    return {row[1]: 100 * theory.littles_law(row[4], 1 / row[2]) for row in table}

def limit(table, low, high, most):
    return ["", "", theory.bottleneck_throughput([row[4] for row in table], [1] * len(table))]

def evenly(table, low, high, most):
    return limit(table, low, high, most)[1:]
"""


def _used(name: str, new: str) -> Wrong:
    return wrong(name, CELL, (_USED, new), USED)


def _rate(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *(loses or RATES))


WRONG: list[Wrong] = [
    _used("the mean of the nodes' percentages", _MEAN_OF_SHARES),
    _used("the largest of the nodes' percentages", _LARGEST),
    _used("the last node's percentage", "return {row[1]: 100 * row[4] / row[2] for row in table}"),
    _used("a share and no percentage", _USED.replace("100 * ", "")),
    _used("before instead of now", _USED.replace("row[4]", "row[3]")),
    _used("how much of it grows", _USED.replace("row[4]", "(row[4] - row[3])")),
    _used("what is free", _USED.replace("row[4]", "(row[2] - row[4])")),
    _used("whole percent", _USED.replace("100 * row[4] / row[2]", "round(100 * row[4] / row[2])")),
    _used("total over used", _USED.replace("100 * row[4] / row[2]", "100 * row[2] / max(row[4], 1)")),
    _used("a list instead of a dict", "return [100 * row[4] / row[2] for row in whole(table).values()]"),
    wrong("only the resources that everybody knows", CELL, (_USED, _USED[:-1] + ' if resource in ("cpu", "memory", "disk", "network")}'), USED),
    _rate("what is used most", _BETTER, "if first is None or now / total > used:\n                used = now / total", FIRST, EVENLY),
    _rate("up to all there is", _RATE, _RATE.replace("most / 100 * ", "")),
    _rate("in proportion to what is used now", _RATE, "rate = high * most / 100 * total / now"),
    _rate("starting from the lower rate", _RATE, _RATE.replace("high +", "low +")),
    _rate("how many more", _RATE, _RATE.replace("high + ", "")),
    _rate("the slope of one step", _SLOPE, "slope = now - before"),
    _rate("the line goes through nothing at no load", _SLOPE, "slope = now / high"),
    _rate("never less than now", _RATE, "rate = max(high, high + (most / 100 * total - now) / slope)"),
    _rate("the last one to get there", _BETTER, _BETTER.replace("rate <", "rate >")),
    _rate("what does not grow limits at once", "        if slope > 0:\n", "        if slope >= 0:\n            slope = slope or 1e-9\n"),
    _rate("what shrinks limits, too", "if slope > 0:", "if slope:"),
    _rate("nothing grows: at no rate", "    first = None\n", '    first = None if any(row[4] > row[3] for row in table) else ["", "", 0.0]\n'),
    _rate("without the node", "return first\n", "return first and first[1:]\n"),
    _rate("whole requests", "return first\n", "return first and [*first[:2], int(first[2])]\n"),
    _rate("evenly: as it is now", _LIMIT, "    first = limit(table, low, high, most)\n    return first and first[1:]", EVENLY),
    _rate("evenly: with the node", _LIMIT, _LIMIT.replace("first and first[1:]", "first"), EVENLY),
    _rate("evenly: the mean of the nodes' rates", _LIMIT, _MEAN_OF_RATES, EVENLY),
    _rate("evenly: the node with most room", _LIMIT, _BEST_NODE, EVENLY),
    _rate("evenly: an error if nothing grows", "return first and first[1:]", "return first[1:]", EVENLY),
    _rate("evenly: times the nodes", "return first and first[1:]", "return first and [first[1], first[2] * len({row[0] for row in table})]", EVENLY),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of formulas", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
