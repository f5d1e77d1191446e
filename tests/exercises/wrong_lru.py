"""Wrong solutions of the resizable LRU cache, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "lru-solution"
ALL = ("lru-recency", "lru-resize", "lru-small", "lru-large")
RESIZING = ("lru-resize", "lru-large")

_GET = """        if key not in self.entries:
            return None
        self.entries[key] = value = self.entries.pop(key)
        return value
"""
_PUT = """        self.entries.pop(key, None)
        self.entries[key] = value
        return self.make_room()
"""
_RESIZE = """        self.capacity = capacity
        return self.make_room()
"""
_GONE = """            oldest = next(iter(self.entries))
            del self.entries[oldest]
"""
_REPLAY = """    cache = ResizableCache(capacity)
    return [getattr(cache, name)(*arguments) for name, *arguments in operations]"""

_WRAPPER = """
from labsupport.simulators import caching

def replay(operations, capacity):
    done = caching.replay("lru", [operation[1] if isinstance(operation[1], int) else ord(operation[1]) for operation in operations], capacity)
    return [[int(key)] if key >= 0 else [] for key in done.evicted]
"""
_SIMULATED = """
from labsupport.simulators import caching

def replay(operations, capacity):
    return caching.simulate("lru", [hash(operation[1]) % 100_000 for operation in operations], capacity).hits
"""
_VISIBLE_ONLY = """
SEEN = {
    (6, 2): [[], [], 1, ["b"], None, 1],
    (5, 2): [[], [], [], ["b"], 9],
    (4, 2): [[], [], None, ["a"]],
    (7, 4): [[], [], [], [], 1, ["b", "c"], ["d"]],
    (6, 1): [[], [], [], [], ["a"], 2],
    (5, 1): [[], [], ["a"], None, 3],
    (10_003, 10_000): [[]] * 10_000 + [[0], None, 10_001],
}

def replay(operations, capacity):
    return SEEN.get((len(operations), capacity), [[], [], 0, "", ["a"], ""])
"""

_PUT_IN_NEW_ROOM = """        gone = [key] if key in self.entries else []
        self.entries.pop(key, None)
        self.entries[key] = value
        return gone or self.make_room()
"""
_RESIZE_FROM_THE_WRONG_END = """        gone = list(self.entries)[capacity:][::-1]
        self.capacity = capacity
        for key in gone:
            del self.entries[key]
        return gone
"""

WRONG: list[Wrong] = [
    wrong("a hit is no use", CELL, (_GET, "        return self.entries.get(key)\n"), *ALL),
    wrong(
        "first in first out",
        CELL,
        (
            _GET + "        ### END SOLUTION\n\n    def put(self, key, value):\n        ### BEGIN SOLUTION\n" + _PUT.splitlines(True)[0],
            "        return self.entries.get(key)\n        ### END SOLUTION\n\n    def put(self, key, value):\n        ### BEGIN SOLUTION\n",
        ),
        *ALL,
    ),
    wrong("putting again is no use", CELL, ("        self.entries.pop(key, None)\n", ""), *ALL),
    wrong("putting again takes new room", CELL, (_PUT, _PUT_IN_NEW_ROOM), *ALL),
    wrong("one key too many", CELL, ("> self.capacity:", "> self.capacity + 1:"), *ALL),
    wrong("one key too few", CELL, ("> self.capacity:", ">= self.capacity:"), *ALL),
    wrong("unbounded", CELL, ("> self.capacity:", "> 10**9:"), *ALL),
    wrong("the most recently used goes", CELL, ("next(iter(self.entries))", "list(self.entries)[-2 if len(self.entries) > 1 else 0]"), *ALL),
    wrong("the newest goes", CELL, ("next(iter(self.entries))", "next(reversed(self.entries))"), *ALL),
    wrong("the smallest key goes", CELL, ("next(iter(self.entries))", "min(self.entries)"), *ALL),
    wrong("a miss stores the key", CELL, ("            return None\n", "            self.put(key, None)\n            return None\n"), *ALL),
    wrong("evicted keys come back as a tuple of pairs", CELL, ("evicted.append(oldest)", "evicted.append((oldest, None))"), *ALL),
    wrong("evicted keys come back as a set", CELL, ("return evicted", "return set(evicted)"), *ALL),
    wrong("nothing comes back where nothing is evicted", CELL, ("return evicted", "return evicted or None"), *ALL),
    wrong(
        "the key itself comes back, not a list",
        CELL,
        (_PUT, _PUT.replace("return self.make_room()", "return next(iter(self.make_room()), [])")),
        *ALL,
    ),
    wrong("get returns whether it is a hit", CELL, ("        return value\n", "        return True\n"), *ALL),
    wrong("resize is ignored", CELL, (_RESIZE, "        return []\n"), *RESIZING),
    wrong("resize only remembers the size", CELL, (_RESIZE, "        self.capacity = capacity\n        return []\n"), *RESIZING),
    wrong(
        "resize only shrinks",
        CELL,
        ("        self.capacity = capacity\n        return", "        self.capacity = min(self.capacity, capacity)\n        return"),
        *RESIZING,
    ),
    wrong(
        "resize empties the cache",
        CELL,
        (_RESIZE, "        gone = list(self.entries)\n        self.__init__(capacity)\n        return gone\n"),
        *RESIZING,
    ),
    wrong("resize evicts one key at most", CELL, (_RESIZE, _RESIZE.replace("return self.make_room()", "return self.make_room()[:1]")), *RESIZING),
    wrong("resize tells the evicted keys backwards", CELL, ("return evicted", "return evicted[::-1]"), *RESIZING),
    wrong("resize evicts the most recently used", CELL, (_RESIZE, _RESIZE_FROM_THE_WRONG_END), *RESIZING),
    wrong(
        "0 counts as a miss",
        CELL,
        (
            _GET,
            "        value = self.entries.pop(key, None)\n        if value:\n            self.entries[key] = value\n        return value or None\n",
        ),
        "lru-small",
    ),
    wrong(
        "a cache of one key stores nothing",
        CELL,
        (
            "        self.entries[key] = value\n        return self",
            "        if self.capacity == 1:\n            return []\n        self.entries[key] = value\n        return self",
        ),
        "lru-resize",
        "lru-small",
    ),
    wrong("never more than 1,000 keys", CELL, ("> self.capacity:", "> min(self.capacity, 1_000):"), "lru-large"),
    wrong(
        "one store for all caches",
        CELL,
        (
            "        self.entries = {}",
            "        self.entries = vars(ResizableCache).get('shared') or setattr(ResizableCache, 'shared', {}) or ResizableCache.shared",
        ),
        *ALL,
    ),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("a wrapper of the simulator's replay", CELL, ("", _WRAPPER), *ALL),
    wrong("a wrapper of the simulator", CELL, ("", _SIMULATED), *ALL),
    wrong("replay is emptied", CELL, (_REPLAY, "    return [None for _ in operations]"), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
