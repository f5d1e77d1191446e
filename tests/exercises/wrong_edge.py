"""Wrong solutions of the exercise on edge sites, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "edge-solution"
BOTH = SHARE, SITES = ("edge-late", "edge-cheapest")

_NEAREST = 'min(places, key=lambda place: user["ways"][place])'
_COMES = 'comes[place] += user["rate"]'
_SPARE = "spare = max(0, rates[place] - comes[place])"
_LEFT = 'left = max(0, region["goal"] - user["ways"][place]) / 1_000'
_BAD = 'late += user["rate"] * math.exp(-spare * left)'
_SUM = "return late / sum(comes.values())"
_COST = 'return rent + region["backhaul"] * carried'
_CARRIED = 'if all(user["ways"][site] > user["ways"][-1] for site in opened)'
_SETS = "[site for site in range(count) if number >> site & 1] for number in range(1 << count)"
_KEPT = 'too_late(region, opened) <= region["late"]'
_BEST = "return min(kept, key=cost, default=None)"

_TABLES = '    ways = [user["ways"] for user in region["users"]]\n    rates = [user["rate"] for user in region["users"]]\n'
_CHOOSER = f"""
from labsupport.simulators import edge_sites

def too_late(region, opened):
{_TABLES}    return len(edge_sites.choose("exact", ways, rates, len(opened)))

def cheapest(region):
{_TABLES}    return edge_sites.choose(%s, ways, rates, min(%d, len(region["sites"])))
"""
_GREEDY = """kept, opened = [[]], []
    while too_late(region, opened) > region["late"] and len(opened) < count:
        rest = [site for site in range(count) if site not in opened]
        opened = opened + [min(rest, key=lambda site: too_late(region, opened + [site]))]
    return opened if too_late(region, opened) <= region["late"] else None"""
_AWAY = """opened = list(range(count))
    while True:
        fewer = [[site for site in opened if site != gone] for gone in opened]
        fewer = [each for each in fewer if too_late(region, each) <= region["late"] and cost(each) < cost(opened)]
        if not fewer:
            return opened if too_late(region, opened) <= region["late"] else None
        opened = min(fewer, key=cost)"""
_BY_CHOOSER = f"""from labsupport.simulators import edge_sites
{_TABLES}    for number in range(count + 1):
        found = edge_sites.choose("exact", ways, rates, number)
        if too_late(region, found) <= region["late"]:
            return found
    return None"""
_VISIBLE_ONLY = """
def too_late(region, opened):
    return 0.011369024 if opened == [0] else 1.0

def cheapest(region):
    return [0] if region["late"] else None
"""


def _edge(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *loses)


WRONG: list[Wrong] = [
    _edge("everybody at the site that is named first", _NEAREST, "places[0]", *BOTH),
    _edge("everybody at the data centre", _NEAREST, "places[-1]", *BOTH),
    _edge("the longest way", _NEAREST, _NEAREST.replace("min", "max"), *BOTH),
    _edge("where the queue is shortest", _NEAREST, 'min(places, key=lambda place: user["ways"][place] + 1_000 / rates[place])', *BOTH),
    _edge("sites that are closed, too", "places = [*sorted(opened), len", "places = [*range(len(rates) - 1), len", *BOTH),
    _edge("the data centre only if nothing is open", 'places = [*sorted(opened), len(region["sites"])]', "places = sorted(opened) or [-1]", SHARE),
    _edge("in the order in which they were opened", "places = [*sorted(opened),", "places = [*opened,", SHARE),
    _edge("of equally short ways the data centre first", _NEAREST, "min(places[::-1], key=lambda place: user['ways'][place])", *BOTH),
    _edge("a place counted once, whatever its rate", _COMES, "comes[place] += 1", *BOTH),
    _edge("one queue for each user", "rates[place] - comes[place]", 'rates[place] - user["rate"]', *BOTH),
    _edge("work without waiting", "rates[place] - comes[place]", "rates[place]", *BOTH),
    _edge("negative room", _SPARE, "spare = rates[place] - comes[place]", SHARE),
    _edge("the way is free", _LEFT, 'left = region["goal"] / 1_000', *BOTH),
    _edge("half of the way", 'user["ways"][place])', 'user["ways"][place] / 2)', *BOTH),
    _edge("whoever has spent the goal on the way is early", _BAD, _BAD + " if left else 0", *BOTH),
    _edge("the mean against the goal", "math.exp(-spare * left)", "(spare * left < 1)", *BOTH),
    _edge("who is in time", "math.exp(-spare * left)", "(1 - math.exp(-spare * left))", *BOTH),
    _edge("every place counts the same", _BAD, "late += math.exp(-spare * left)", *BOTH),
    _edge("requests and no share", _SUM, "return late", *BOTH),
    _edge("the share of the places, not of the requests", _SUM, "return late / len(places)", *BOTH),
    _edge("in percent", _SUM, "return 100 * late / sum(comes.values())", *BOTH),
    _edge("in seconds instead of milliseconds", ") / 1_000", ")", *BOTH),
    _edge("rent only", _COST, "return rent", SITES),
    _edge("backhaul only", _COST, 'return region["backhaul"] * carried', SITES),
    _edge("all requests go to the data centre", _CARRIED, "", SITES),
    _edge("the fewest sites", _BEST, "return min(kept, key=len, default=None)", SITES),
    _edge("the least that are late", _BEST, "return min(kept, key=lambda opened: too_late(region, opened), default=None)", SITES),
    _edge("the dearest", _BEST, "return max(kept, key=cost, default=None)", SITES),
    _edge("nothing opened where nothing helps", _BEST, "return min(kept, key=cost, default=[])", SITES),
    _edge("twice as many may be late", _KEPT, 'too_late(region, opened) <= 2 * region["late"]', SITES),
    _edge("the cheapest, whoever is late", f" if {_KEPT}", "", SITES),
    _edge("at most two sites", f"if {_KEPT}", f"if len(opened) <= 2 and {_KEPT}", SITES),
    _edge("counted from one", _BEST, "return [site + 1 for site in min(kept, key=cost, default=[])] or None", SITES),
    _edge("what helps most, one by one", _BEST, _GREEDY, SITES),
    _edge("closing what can be spared, one by one", _BEST, _AWAY, SITES),
    _edge("the shortest way for as few as keep the promise", _BEST, _BY_CHOOSER, SITES),
    *(
        wrong(f"a wrapper of the {strategy} choice of {count}", CELL, ("", _CHOOSER % (repr(strategy), count)), *BOTH)
        for strategy in ("largest", "greedy", "exact")
        for count in (2, 3)
    ),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
