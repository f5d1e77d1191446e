"""Wrong solutions of the trial on scaling by demand, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "demand-solution"
REFUTES, SUPPORTS = BOTH = ("demand-refutes", "demand-supports")

_REFUTES = '{"before": 0.1, "after": 1.0, "cold_start": 2.0, "keep_alive": 10, "growth": 1_000}'
_SUPPORTS = '{"before": 5.0, "after": 50.0, "cold_start": 0.2, "keep_alive": 600, "growth": 1_000}'
_CELL = '''
def witnesses():
    """Return one witness against the claim and one for it."""
    return {{"refutes": {refutes}, "supports": {supports}}}
'''


def _settings(before: float, after: float, cold_start: float, keep_alive: float, growth: float) -> str:
    return f'{{"before": {before}, "after": {after}, "cold_start": {cold_start}, "keep_alive": {keep_alive}, "growth": {growth}}}'


def _against(name: str, refutes: str) -> Wrong:
    return wrong(f"against: {name}", CELL, ("", _CELL.format(refutes=refutes, supports=_SUPPORTS)), REFUTES)


def _for(name: str, supports: str) -> Wrong:
    return wrong(f"for: {name}", CELL, ("", _CELL.format(refutes=_REFUTES, supports=supports)), SUPPORTS)


WRONG: list[Wrong] = [
    wrong("witnesses swapped", CELL, ("", _CELL.format(refutes=_SUPPORTS, supports=_REFUTES)), *BOTH),
    _against("the same as for it", _SUPPORTS),
    _against("a long cold start alone", _settings(1, 500, 10, 600, 1_000)),
    _against("a high crowd alone", _settings(1, 500, 1, 600, 1_000)),
    _against("starts that are limited, but not enough", _settings(1, 100, 1, 600, 1)),
    _against("kept alive for a minute", _settings(0.1, 10, 5, 60, 1_000)),
    _against("kept alive for an hour", _settings(0.1, 1, 2, 3_600, 1_000)),
    _against("demand that hardly rises", _settings(0.5, 1, 2, 10, 1_000)),
    _against("cold starts within a second", _settings(0.1, 1, 0.1, 10, 1_000)),
    _against("half an instance a second", _settings(1, 500, 10, 600, 0.5)),
    _against("no keep-alive", _settings(0.1, 1, 2, 0, 1_000)),
    _against("a setting is missing", '{"before": 0.1, "after": 1.0}'),
    _for("the same as against it", _REFUTES),
    _for("kept too short", _settings(1, 10, 5, 10, 1_000)),
    _for("one start a second", _settings(1, 500, 10, 600, 1)),
    _for("two starts a second", _settings(1, 100, 1, 600, 1)),
    _for("demand that falls", _settings(50, 5, 0.2, 600, 1_000)),
    _for("demand that rises five times", _settings(10, 50, 0.2, 600, 1_000)),
    _for("no cold start at all", _settings(5, 50, 0, 600, 1_000)),
    _for("a hundred times as much, after a minute", _settings(0.1, 10, 5, 60, 1_000)),
    _for("more than the platform has", _settings(5, 5_000, 0.2, 600, 1_000)),
    _for("only the verdict", '"supports"'),
    wrong("one witness only", CELL, ("", f'def witnesses():\n    return {{"refutes": {_REFUTES}}}\n'), SUPPORTS),
    wrong("a wrapper of the court", CELL, ("", "witnesses = lambda: {'refutes': hear, 'supports': hear}\n"), *BOTH),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *BOTH),
]
