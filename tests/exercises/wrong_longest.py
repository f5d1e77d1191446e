"""Wrong solutions of the trial on the longest stage, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "longest-solution"
REFUTES, SUPPORTS, WORTH = ALL = ("longest-refutes", "longest-supports", "longest-worth")

_REFUTES = '"refutes": job | {"customers": 1.2, "skew": 5, "catalogue": 8}'
_SUPPORTS = '"supports": job | {"orders": 6}'
_TOOK = 'took = stages[name]["seconds"] / (2 if name == tuned else 1)'
_BEGIN = "max(before, default=0)"
_LAST = "return max((end(name) for name in stages), default=0)"
_GAINS = "gains = {name: length(None) - length(name) for name in stages}"
_BEST = "best = min(gains, key=lambda name: (-gains[name], name))"

_SWAPPED = """
def witnesses():
    job = {"orders": 4, "customers": 1, "catalogue": 1, "report": 1, "skew": 1, "cores": 9}
    return {"supports": job | {"customers": 1.2, "skew": 5, "catalogue": 8}, "refutes": job | {"orders": 6}}

def worth(stages):
    longest = max(stages, key=lambda name: stages[name]["seconds"]) if stages else None
    return longest and [longest, stages[longest]["seconds"] / 2]
"""


def _witness(side: str, name: str, **settings: float) -> Wrong:
    old, loses = {"refutes": (_REFUTES, REFUTES), "supports": (_SUPPORTS, SUPPORTS)}[side]
    return wrong(f"{side}: {name}", CELL, (old, f'"{side}": job | {settings!r}'), loses)


def _worth(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), WORTH)


WRONG: list[Wrong] = [
    _witness("refutes", "one stage is everything", orders=20),
    _witness("refutes", "the catalogue is everything", catalogue=30),
    _witness("refutes", "a straggler that all wait for", skew=20, customers=2),
    _witness("refutes", "all alike", customers=4, catalogue=4, report=4),
    _witness("refutes", "the catalogue gains a little", catalogue=8, customers=3),
    _witness("refutes", "one core, where everything counts", cores=1, catalogue=40),
    _witness("refutes", "no core", cores=0),
    _witness("refutes", "no time", catalogue=0),
    _witness("refutes", "more than the court takes", catalogue=99, orders=60),
    _witness("refutes", "by luck, on some days", customers=1.2, skew=5, catalogue=10.2),
    _witness("supports", "nobody waits for it", customers=1.2, skew=5, catalogue=8),
    _witness("supports", "all alike", customers=4, catalogue=4, report=4),
    _witness("supports", "a little longer than the next", orders=6, report=5.6),
    _witness("supports", "it gains a little", catalogue=8, orders=4, customers=3),
    _witness("supports", "more cores than there are", cores=100),
    _witness("supports", "half a core", cores=0.5),
    _witness("supports", "no skew at all", skew=0),
    _witness("supports", "long, but beside others as long", orders=6, customers=6, catalogue=12.0),
    wrong("no settings", CELL, (_SUPPORTS, '"supports": {}'), SUPPORTS),
    wrong("no witness against", CELL, (_REFUTES + ",", ""), REFUTES),
    _worth("the longest", _GAINS, 'gains = {name: stages[name]["seconds"] / 2 for name in stages}'),
    _worth("no time at all", _TOOK, 'took = stages[name]["seconds"] * (name != tuned)'),
    _worth("a third", _TOOK, _TOOK.replace("2 if", "3 if")),
    _worth("whole seconds", _TOOK, _TOOK.replace(" / (2", " // (2")),
    _worth("the first parent only", _BEGIN, "max(before[:1], default=0)"),
    _worth("the quickest parent", _BEGIN, _BEGIN.replace("max(", "min(")),
    _worth("one parent after the other", _BEGIN, "sum(before)"),
    _worth("nobody waits", _BEGIN, "0"),
    _worth("the last one that was named ends the job", _LAST, "return [end(name) for name in stages][-1] if stages else 0"),
    _worth("one after the other", _LAST, 'return sum(stages[name]["seconds"] / (1 + (name == tuned)) for name in stages)'),
    _worth("the last in the alphabet of those alike", _BEST, "best = max(gains, key=lambda name: (gains[name], name))"),
    _worth("the first that came of those alike", _BEST, "best = max(gains, key=gains.get)"),
    _worth("the least", _BEST, "best = min(gains, key=lambda name: (gains[name], name))"),
    _worth("the name only", "return [best, gains[best]]", "return best"),
    _worth("how long it takes then", "return [best, gains[best]]", "return [best, length(best)]"),
    _worth("a crash without stages", "    if not stages:\n        return None\n", ""),
    wrong("the witnesses are swapped, and the longest", CELL, ("", _SWAPPED), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
