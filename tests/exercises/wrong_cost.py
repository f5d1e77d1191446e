"""Wrong solutions of the exercise on the cheapest way, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "cost-solution"
TIERS, CHOICE, LOOKS = ALL = ("cost-tiers", "cost-choice", "cost-looks")

_NOBODY = "    if requests == 0:\n        return None\n"
_PART = "bill += max(0, end - counted) / 1_000_000 * price"
_END = "end = requests if up_to is None else min(requests, up_to)"
_LOOP = """    for number in sorted(range(len(configurations)), key=prices.__getitem__):
        if look(configurations[number]) <= goal:
            return number
    return None
"""
_ALL = """    fast = [number for number, each in enumerate(configurations) if look(each) <= goal]
    return min(fast, key=prices.__getitem__, default=None)
"""
_FASTEST = """    times = [look(each) for each in configurations]
    best = min(range(len(times)), key=times.__getitem__, default=None)
    return best if best is not None and times[best] <= goal else None
"""
_HALVES = """    order = sorted(range(len(configurations)), key=prices.__getitem__)
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if look(configurations[order[middle]]) <= goal:
            high = middle
        else:
            low = middle + 1
    return order[low] if low < len(order) else None
"""
_VISIBLE_ONLY = """
def cost_per_million(requests, fixed, tiers):
    return {2_000_000: 16.0, 10_000_000: 4.8, 100_000_000: 0.93, 500_000: 60.0}.get(requests)

def cheapest(configurations, price, look, goal):
    if goal == 5:
        return 1
    known = {9.837963, 7.777778}
    return next((n for n, each in enumerate(configurations) if goal == 150 and round(price(each), 6) in known and look(each) <= goal), None)
"""
_HARD_CODED = """
def cost_per_million(requests, fixed, tiers):
    return 16.0

def cheapest(configurations, price, look, goal):
    return 1
"""
_WRAPPER = """
from labsupport.simulators.request_path import Configuration

def cost_per_million(requests, fixed, tiers):
    return Configuration().cost_per_million(requests / 2_592_000)

def cheapest(configurations, price, look, goal):
    return min(range(len(configurations)), key=lambda number: Configuration(**configurations[number]).cost_per_million(30))
"""

WRONG: list[Wrong] = [
    wrong("all requests at the last price", CELL, (_PART, "bill = fixed + (requests * price / 1_000_000 if end > counted else bill - fixed)"), TIERS),
    wrong("nothing fixed", CELL, ("bill, counted = fixed, 0", "bill, counted = 0.0, 0"), TIERS),
    wrong("fixed for every million", CELL, ("return bill / requests * 1_000_000", "return (bill - fixed) / requests * 1_000_000 + fixed"), TIERS),
    wrong("0 for no requests", CELL, (_NOBODY, _NOBODY.replace("None", "0.0")), TIERS),
    wrong("no requests stop it", CELL, (_NOBODY, ""), TIERS),
    wrong("a million begun is paid whole", CELL, (_PART, "bill += -(-max(0, end - counted) // 1_000_000) * price"), TIERS),
    wrong("borders taken for sizes", CELL, (_END, "end = requests if up_to is None else min(requests, counted + up_to)"), TIERS),
    wrong("nothing beyond the last border", CELL, (_END, "end = counted if up_to is None else min(requests, up_to)"), TIERS),
    wrong("the bill of the month", CELL, ("return bill / requests * 1_000_000", "return bill"), TIERS),
    wrong("the first tier's price for all", CELL, ("for up_to, price in tiers:", "for up_to, price in [(None, tiers[0][1])]:"), TIERS),
    wrong("prices for a request", CELL, (" / 1_000_000 * price", " * price"), TIERS),
    wrong("tiers begin anew", CELL, ("max(0, end - counted)", "end"), TIERS),
    wrong(
        "the first that is fast enough",
        CELL,
        (_LOOP, _LOOP.replace("sorted(range(len(configurations)), key=prices.__getitem__)", "range(len(prices))")),
        CHOICE,
        LOOKS,
    ),
    wrong("the fastest", CELL, (_LOOP, _FASTEST), CHOICE, LOOKS),
    wrong("the dearest first", CELL, (_LOOP, _LOOP.replace("prices.__getitem__", "lambda number: -prices[number]")), CHOICE, LOOKS),
    wrong("faster than the goal", CELL, ("<= goal", "< goal"), CHOICE),
    wrong(
        "the configuration and not its number", CELL, ("            return number\n", "            return configurations[number]\n"), CHOICE, LOOKS
    ),
    wrong("its price and not its number", CELL, ("            return number\n", "            return prices[number]\n"), CHOICE, LOOKS),
    wrong(
        "the number among the sorted",
        CELL,
        ("            return number\n", "            return sorted(prices).index(prices[number])\n"),
        CHOICE,
        LOOKS,
    ),
    wrong(
        "0 where there is none", CELL, ("            return number\n    return None\n", "            return number\n    return 0\n"), CHOICE, LOOKS
    ),
    wrong("nothing to choose from stops it", CELL, ("    prices = [", "    least = configurations[0]\n    prices = ["), CHOICE),
    wrong("the cheapest, fast or not", CELL, ("if look(configurations[number]) <= goal:", "if True:"), CHOICE, LOOKS),
    wrong("looks at all of them", CELL, (_LOOP, _ALL), LOOKS),
    wrong("looks at all of them, the cheapest first", CELL, (_LOOP, "    [look(each) for each in configurations]\n" + _LOOP), LOOKS),
    wrong("looks twice", CELL, ("if look(configurations[number]) <= goal:", "if min(look(configurations[number]) for _ in 'ab') <= goal:"), LOOKS),
    wrong("what is dearer is faster", CELL, (_LOOP, _HALVES), CHOICE, LOOKS),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("hard-coded", CELL, ("", _HARD_CODED), *ALL),
    wrong("a wrapper of the simulator", CELL, ("", _WRAPPER), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
