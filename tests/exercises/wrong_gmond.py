"""Wrong solutions of the exercise on a gmond's report, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "gmond-solution"
BELIEVED, HOTTEST = ALL = ("gmond-believed", "gmond-hottest")

_FRESH = 'return float(element.get("TN")) <= 4 * float(element.get("TMAX"))'
_VALUE = 'return text if metric.get("TYPE") == "string" else float(text)'
_METRICS = '{m.get("NAME"): value(m) for m in host.iter("METRIC") if fresh(m)}'
_HOSTS = "        if fresh(host)\n"
_SHARE = "return [host, told[host] / total]"
_HOST = "host = min(told, key=lambda name: (-told[name], name))"
_TOLD = "told = {host: all_[metric] for host, all_ in believed(report).items() if metric in all_}"

_VISIBLE_ONLY = """
def believed(report):
    return {"a": {"load_one": 0.85, "os_name": "Linux"}} if "Linux" in report else {"a": {}}

def hottest(report, metric):
    return ["b", 0.6] if metric == "load_one" else None
"""
_BY_THE_LIBRARY = """
from labsupport.systems import ganglia_report

def believed(report):
    return ganglia_report.read_report(report).to_dict()

def hottest(report, metric):
    return ganglia_report.read_report(report)["value"].max()
"""


def _believed(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), BELIEVED)


def _both(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), *ALL)


def _hottest(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), HOTTEST)


WRONG: list[Wrong] = [
    _both("everybody is believed", _FRESH, "return True"),
    _both("as long as TMAX", _FRESH, _FRESH.replace("4 * ", "")),
    _both("three times TMAX", _FRESH, _FRESH.replace("4 *", "3 *")),
    _both("five times TMAX", _FRESH, _FRESH.replace("4 *", "5 *")),
    _both("just four times is too long", _FRESH, _FRESH.replace("<=", "<")),
    _both("80 seconds for all", _FRESH, 'return float(element.get("TN")) <= 80'),
    _both("hosts only", _METRICS, _METRICS.replace(" if fresh(m)", "")),
    _both("metrics only", _HOSTS, ""),
    _both("compared as text", _FRESH, 'return element.get("TN") <= str(4 * int(element.get("TMAX")))'),
    _both("everything is text", _VALUE, "return text"),
    _believed("whatever looks like a number", _VALUE, "return float(text) if text.replace('.', '').isdigit() else text"),
    _both("floats only", _VALUE, 'return float(text) if metric.get("TYPE") == "float" else text'),
    _both("whole numbers", _VALUE, 'return text if metric.get("TYPE") == "string" else int(float(text))'),
    _believed("no text", _METRICS, _METRICS.replace("if fresh(m)", 'if fresh(m) and m.get("TYPE") != "string"')),
    _believed("no host without a metric", _HOSTS, '        if fresh(host) and any(fresh(m) for m in host.iter("METRIC"))\n'),
    _hottest("no share", _SHARE, "return [host, told[host]]"),
    _hottest("the share only", _SHARE, "return told[host] / total"),
    _hottest("in percent", _SHARE, "return [host, 100 * told[host] / total]"),
    _hottest("over the mean", _SHARE, "return [host, told[host] / total * len(told)]"),
    _hottest("the largest name of those alike", _HOST, "host = max(told, key=lambda name: (told[name], name))"),
    _hottest("the first that came of those alike", _HOST, "host = max(told, key=told.get)"),
    _hottest("the coolest", _HOST, "host = min(told, key=lambda name: (told[name], name))"),
    _hottest("always the load", _TOLD, _TOLD.replace("[metric]", '["load_one"]').replace("metric in", '"load_one" in')),
    _hottest("a crash where nobody tells", _TOLD, _TOLD.replace(" if metric in all_", "")),
    _hottest("zero for who does not tell", "    if not total:\n        return None\n", "    if not told:\n        return None\n"),
    _both("right on the visible tests only", "", _VISIBLE_ONLY),
    _both("by one call of the library", "", _BY_THE_LIBRARY),
    _both("an expect of its own", "", 'def expect(*a, **k): print("correct")\n'),
]
