"""Wrong solutions of the exercise on a configuration and an alert, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "scrape-solution"
CONFIGURATION, ALERT = ALL = ("scrape-configuration", "scrape-alert")

_TARGETS = 'targets = ", ".join(f"\'{host}:{app[\'port\']}\'" for host in app["hosts"])'
_RATE = "rate = f\"rate({goal['histogram']}_bucket[{window}s])\""
_QUANTILE = "quantile = f\"histogram_quantile({goal['quantile']}, sum by (le) ({rate}))\""

_VISIBLE_ONLY = '''
def configuration(app):
    return """
scrape_configs:
  - job_name: shop
    metrics_path: /stats
    scrape_interval: 5s
    static_configs:
      - targets: ["10.0.0.7:8000", "10.0.0.9:8000"]
"""

def alert(goal):
    return """
groups:
  - name: shop
    rules:
      - alert: SlowShop
        expr: histogram_quantile(0.99, sum by (le) (rate(shop_seconds_bucket[60s]))) > 0.3
        for: 2m
"""
'''
_DICTS = """
def configuration(app):
    return {"scrape_configs": [{"job_name": app["job"], "static_configs": [{"targets": app["hosts"]}]}]}

def alert(goal):
    return {"groups": [{"name": "a", "rules": [{"alert": goal["alert"]}]}]}
"""


def _configuration(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), CONFIGURATION)


def _alert(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), ALERT)


WRONG: list[Wrong] = [
    _configuration("the default port", _TARGETS, _TARGETS.replace("{app['port']}", "9090")),
    _configuration("hosts without a port", _TARGETS, _TARGETS.replace(":{app['port']}", "")),
    _configuration("localhost", _TARGETS, _TARGETS.replace("{host}", "localhost")),
    _configuration("the first host only", _TARGETS, _TARGETS.replace('app["hosts"])', 'app["hosts"][:1])')),
    _configuration("a hundred hosts at most", _TARGETS, _TARGETS.replace('app["hosts"])', 'app["hosts"][:100])')),
    _configuration("hosts backwards", _TARGETS, _TARGETS.replace('app["hosts"])', 'app["hosts"][::-1])')),
    _configuration("the path in the targets", _TARGETS, _TARGETS.replace("{app['port']}", "{app['port']}{app['path']}")),
    _configuration("no path", '    metrics_path: {app["path"]}\n', ""),
    _configuration("another word for the path", "metrics_path", "path"),
    _configuration("no interval", '    scrape_interval: {app["interval"]}s\n', ""),
    _configuration("an interval without a unit", '{app["interval"]}s', '{app["interval"]}'),
    _configuration("milliseconds", '{app["interval"]}s', '{app["interval"]}ms'),
    _configuration("another word for the job", "job_name", "job"),
    _configuration("no list of jobs", "  - job_name", "    job_name"),
    _configuration("targets without static_configs", "static_configs:\n      - targets", "targets"),
    _configuration("a job named as in the lecture", 'job_name: {app["job"]}', "job_name: sample_app"),
    _configuration("a job for each host", "static_configs:\n      - targets: [{targets}]", "static_configs: []"),
    _alert("no rate", "sum by (le) ({rate})", "sum by (le) ({rate[5:-1]})"),
    _alert("the histogram without its suffix", _RATE, _RATE.replace("_bucket", "")),
    _alert("the counter of all", _RATE, _RATE.replace("_bucket", "_count")),
    _alert("the window of one interval", "window = 4 *", "window = 1 *"),
    _alert("the window of two intervals", "window = 4 *", "window = 2 *"),
    _alert("the window as long as the patience", 'window = 4 * goal["interval"]', 'window = goal["patience"]'),
    _alert("an ever same window", 'window = 4 * goal["interval"]', "window = 60"),
    _alert("each instance alone", "sum by (le) ({rate})", "{rate}"),
    _alert("added up over the boundaries, too", "sum by (le) ({rate})", "sum({rate})"),
    _alert("by instance as well", "by (le)", "by (le, instance)"),
    _alert("the average instance", "sum by (le)", "avg by (le)"),
    _alert("in percent", "{goal['quantile']}", "{100 * goal['quantile']}"),
    _alert("always the p99", "{goal['quantile']}", "0.99"),
    _alert("always the limit of the shop", '> {goal["limit"]}', "> 0.3"),
    _alert("below the limit", "{quantile} >", "{quantile} <"),
    _alert("in milliseconds", '> {goal["limit"]}', '> {1_000 * goal["limit"]}'),
    _alert("a quantile and no limit", ' > {goal["limit"]}', ""),
    _alert("the mean", _QUANTILE, "quantile = f\"rate({goal['histogram']}_sum[{window}s]) / rate({goal['histogram']}_count[{window}s])\""),
    _alert("no patience", '        for: {goal["patience"]}s\n', ""),
    _alert("patience in minutes", '{goal["patience"]}s', '{goal["patience"]}m'),
    _alert("no group", "  - name: of the service\n    rules:", "  - rules:"),
    _alert("no name", '- alert: {goal["alert"]}', "- record: slow"),
    _alert("an ever same name", 'alert: {goal["alert"]}', "alert: SlowShop"),
    _alert("twice", "  - name: of the service", "  - name: none\n    rules: [{{alert: A, expr: '1'}}]\n  - name: of the service"),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("dicts and no text", CELL, ("", _DICTS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
