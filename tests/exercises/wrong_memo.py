"""Wrong solutions of the exercise on asking once, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "memo-solution"
ROADS, LONG, REMEMBER = ALL = ("memo-roads", "memo-long", "memo-remember")
WAYS = (ROADS, LONG)

_GOAL = "if town == goal:\n            return minutes\n"
_ASKED = "        if town in asked:\n            continue\n"
_SHORTER = "if minutes + more < found.get(neighbour, math.inf):"
_PUSH = "heapq.heappush(waiting, (minutes + more, neighbour))"
_POP = "minutes, town = heapq.heappop(waiting)"
_NONE = "            heapq.heappush(waiting, (minutes + more, neighbour))\n    return None"
_KEY = "key = json.dumps(question)"
_KEPT = "answers[key] = copy.deepcopy(ask(question))"
_GIVEN = "return copy.deepcopy(answers[key])"
_KNOWN = "if key not in answers:"
_OWN = "    answers = {}\n"

_NAIVE = """
def fastest(start, goal, ask):
    if start == goal:
        return 0
    ways = [(fastest(town, goal, ask), minutes) for town, minutes in ask(start)]
    return min((rest + minutes for rest, minutes in ways if rest is not None), default=None)
"""
_CACHED = """
import functools

def fastest(start, goal, ask):
    @functools.lru_cache(maxsize=None)
    def minutes(town):
        if town == goal:
            return 0
        return min((more + minutes(other) for other, more in ask(town)), default=math.inf)
    found = minutes(start)
    return None if found == math.inf else found
"""
_SMALL_CACHE = _CACHED.replace("maxsize=None", "maxsize=1")
_FEWEST_ROADS = """
def fastest(start, goal, ask):
    waiting, seen = [(start, 0)], {start}
    while waiting:
        town, minutes = waiting.pop(0)
        if town == goal:
            return minutes
        for other, more in ask(town):
            if other not in seen:
                seen.add(other)
                waiting.append((other, minutes + more))
    return None
"""
_GREEDY = """
def fastest(start, goal, ask):
    minutes = 0
    while start != goal:
        ahead = ask(start)
        if not ahead:
            return None
        start, more = min(ahead, key=lambda road: road[1])
        minutes += more
    return minutes
"""
_LIBRARY = """
import functools
remember = functools.cache
"""
_GLOBAL = """
known = {}

def remember(ask):
    def remembered(question):
        key = json.dumps(question)
        if key not in known:
            known[key] = copy.deepcopy(ask(question))
        return copy.deepcopy(known[key])
    return remembered
"""
_VISIBLE_ONLY = """
def fastest(start, goal, ask):
    return {("A", "E"): 8, ("D", "A"): None, ("B", "B"): 0, (0, 3): 6, (0, 2000): 4000}[start, goal]

def remember(ask):
    answers = {}
    def remembered(question):
        key = str(question)
        if not answers.get(key):
            answers[key] = ask(question)
        return [*answers[key]] if answers[key] else None
    return remembered
"""


def _ways(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *(loses or WAYS))


def _memory(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), REMEMBER)


def _alone(name: str, text: str, *loses: str) -> Wrong:
    """Put one function in place of the reference's, and leave the other one as it is."""
    return wrong(name, CELL, ("def remember(ask):\n", f"{text}\n\ndef remember(ask):\n"), *loses)


WRONG: list[Wrong] = [
    _alone("every way, one after the other", _NAIVE, *WAYS),
    _alone("calls that lie too deep", _CACHED, LONG),
    _alone("a memory of one answer", _SMALL_CACHE, *WAYS),
    _alone("the fewest roads", _FEWEST_ROADS, *WAYS),
    _alone("the nearest town", _GREEDY, *WAYS),
    _ways("asked twice on a detour", _ASKED, "", *WAYS),
    _ways("the slowest way", _SHORTER, "if minutes + more > found.get(neighbour, -1):"),
    _ways("the first way that is found", _SHORTER, "if neighbour not in found:"),
    _ways("how many roads", "(minutes + more, neighbour))", "(minutes + 1, neighbour))"),
    _ways("the last town only", _PUSH, "waiting[:] = [(minutes + more, neighbour)]", *WAYS),
    _ways("one minute at the start", "waiting = [(0, start)]", "waiting = [(1, start)]"),
    _ways("the goal is never reached", "if town == goal:", "if town == start:"),
    _ways("0 where there is no way", _NONE, _NONE.replace("return None", "return 0"), ROADS),
    _ways("an error where there is no way", "while waiting:", "while True:", ROADS),
    _ways("towns in minutes and seconds", "            return minutes\n", "            return minutes * 60\n"),
    _ways("the towns, not the minutes", "            return minutes\n", "            return len(asked)\n"),
    _memory("memory: nothing is kept", _KNOWN, "if True:"),
    _memory("memory: None is asked again", _KNOWN, "if answers.get(key) is None:"),
    _memory("memory: a list is no key", _KEY, "key = question"),
    _memory("memory: a list is a sentence", _KEY, 'key = question if isinstance(question, str) else " ".join(question)'),
    _memory("memory: a list is what it looks like", _KEY, "key = str(question)"),
    _memory("memory: in any order", _KEY, "key = str(sorted(question)) if isinstance(question, list) else question"),
    _memory("memory: the caller gets the very list", _GIVEN, "return answers[key]"),
    _memory("memory: only the outer list is copied", _GIVEN, "return copy.copy(answers[key])"),
    _memory("memory: the service keeps the very list", _KEPT, "answers[key] = ask(question)"),
    _memory("memory: one answer only", _KEPT, f"answers.clear()\n            {_KEPT}"),
    _memory("memory: a hundred answers", _KEPT, f"answers.update() if len(answers) < 100 else answers.clear()\n            {_KEPT}"),
    _memory(
        "memory: failures are kept",
        _KEPT,
        f"try:\n                {_KEPT}\n            except OSError as error:\n                answers[key] = f'failed: {{error}}'",
    ),
    _memory("memory: failures become None", _KEPT, f"try:\n                {_KEPT}\n            except OSError:\n                return None"),
    _memory(
        "memory: asked again after a failure at once", _KEPT, f"try:\n                {_KEPT}\n            except OSError:\n                {_KEPT}"
    ),
    _memory("memory: asked twice", _KEPT, f"ask(question)\n            {_KEPT}"),
    _memory("memory: of Python's own", "def remember(ask):\n", f"{_LIBRARY}\n\ndef unused(ask):\n"),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of libraries", CELL, ("", _SMALL_CACHE + _LIBRARY), *ALL),
    wrong("one memory for all", CELL, ("", _GREEDY + _GLOBAL), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
