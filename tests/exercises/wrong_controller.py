"""Wrong solutions of the exercise on a player that looks at its buffer, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "controller-solution"
GOOD, POOR = ALL = ("controller-good", "controller-poor")

_RESULT = "return int(top * min(max(share, 0.0), 1.0))"


def _decides(name: str, body: str, *loses: str) -> Wrong:
    """Replace everything by a function of one's own."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return wrong(name, CELL, ("", f"def choose(buffer, last, film):\n    ladder = film['ladder']\n    top = len(ladder) - 1\n{lines}\n"), *loses)


def _changed(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *loses)


_A_WRAPPER_OF_THE_LABS_BOLA = """
from labsupport.simulators import streaming_controllers
segments = int(buffer / 4) + 1
return min(int(streaming_controllers.watch("bola", [1e9], segments, capacity=film["capacity"]).rungs[-1]), top)
"""
_A_WRAPPER_OF_THE_LABS_BBA = """
from labsupport.simulators import streaming_controllers
segments = int(buffer / 4) + 1
return min(int(streaming_controllers.watch("bba0", [1e9], segments, capacity=film["capacity"]).rungs[-1]), top)
"""
_THE_LAB_BY_NAME = """
from labsupport.simulators import streaming
return int(streaming.play("bola", [1e9], int(buffer / film["duration"]) + 1, **film).rungs[-1])
"""
_BY_THE_BITRATE = """
allowed = ladder[0] + (ladder[top] - ladder[0]) * buffer / film["capacity"]
return max(rung for rung in range(top + 1) if ladder[rung] <= allowed)
"""
_UP_AND_DOWN = """
if buffer > 0.5 * film["capacity"]:
    return min(last + 1, top)
return max(last - 1, 0)
"""
_UP_STAY_DOWN = """
if buffer > 0.7 * film["capacity"]:
    return min(last + 1, top)
return max(last - 1, 0) if buffer < 0.4 * film["capacity"] else last
"""

WRONG: list[Wrong] = [
    _decides("always the lowest", "return 0", *ALL),
    _decides("always the second", "return 1", *ALL),
    _decides("always the one in the middle", "return top // 2", *ALL),
    _decides("always the highest", "return top", *ALL),
    _decides("the highest from half a buffer on", 'return top if buffer >= film["capacity"] / 2 else 0', *ALL),
    _decides("the highest as soon as there is a segment", 'return top if buffer >= film["duration"] else 0', *ALL),
    _decides("up and down by a rung", _UP_AND_DOWN, *ALL),
    _decides("up, stay or down", _UP_STAY_DOWN, *ALL),
    _decides("the highest but in an emergency", "return top if buffer > 8 else 0", *ALL),
    _decides("a rung a segment", 'return min(int(buffer / film["duration"]), top)', *ALL),
    _decides("without a reservoir", 'return min(int(buffer / film["capacity"] * len(ladder)), top)', POOR),
    _decides("by the bitrate, not by the rungs", _BY_THE_BITRATE, POOR),
    _decides("a wrapper of the lab's BOLA", _A_WRAPPER_OF_THE_LABS_BOLA, *ALL),
    _decides("a wrapper of the lab's BBA-0", _A_WRAPPER_OF_THE_LABS_BBA, *ALL),
    _decides("BOLA by its name", _THE_LAB_BY_NAME, *ALL),
    _changed("the buffer in segments", "(buffer - reservoir)", '(buffer / film["duration"] - reservoir)', *ALL),
    _changed("a reservoir of nearly everything", "0.25 * film", "0.8 * film", *ALL),
    _changed("the other way round", _RESULT, "return top - int(top * min(max(share, 0.0), 1.0))", *ALL),
    _changed("a rung too many", _RESULT, "return int(top * min(max(share, 0.0), 1.0)) + 1", *ALL),
    _changed("beyond both ends", _RESULT, "return int(top * share)", *ALL),
    _changed("a share of a rung", _RESULT, "return top * min(max(share, 0.0), 1.0)", *ALL),
    _changed("never the lowest", _RESULT, "return max(int(top * min(max(share, 0.0), 1.0)), 1)", POOR),
    _changed("rounded up", _RESULT, "return math.ceil(top * min(max(share, 0.0), 1.0))", POOR),
    _changed("a hasty reservoir", "0.25 * film", "0.02 * film", POOR),
    _changed("never better than the third", _RESULT, "return min(int(top * min(max(share, 0.0), 1.0)), 2)", GOOD),
    _changed("for the poor lines only", "0.25 * film", "0.5 * film", GOOD),
    _changed("one film by heart", 'len(film["ladder"]) - 1', "8", *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
