"""Wrong solutions of the exercise on failures in logs, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "failures-solution"
PATTERN, ROOTS = ALL = ("failures-pattern", "failures-roots")

_FAILED = 'failed = log["status"] >= 500'
_LEAST = "if rows < 30 or share in (0, 1):"
_SURPRISE = "surprise = (bad - rows * share) / math.sqrt(rows * share * (1 - share))"
_LATER = "for other in columns[place + 1 :]:"
_MORE = "if surprise > best:"
_WHERE, _ROWS, _BAD = "dict(zip((one, other), values))", '"rows": rows,', '"failed": bad'
_BROKEN = 'broken = {(line["trace"], line["service"]) for line in errors}'
_BLAME = 'if not any((line["trace"], other) in broken for other in line["asked"])'
_COUNTS = "for _, service in found:\n        counts[service] = counts.get(service, 0) + 1"

_EARLIEST = """counts = {}
    first = {}
    for line in lines:
        if line["error"] and line["ms"] < first.get(line["trace"], {"ms": math.inf})["ms"]:
            first[line["trace"]] = line
    for line in first.values():
        counts[line["service"]] = counts.get(line["service"], 0) + 1
    return counts
    counts = {}"""

_VISIBLE_ONLY = """
def pattern(log):
    if len(log) < 50:
        return None
    return {"where": {"version": "2", "zone": "b"}, "rows": 50, "failed": 14}

def roots(lines):
    return {"store": 1, "web": 1}
"""


def _pattern(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), PATTERN)


def _roots(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), ROOTS)


WRONG: list[Wrong] = [
    _pattern("statuses of 400 failed, too", _FAILED, _FAILED.replace("500", "400")),
    _pattern("only status 500", _FAILED, _FAILED.replace(">=", "==")),
    _pattern("the greatest share", _SURPRISE, "surprise = bad / rows"),
    _pattern("the most failures", _SURPRISE, "surprise = bad"),
    _pattern("the most failures beyond what is expected", _SURPRISE, "surprise = bad - rows * share"),
    _pattern("times as many as expected", _SURPRISE, "surprise = bad / (rows * share)"),
    _pattern("the surprise of few failures, too", _SURPRISE, _SURPRISE.replace("(bad", "abs(bad")),
    _pattern("the least surprise", _MORE, "if surprise > -best or found is None:"),
    _pattern("pairs of any size", _LEAST, "if share in (0, 1):"),
    _pattern("more than thirty rows", _LEAST, _LEAST.replace("< 30", "<= 30")),
    _pattern("at least a hundred rows", _LEAST, _LEAST.replace("30", "100")),
    _pattern("only neighbouring columns", _LATER, "for other in columns[place + 1 : place + 2]:"),
    _pattern("only the first column and another", _LATER, "for other in columns[1:] if place == 0 else []:"),
    _pattern("no rows", _ROWS, ""),
    _pattern("the share instead of the failures", _BAD, '"failed": bad / rows'),
    _pattern("the values alone", _WHERE, "list(values)"),
    _pattern("something even if nothing failed", "return found\n", 'return found or {"where": {}, "rows": 0, "failed": 0}\n'),
    _pattern(
        "the log is changed", _FAILED, 'log["bad"] = log["status"] >= 500\n    failed = log.pop("bad")\n    log.drop(log.index[:5], inplace=True)'
    ),
    _roots("everybody who logs an error", _BLAME, ""),
    _roots("who broke first, by its own clock", "counts = {}", _EARLIEST),
    _roots("who asked nobody", _BLAME, 'if not line["asked"]'),
    _roots("a service that broke in any trace is to blame", _BLAME, 'if not {s for _, s in broken} & set(line["asked"])'),
    _roots("who can blame all it asked", _BLAME, _BLAME.replace("not any(", "not line['asked'] or not all(")),
    _roots("those who did not break, too", "for line in errors\n", "for line in lines\n"),
    _roots("who asked somebody that is well", _BLAME, _BLAME.replace(") in broken", ") not in broken")),
    _roots("lines, and not traces", 'found = {\n        (line["trace"], line["service"])', 'found = {\n        (id(line), line["service"])'),
    _roots("services, and not traces", _COUNTS, "for _, service in found:\n        counts[service] = 1"),
    _roots("those that never are, too", "counts = {}", 'counts = {line["service"]: 0 for line in lines}'),
    _roots("a list of services", "return counts", "return sorted(counts)"),
    _roots("one root in each trace", _COUNTS, "for service in dict(sorted(found)).values():\n        counts[service] = counts.get(service, 0) + 1"),
    _roots("what broke in the trace before", _BROKEN, _BROKEN.replace('(line["trace"], line["service"])', '(line["trace"] + 1, line["service"])')),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("a wrapper of pandas", CELL, ("", "pattern = pd.DataFrame.mode\nroots = pd.DataFrame\n"), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
