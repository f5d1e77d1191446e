"""Wrong solutions of the exercise on what a log says, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "log-solution"
RATE, SLOW, BUSY = ALL = ("log-throughput", "log-percentiles", "log-utilisation")
BOTH = (RATE, SLOW)

_INSIDE = 'inside = (log["end"] >= start) & (log["end"] < end) & (log["status"] < 500)'
_COUNT = "return int(inside.sum()) / (end - start)"
_RESPONSES = 'responses = 1_000 * (log["end"] - log["arrival"])[inside]'
_QUANTILES = "return None if responses.empty else responses.quantile([0.5, 0.99]).tolist()"
_WORKED = 'worked = log["end"].clip(start, end) - log["begin"].clip(start, end)'
_SHARE = "return float(worked.sum()) / (workers * (end - start))"

_VISIBLE_ONLY = """
def throughput(log, start, end):
    return {1: 0.4, 7: 0}[start]

def percentiles(log, start, end):
    return {0: [2000.0, 2980.0], 10: None}[start]

def utilisation(log, start, end, workers):
    return 2 / 3 / workers
"""


def _log(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *loses)


WRONG: list[Wrong] = [
    _log("failed requests count, too", _INSIDE, _INSIDE.replace(' & (log["status"] < 500)', ""), *BOTH),
    _log("only those that came within the window", _INSIDE, _INSIDE.replace('"end"', '"arrival"'), *BOTH),
    _log("only those that came and left within it", _INSIDE, _INSIDE + ' & (log["arrival"] >= start)', *BOTH),
    _log("only those that began within it", _INSIDE, _INSIDE.replace('"end"', '"begin"'), *BOTH),
    _log("the whole log", _INSIDE, 'inside = log["status"] < 500', *BOTH),
    _log("the failed ones", _INSIDE, _INSIDE.replace("< 500", ">= 500"), *BOTH),
    _log("only status 200", _INSIDE, _INSIDE.replace("< 500", "== 200"), RATE),
    _log("no status of 400", _INSIDE, _INSIDE.replace("< 500", "< 400"), RATE),
    _log("the first five thousand rows", _INSIDE, f"log = log.head(5_000)\n    {_INSIDE}", *BOTH),
    _log("the work of the first five thousand rows", _WORKED, f"log = log.head(5_000)\n    {_WORKED}", BUSY),
    _log("the end of the window counts", _INSIDE, _INSIDE.replace("< end", "<= end"), RATE),
    _log("the start of the window does not count", _INSIDE, _INSIDE.replace(">= start", "> start"), RATE),
    _log("answers, and not a second", _COUNT, "return int(inside.sum())", RATE),
    _log("over the time that the log has", _COUNT, 'return int(inside.sum()) / (log["end"].max() - log["end"].min())', RATE),
    _log("in seconds", _RESPONSES, _RESPONSES.replace("1_000 * ", ""), SLOW),
    _log("from when the work began", _RESPONSES, _RESPONSES.replace("arrival", "begin"), SLOW),
    _log("the wait alone", _RESPONSES, _RESPONSES.replace('"end"', '"begin"'), SLOW),
    _log("of all requests of the log", _RESPONSES, _RESPONSES.replace("[inside]", ""), SLOW),
    _log("mean instead of median", "responses.quantile([0.5, 0.99]).tolist()", "[responses.mean(), responses.quantile(0.99)]", SLOW),
    _log("the longest", "[0.5, 0.99]", "[0.5, 1.0]", SLOW),
    _log("the percentile 95", "[0.5, 0.99]", "[0.5, 0.95]", SLOW),
    _log("another method", "quantile([0.5, 0.99])", 'quantile([0.5, 0.99], interpolation="higher")', SLOW),
    _log("zeros where nothing was answered", _QUANTILES, _QUANTILES.replace("None", "[0, 0]"), SLOW),
    _log("no number where nothing was answered", _QUANTILES, "return responses.quantile([0.5, 0.99]).tolist()", SLOW),
    _log("failed requests keep nobody busy", _SHARE, 'return float(worked[log["status"] < 500].sum()) / (workers * (end - start))', BUSY),
    _log("nothing is cut off", _WORKED, 'worked = log["end"] - log["begin"]', BUSY),
    _log("cut off at the start only", _WORKED, 'worked = log["end"].clip(start) - log["begin"].clip(start)', BUSY),
    _log(
        "whole requests that end within it",
        _WORKED,
        'worked = (log["end"] - log["begin"])[(log["end"] >= start) & (log["end"] < end)]',
        BUSY,
    ),
    _log("from the arrival on", _WORKED, _WORKED.replace('"begin"', '"arrival"'), BUSY),
    _log("of one worker", _SHARE, "return float(worked.sum()) / (end - start)", BUSY),
    _log("in percent", _SHARE, "return 100 * float(worked.sum()) / (workers * (end - start))", BUSY),
    _log("idle", _SHARE, "return 1 - float(worked.sum()) / (workers * (end - start))", BUSY),
    _log("at most all", _SHARE, "return min(1.0, float(worked.sum()) / (end - start))", BUSY),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
