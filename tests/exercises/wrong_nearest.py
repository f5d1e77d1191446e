"""Wrong solutions of the exercise on the nearest drivers, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "nearest-solution"
CELLS, RIGHT, FEW = ALL = ("nearest-cell", "nearest-right", "nearest-few")

_CELL = "return [math.floor(east / side), math.floor(north / side)]"
_END = "if found[wanted - 1] <= min(gaps):"
_IF = "if number and len(found) >= wanted:"
_RING = "if max(abs(right), abs(up)) == number"
_BEYOND = "if number > farthest:"
_EVERYTHING = """
west, last, south, top = box
return [] if number else [[column, row] for column in range(west, last + 1) for row in range(south, top + 1)]
"""
_A_SQUARE = """
if number == 0:
    column, row = cell_of(east, north, side)
    return [[column + right, row + up] for right in range(-9, 10) for up in range(-9, 10)]
"""
_A_WRAPPER_OF_THE_SIMULATOR = """
from labsupport.simulators import geohashes, geospatial


def cell_of(east, north, side):
    return geohashes.encode(north, east, 6)


def look(east, north, wanted, side, box, number, found):
    return geospatial.simulate("grid", [north], [east], [north], [east], neighbours=wanted).cells.tolist()
"""
_LOOK = '''    """Return the cells to be opened in this round, or none to end the search."""
    ### BEGIN SOLUTION
'''


def _cell(name: str, new: str, *more: str) -> Wrong:
    return wrong(name, CELL, (_CELL, new), CELLS, *more)


def _wrong(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *loses)


def _instead(name: str, body: str, *loses: str) -> Wrong:
    """Look in another way."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return wrong(name, CELL, (_LOOK, f"{_LOOK}{lines}\n"), *loses)


WRONG: list[Wrong] = [
    _cell("towards the town hall", "return [int(east / side), int(north / side)]", FEW),
    _cell("rounded", "return [round(east / side), round(north / side)]", FEW),
    _cell("times the side", "return [math.floor(east * side), math.floor(north * side)]", *ALL[1:]),
    _cell("row and column", "return [math.floor(north / side), math.floor(east / side)]", FEW),
    _cell("rounded up", "return [math.ceil(east / side), math.ceil(north / side)]", FEW),
    _cell("counted from 1", "return [math.floor(east / side) + 1, math.floor(north / side) + 1]", FEW),
    _cell("cells of a kilometre", "return [math.floor(east), math.floor(north)]", FEW),
    _cell("a border to the west of it", "return [math.ceil(east / side) - 1, math.ceil(north / side) - 1]"),
    _cell("a tuple of one", "return [math.floor(east / side)]", *ALL[1:]),
    _cell("numbers with a point", "return [float(east // side + 0.5), float(north // side + 0.5)]", *ALL[1:]),
    _wrong("content as soon as there are enough", _END, "if True:", *ALL[1:]),
    _wrong("content with the first cell", _IF, "if number:", *ALL[1:]),
    _wrong("one ring more, and done", _END, "if number > 1:", *ALL[1:]),
    _wrong("never content", _END, "if False:", FEW),
    _wrong("content when the first is certain", "found[wanted - 1]", "found[0]", *ALL[1:]),
    _wrong("content when the farthest is certain", "found[wanted - 1]", "found[-1]", FEW),
    _wrong("the far borders", "min(gaps)", "max(gaps)", *ALL[1:]),
    _wrong("east and west only", "        gaps += [north - (row - number + 1) * side, (row + number) * side - north]\n", "", RIGHT),
    _wrong("as if one stood in the middle", _END, "if found[wanted - 1] <= (number - 0.5) * side:", *ALL[1:]),
    _wrong("a ring too many in mind", _END, "if found[wanted - 1] <= number * side:", *ALL[1:]),
    _wrong("three rings to spare", _END, "if found[wanted - 1] + 3 * side <= min(gaps):", FEW),
    _wrong("three rings at a time", "    square = range", "    number *= 3\n    square = range", *ALL[1:]),
    _wrong("no corners", _RING, "if abs(right) + abs(up) == number", *ALL[1:]),
    _wrong("a cross", _RING, "if max(abs(right), abs(up)) == number and not right * up", *ALL[1:]),
    _instead("a large square at once", _A_SQUARE, FEW),
    _wrong("no end for those who want too many", _BEYOND, "if number > 10_000:", RIGHT),
    _wrong("gives up after two rounds", _BEYOND, "if number > 2:", RIGHT),
    _wrong("gives up at the nearest side", "farthest = max(", "farthest = min(", *ALL[1:]),
    _wrong("numbers of cells", "[column + right, row + up]", "1000 * (column + right) + row + up", *ALL[1:]),
    _instead("the whole city", _EVERYTHING, FEW),
    _instead("one's own cell", "return [] if number else [cell_of(east, north, side)]", *ALL[1:]),
    _instead("nine cells", "if number > 1:\n    return []", *ALL[1:]),
    _instead("always everything around", "if number > 6:\n    return []", RIGHT),
    wrong("a wrapper of the simulator", CELL, ("", _A_WRAPPER_OF_THE_SIMULATOR), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
