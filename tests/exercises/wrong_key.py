"""Wrong solutions of the exercise on the shard key, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "key-solution"
WORK, CHOICE = BOTH = ("key-work", "key-choice")

_LOOP = """        for home in homes:
            loads[home] += 1
"""
_TIME = """        return sum(count_work(log, key, number)["busiest"] for number in (shards, 4 * shards))"""
_BEST = "    return min([[column] for column in columns] + pairs, key=time)"
_BUSIEST = '"busiest": sum(max(loads) for loads in days.values())'

_VISIBLE_ONLY = """
def count_work(log, key, shards):
    seen = {("customer",): (5, 1, 3), ("order",): (8, 2, 4), ("customer", "date"): (7, 3, 4), ("date",): (4, 0, 4)}
    return dict(zip(("asked", "cross", "busiest"), seen[tuple(key)]))

def choose_key(log, columns, shards):
    return {13: ["customer"], 401: ["customer"], 412: ["order"]}.get(len(log), ["customer"])
"""
_WRAPPER = """
from labsupport.simulators import sharding

def count_work(log, key, shards):
    done = sharding.distribute("modulo", [sum(map(ord, str(named))) for _, named in log] or [0], shards)
    return {"asked": len(log), "cross": 0, "busiest": int(done.loads.max())}

def choose_key(log, columns, shards):
    return columns[:1]
"""
_SCATTER = """
from labsupport.simulators import sharding

def count_work(log, key, shards):
    done = sharding.scatter("modulo", [[hash(str(named)) % 1000] for _, named in log] or [[0]], shards)
    return {"asked": int(done.touched.sum()), "cross": int((done.touched > 1).sum()), "busiest": int(done.touched.max())}

def choose_key(log, columns, shards):
    return columns[-1:]
"""
_MOST_NAMED = """    return max([[column] for column in columns] + pairs, key=lambda key: sum(set(key) <= set(named) for _, named in log))"""
_MOST_VALUES = """    return max([[column] for column in columns] + pairs, key=lambda key: len({tuple(map(named.get, key)) for _, named in log}))"""
_EVENEST = """    def spread(key):
        loads = [0] * shards
        for _, named in log:
            if all(column in named for column in key):
                loads[shard_of([named[column] for column in key], shards)] += 1
        return max(loads) * shards / max(1, sum(loads))

    return min([[column] for column in columns] + pairs, key=spread)"""

WRONG: list[Wrong] = [
    wrong("a query that names one of the columns knows the shard", CELL, ("if all(column in named", "if any(column in named"), *BOTH),
    wrong("a query that names other columns asks one shard, too", CELL, ("            homes = range(shards)\n", "            homes = [0]\n"), *BOTH),
    wrong("a query that names other columns asks nobody", CELL, ("            homes = range(shards)\n", "            homes = []\n"), *BOTH),
    wrong("a broadcast is one unit of work", CELL, ("asked += len(homes)", "asked += 1"), WORK),
    wrong("one shard that gets a broadcast is cross-shard", CELL, ("cross += len(homes) > 1", "cross += len(homes) == shards"), WORK),
    wrong("cross counts shards, not queries", CELL, ("cross += len(homes) > 1", "cross += len(homes) * (len(homes) > 1)"), WORK),
    wrong("the busiest shard of the whole log", CELL, (_BUSIEST, '"busiest": max(map(sum, zip(*days.values())), default=0)'), *BOTH),
    wrong("the busiest day only", CELL, (_BUSIEST, '"busiest": max((max(loads) for loads in days.values()), default=0)'), *BOTH),
    wrong("an empty log is an error", CELL, ("asked, cross, days = 0, 0, {}", "asked, cross, days = 0, 0, {log[0][0]: [0] * shards}"), WORK),
    wrong("the time of all shards one after the other", CELL, (_BUSIEST, '"busiest": asked'), *BOTH),
    wrong("the idlest shard", CELL, ("sum(max(loads)", "sum(min(loads)"), *BOTH),
    wrong("counts come back as a list", CELL, ('return {"asked": asked, "cross": cross, ', "return [asked, cross] + [0] * 0 or {"), *BOTH),
    wrong("values in the order of their names", CELL, ("for column in key], shards)", "for column in sorted(key)], shards)"), WORK),
    wrong(
        "values in the order of the query",
        CELL,
        ("[named[column] for column in key]", "[value for column, value in named.items() if column in key]"),
        WORK,
    ),
    wrong(
        "Python's own hash",
        CELL,
        ("shard_of([named[column] for column in key], shards)", "sum(map(ord, str([named[column] for column in key]))) % shards"),
        *BOTH,
    ),
    wrong("today only", CELL, (_TIME, _TIME.replace("(shards, 4 * shards)", "(shards,)")), CHOICE),
    wrong("next year only", CELL, (_TIME, _TIME.replace("(shards, 4 * shards)", "(4 * shards,)")), CHOICE),
    wrong("no pairs", CELL, (" + pairs", ""), CHOICE),
    wrong("pairs only", CELL, ("[[column] for column in columns] + pairs", "pairs or [[columns[0]]]"), CHOICE),
    wrong("all columns but the last", CELL, ("[[column] for column in columns]", "[[column] for column in columns[:-1]]"), CHOICE),
    wrong("a column alone comes back as text", CELL, (_BEST, _BEST + "[0]"), CHOICE),
    wrong("the worst key", CELL, ("return min([[", "return max([["), CHOICE),
    wrong("the fewest shards asked", CELL, ('["busiest"] for number', '["asked"] for number'), CHOICE),
    wrong("the fewest cross-shard queries", CELL, ('["busiest"] for number', '["cross"] for number'), CHOICE),
    wrong("the columns that most queries name", CELL, (_BEST, _MOST_NAMED), CHOICE),
    wrong("the columns with most values", CELL, (_BEST, _MOST_VALUES), CHOICE),
    wrong("the most even spread", CELL, (_BEST, _EVENEST), CHOICE),
    wrong("always the customer", CELL, (_BEST, '    return ["customer"]'), CHOICE),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *BOTH),
    wrong("a wrapper of distribute", CELL, ("", _WRAPPER), *BOTH),
    wrong("a wrapper of scatter", CELL, ("", _SCATTER), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
