"""Wrong solutions of the exercise on sending less, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "combine-solution"
WORDS, MEAN, PLACE = ALL = ("combine-words", "combine-mean", "combine-place")

_SPLIT = "line.lower().split()"
_COUNT = "counts[word] = counts.get(word, 0) + 1"
_RECORDS = "return [[word, count] for word, count in counts.items()]"
_START = "return combine([[node, time, 1] for node, time in pairs])"
_BEFORE = "before = sums.get(node, (0, 0))"
_SUMS = "sums[node] = (before[0] + total, before[1] + number)"
_COMBINED = "return [[node, total, number] for node, (total, number) in sums.items()]"
_FINISH = "return {node: total / number for node, total, number in records}"
_BEST = "max(numbers, key=lambda node: (nodes[node].get(key, 0), -node))"
_KEYS = "for key in keys}"

_VISIBLE_ONLY = """
def map_side(lines):
    return {2: [["data", 3], ["the", 2]], 3: [["the", 2], ["node", 1], ["slow", 2]]}[len(lines)] if any(map(str.strip, lines)) else []

def start(pairs):
    return [[node, 0] for node in dict(pairs)]

def combine(records):
    return [["a", 0], ["b", 0]]

def finish(records):
    return {"a": 30.0, "b": 5.0}

def place(nodes):
    return {"a": 0, "b": 1}
"""
_WRAPPERS = """
from collections import Counter

def map_side(lines):
    return Counter(" ".join(lines).split()).most_common()

def start(pairs):
    return [list(pair) for pair in pairs]

def combine(records):
    return records

def finish(records):
    return {node: float(np.mean([time for who, time in records if who == node])) for node, _ in records}

def place(nodes):
    return pd.DataFrame(nodes).sum().to_dict()
"""


def _words(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), WORDS)


def _mean(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), MEAN)


def _place(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), PLACE)


WRONG: list[Wrong] = [
    _words("words: every word is sent at once", _RECORDS, "return [[word, 1] for line in lines for word in line.lower().split()]"),
    _words(
        "words: each line is counted alone",
        _RECORDS,
        "return [[w, line.lower().split().count(w)] for line in lines for w in {*line.lower().split()}]",
    ),
    _words("words: capitals make a difference", _SPLIT, "line.split()"),
    _words("words: in capitals", _SPLIT, "line.upper().split()"),
    _words("words: cut at single blanks", _SPLIT, 'line.lower().split(" ")'),
    _words("words: the last word only", _COUNT, "counts = {word: 1}"),
    _words("words: once for each line", _SPLIT, "{*line.lower().split()}"),
    _words("words: only that it occurs", _COUNT, "counts[word] = 1"),
    _words("words: counted from zero", _COUNT, "counts[word] = counts.get(word, -1) + 1"),
    _words("words: the frequent ones only", _RECORDS, _RECORDS.replace(".items()]", ".items() if count > 1]")),
    _words("words: not more than a hundred", _RECORDS, _RECORDS.replace(".items()]", ".items()][:100]")),
    _words("words: count before word", _RECORDS, _RECORDS.replace("[[word, count]", "[[count, word]")),
    _words("words: the first three lines", "for line in lines:", "for line in lines[:3]:"),
    _words("words: None where there are none", _RECORDS, _RECORDS + " or None"),
    _mean("mean: means of means", _START, "return [[n, sum(t := [v for w, v in pairs if w == n]) / len(t), 1] for n in {p[0] for p in pairs}]"),
    _mean("mean: the sum", _FINISH, _FINISH.replace("total / number", "total")),
    _mean("mean: how many", _FINISH, _FINISH.replace("total / number", "number")),
    _mean("mean: rounded to whole ms", _FINISH, _FINISH.replace("total / number", "round(total / number)")),
    _mean("mean: every pair is sent", _START, "return [[node, time, 1] for node, time in pairs]"),
    _mean("mean: all times in the record", _START, "return [[n, [v for w, v in pairs if w == n], 1] for n in {p[0] for p in pairs}]"),
    _mean("mean: records are counted, not times", _SUMS, "sums[node] = (before[0] + total, before[1] + 1)"),
    _mean("mean: the last record wins", _SUMS, "sums[node] = (total, number)"),
    _mean("mean: the first record wins", _SUMS, "sums[node] = before if before[1] else (total, number)"),
    _mean("mean: nothing is combined", _COMBINED, "return records"),
    _mean("mean: the running half", _SUMS, "sums[node] = ((before[0] + total) / (1 + (before[1] > 0)), 1)"),
    _mean("mean: the largest", _SUMS, "sums[node] = (max(before[0], total), 1)"),
    _mean("mean: a count too many", _BEFORE, _BEFORE.replace("(0, 0)", "(0, 1)")),
    _mean("mean: pairs, not a dict", _FINISH, "return [[node, total / number] for node, total, number in records]"),
    _place("place: the fewest rows", _BEST, _BEST.replace("max(", "min(")),
    _place("place: the highest of equal numbers", _BEST, _BEST.replace("-node", "node")),
    _place("place: the first node that has it", _BEST, "min(node for node in numbers if key in nodes[node])"),
    _place("place: the last node that has it", _BEST, "max(node for node in numbers if key in nodes[node])"),
    _place("place: by a hash", _BEST, "len(key) % len(nodes)"),
    _place("place: all on the first node", _BEST, "0"),
    _place("place: all on the fullest node", _BEST, "max(numbers, key=lambda node: sum(nodes[node].values()))"),
    _place("place: counted from one", _BEST, "1 + " + _BEST),
    _place("place: keys of the first node only", "for rows in nodes for key in rows}", "for rows in nodes[:1] for key in rows}"),
    _place("place: keys that are on one node are left out", _KEYS, "for key in keys if sum(key in rows for rows in nodes) > 1}"),
    _place("place: how many rows travel", _BEST, "sum(rows.get(key, 0) for rows in nodes) - max(rows.get(key, 0) for rows in nodes)"),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of libraries", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
