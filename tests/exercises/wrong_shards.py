"""Wrong solutions of the exercise on lists that are spread over shards, and the test cell that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "shards-solution"
ALL = ("shards-busiest",)

_WHILE = "while copies < shards and reads / copies + writes > fair / 8:"
_PART = "parts.append((reads / copies + writes, copies, number))"
_PLACES = "places[number] = sorted(range(shards), key=busy.__getitem__)[:copies]"


def _places(name: str, body: str) -> Wrong:
    """Replace everything by a function of one's own."""
    return wrong(name, CELL, ("", f"def place(lists, shards):\n    {body}\n"), *ALL)


def _changed(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), *ALL)


_LONGEST_FIRST = """from labsupport.simulators import scheduling
    lengths = [reads + writes for reads, writes in lists]
    return [[int(worker)] for worker in scheduling.simulate("lpt", lengths, shards).workers]"""
_THE_HOTTEST_EVERYWHERE = """fair = sum(reads + writes for reads, writes in lists) / shards
    every = [*range(shards)]
    return [every if reads + writes > fair / 2 else [number % shards] for number, (reads, writes) in enumerate(lists)]"""

WRONG: list[Wrong] = [
    _places("by the number", "return [[number % shards] for number in range(len(lists))]"),
    _places("by ranges of numbers", "return [[number * shards // len(lists)] for number in range(len(lists))]"),
    _places("everything everywhere", "return [[*range(shards)] for _ in lists]"),
    _places("everything on one", "return [[0] for _ in lists]"),
    _places("two copies of each", "return [[*{number % shards, (number + 1) % shards}] for number in range(len(lists))]"),
    _places("the longest first, whole", _LONGEST_FIRST),
    _places("the hottest everywhere, the rest by number", _THE_HOTTEST_EVERYWHERE),
    _places("the shards alone", "return [number % shards for number in range(len(lists))]"),
    _places("how many copies", "return [[1] * shards for _ in lists]"),
    _places("a dict", "return {number: [number % shards] for number in range(len(lists))}"),
    _changed("never a copy", _WHILE, "while False:"),
    _changed("two copies at most", _WHILE, "while copies < min(2, shards) and reads / copies + writes > fair / 8:"),
    _changed("copies without end", "fair / 8", "fair / 1e6"),
    _changed("as if a copy took over the writes as well", _PART, "parts.append(((reads + writes) / copies ** 2, copies, number))"),
    _changed("where there is most to do", "key=busy.__getitem__)", "key=busy.__getitem__, reverse=True)"),
    _changed("the first shards", _PLACES, "places[number] = [*range(shards)][:copies]"),
    _changed("forgets what it has placed", "busy[shard] += part", "busy[shard] += 0"),
    _changed("shards from 1", "        places[number] = sorted(range(shards)", "        places[number] = sorted(range(1, shards)"),
    _changed("in the order of the work", "return places", "return [each for each in places if each][::-1]"),
    _changed("one list left out", "return places", "return places[:-1]"),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
