"""Wrong solutions of the exercise on break-even, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "even-solution"
MONTH, RATES = ALL = ("even-month", "even-rates")

_REQUESTS = "requests = rate * 730 * 3_600"
_MEMORY = 'memory = requests * function["ms"] / 1_000 * function["gigabytes"]'
_FREE = 'max(0, memory - function["free_gb_seconds"])'
_PART = 'max(0, requests - function["free_requests"])'
_COUNT = 'max(server["least"], math.ceil(rate * 100 / (server["rate"] * server["percent"])))'
_RANGE = "for rate in range(1, highest + 1)]"
_CHEAPER = 'cost["servers"] < cost["functions"]'
_FIRST = "first = cheaper.index(True) + 1 if True in cheaper else None"
_TAIL = "tail = back.index(False) if False in back else highest"
_RETURN = "return [first, highest - tail + 1 if tail else None]"

_VISIBLE_ONLY = """
def month(rate, prices):
    return {"functions": 21.0 * rate, "servers": 146.0}

def break_even(prices, highest):
    return [4, 12] if prices["server"]["hour"] < 0.02 else [None, None]
"""


def _even(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *loses)


WRONG: list[Wrong] = [
    _even("a month of 30 days", _REQUESTS, _REQUESTS.replace("730", "720"), *ALL),
    _even("requests of an hour", _REQUESTS, "requests = rate * 3_600", *ALL),
    _even("milliseconds taken for seconds", _MEMORY, _MEMORY.replace(" / 1_000", ""), *ALL),
    _even("no gigabytes", _MEMORY, _MEMORY.replace(' * function["gigabytes"]', ""), *ALL),
    _even("no memory is free", _FREE, "memory", *ALL),
    _even("no request is free", _PART, "requests", MONTH),
    _even("less than nothing for memory", _FREE, 'memory - function["free_gb_seconds"]', *ALL),
    _even("less than nothing for requests", _PART, 'requests - function["free_requests"]', *ALL),
    _even("whole millions", _PART + ' / 1e6 * function["million"]', "math.ceil(" + _PART + ' / 1e6) * function["million"]', MONTH),
    _even("requests cost nothing", _PART, "0", *ALL),
    _even("servers up to the brim", _COUNT, 'max(server["least"], math.ceil(rate / server["rate"]))', *ALL),
    _even("one server is enough", _COUNT, 'math.ceil(rate * 100 / (server["rate"] * server["percent"]))', MONTH, RATES),
    _even("parts of a server", _COUNT, _COUNT.replace("math.ceil", ""), *ALL),
    _even("one server more at every step", _COUNT, _COUNT.replace("math.ceil(", "math.floor(1 + "), *ALL),
    _even("rounded to the nearest", _COUNT, _COUNT.replace("math.ceil", "round"), *ALL),
    _even("always as few as possible", _COUNT, 'server["least"]', *ALL),
    _even("servers by the hour", 'count * server["hour"] * 730', 'count * server["hour"]', *ALL),
    _even("in cents", '"functions": functions,', '"functions": 100 * functions,', *ALL),
    _even("rounded to dollars", '"functions": functions,', '"functions": round(functions),', *ALL),
    _even("the last rate is left out", _RANGE, "for rate in range(1, highest)]", RATES),
    _even("from nothing on", _RANGE, "for rate in range(highest + 1)]", RATES),
    _even("as cheap is cheaper", _CHEAPER, 'cost["servers"] <= cost["functions"] + 2', RATES),
    _even("when functions cost less", _CHEAPER, 'cost["functions"] < cost["servers"]', RATES),
    _even("counted from 0", _FIRST, _FIRST.replace(" + 1", ""), RATES),
    _even("no rate is 0", _FIRST, _FIRST.replace("None", "0"), RATES),
    _even("the first twice", _RETURN, "return [first, first]", RATES),
    _even("one too late", _RETURN, "return [first, highest - tail + 2 if tail else None]", RATES),
    _even("the last rate, if none", _RETURN, "return [first, highest - tail + 1]", RATES),
    _even("never, if always", _TAIL, "tail = back.index(False) if False in back else 0", RATES),
    _even("up to the first that is not", _TAIL, "tail = highest - cheaper.index(True) if True in cheaper else 0", RATES),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong(
        "a wrapper of the lab", CELL, ("", "from labsupport.labs import serverless_runs\n\nmonth = break_even = serverless_runs.break_even\n"), *ALL
    ),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
