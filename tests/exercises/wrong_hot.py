"""Wrong solutions of the trial of the hot server, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "hot-solution"
REFUTES, SUPPORTS, MUCH = ALL = ("hot-refutes", "hot-supports", "hot-much")
WITNESSES = (REFUTES, SUPPORTS)

_CALM = '{"nodes": 30, "fanout": 1, "percentile": 50}'
_HURT = '{"nodes": 10, "fanout": 10, "percentile": 50}'
_HOT = "hot = usual * (nodes * times - (nodes - 1))"
_USUAL = "usual = others / (1 - others)"
_BUSY = "return hot / (1 + hot)"


def _calm(name: str, new: str) -> Wrong:
    return wrong(name, CELL, (_CALM, new), REFUTES)


def _hurt(name: str, new: str) -> Wrong:
    return wrong(name, CELL, (_HURT, new), SUPPORTS)


def _much(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), MUCH)


WRONG: list[Wrong] = [
    wrong(
        "witnesses swapped",
        CELL,
        (f'"refutes": {_CALM},\n        "supports": {_HURT},', f'"supports": {_CALM},\n        "refutes": {_HURT},'),
        *WITNESSES,
    ),
    _calm("refutes: the same cluster twice", _HURT),
    _calm("refutes: one of two nodes is hot", _CALM.replace("30", "2")),
    _calm("refutes: the slow end sees it", _CALM.replace("50", "99")),
    _calm("refutes: every request asks three", _CALM.replace('"fanout": 1', '"fanout": 3').replace("30", "10")),
    _calm("refutes: a percentile below the middle", _CALM.replace("50", "10")),
    _calm("refutes: more nodes than there may be", _CALM.replace("30", "100")),
    _calm("refutes: half a node", _CALM.replace("30", "29.5")),
    _calm("refutes: a setting is missing", _CALM.replace(', "percentile": 50', "")),
    _calm("refutes: a setting of its own", _CALM.replace("50", '50, "balancer": "random"')),
    _hurt("supports: the same cluster twice", _CALM),
    _hurt("supports: two in fifty", '{"nodes": 50, "fanout": 2, "percentile": 50}'),
    _hurt("supports: one in twenty at the 90th percentile", '{"nodes": 20, "fanout": 1, "percentile": 90}'),
    _hurt("supports: three of ten", '{"nodes": 10, "fanout": 3, "percentile": 50}'),
    _hurt("supports: asks more than there are", _HURT.replace('"fanout": 10', '"fanout": 11')),
    _hurt("supports: asks none", _HURT.replace('"fanout": 10', '"fanout": 0')),
    _hurt("supports: the slowest of all", _HURT.replace("50", "100")),
    _hurt("supports: a list instead of settings", "[10, 10, 50]"),
    _hurt("supports: only the verdict", '"supports"'),
    _much("the load of the mean", _HOT, "hot = usual * times"),
    _much("as if all were hot", _BUSY, "return 1 - (1 - others) / times"),
    _much("times the load", _BUSY, "return min(0.999, others * times)"),
    _much("one node too many", _HOT, _HOT.replace("(nodes - 1)", "nodes")),
    _much("how much more", _HOT, _HOT.replace("nodes * times - (nodes - 1)", "nodes * (times - 1)")),
    _much("the free share", _BUSY, "return 1 / (1 + hot)"),
    _much("response and not load", _BUSY, "return hot"),
    _much("in percent", _BUSY, "return 100 * hot / (1 + hot)"),
    _much("responses as of one that is asked more often", _USUAL, "usual = 1 / (1 - others)"),
    _much("always ten nodes", _HOT, "hot = usual * (10 * times - 9)"),
    _much("rounded", _BUSY, "return round(hot / (1 + hot), 2)"),
    wrong("one witness only", CELL, (f'        "supports": {_HURT},\n', ""), SUPPORTS),
    wrong(
        "a wrapper of the court", CELL, ("", "witnesses = lambda: {'refutes': hear, 'supports': hear}\nhot_enough = theory.amdahl_speedup\n"), *ALL
    ),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
