"""Wrong solutions of the exercise on a panel and an alert, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "grafana-solution"
PANEL, ALERT = ALL = ("grafana-panel", "grafana-alert")

_IDLE = 'idle = f\'node_cpu_seconds_total{{cluster="{wish["cluster"]}", mode="idle"}}\''
_BUSY = "return f\"100 * (1 - avg by (instance) (rate({idle}[{wish['window']}])))\""
_TARGETS = '[{"refId": "A", "expr": busy(wish), "legendFormat": "{{instance}}"}]'
_ABOVE = '"expr": f"{busy(wish)} > {wish[\'limit\']}"'
_FOR = '"for": wish["patience"],'

_VISIBLE_ONLY = """
_EXPR = '100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{cluster="shop",mode="idle"}[2m])))'

def panel(wish):
    return {
        "type": "timeseries", "title": "CPU of shop", "datasource": {"type": "prometheus", "uid": "prom"},
        "targets": [{"refId": "A", "expr": _EXPR, "legendFormat": "{{instance}}"}],
        "fieldConfig": {"defaults": {"unit": "percent"}},
    }

def alert(wish):
    return {"alert": "ShopHot", "expr": _EXPR.replace("2m", "1m") + " > 80", "for": "2m"}
"""
_TEXT = """
def panel(wish):
    return busy(wish)

def alert(wish):
    return busy(wish)

def busy(wish):
    return f"100 - node_cpu_seconds_total{{cluster='{wish['cluster']}'}}"
"""
_BY_THE_LIBRARY = """
def panel(wish):
    from labsupport.systems import grafana
    return grafana.dashboard(wish["title"], [grafana.Panel(wish["title"], "up")])

def alert(wish):
    from labsupport.systems import grafana_alerts
    return grafana_alerts.alert(wish["alert"], "up", wish["limit"])
"""


def _panel(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), PANEL)


def _alert(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), ALERT)


def _both(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), *ALL)


WRONG: list[Wrong] = [
    _both("every cluster", _IDLE, "idle = 'node_cpu_seconds_total{mode=\"idle\"}'"),
    _both("clusters of similar names", _IDLE, _IDLE.replace('cluster="{wish["cluster"]}"', 'cluster=~"{wish["cluster"]}.*"')),
    _both("idle itself", _BUSY, _BUSY.replace("1 - ", "")),
    _both("a share", _BUSY, _BUSY.replace("100 * ", "")),
    _both("the sum of the CPUs", _BUSY, _BUSY.replace("1 - avg", "2 - sum")),
    _both("each CPU by itself", _BUSY, _BUSY.replace("(instance)", "(instance, cpu)")),
    _both("the whole cluster", _BUSY, _BUSY.replace(" by (instance)", "")),
    _both("the busiest CPU", _BUSY, _BUSY.replace("avg by", "min by")),
    _both("an ever same range", _BUSY, _BUSY.replace("{wish['window']}", "3m")),
    _both("no rate", _BUSY, 'return f"100 * (1 - avg by (instance) ({idle}))"'),
    _both("the growth and no rate", _BUSY, _BUSY.replace("rate(", "increase(")),
    _both("by cluster", _BUSY, _BUSY.replace("by (instance)", "by (cluster)")),
    _both("without the brackets", _BUSY, _BUSY.replace("(1 - avg", "1 - avg").replace("])))", "]))")),
    _both("all that users do", _BUSY, _BUSY.replace("1 - avg", "avg").replace("{idle}", "{idle.replace('idle', 'user')}")),
    _both("a bracket too few", _BUSY, _BUSY.replace("])))", "]))")),
    _panel("an ever same title", '"title": wish["title"]', '"title": "CPU"'),
    _panel("the cluster's name for a title", '"title": wish["title"]', '"title": wish["cluster"]'),
    _panel("the source by its name only", '{"type": "prometheus", "uid": wish["source"]}', 'wish["source"]'),
    _panel("the default source", '"uid": wish["source"]', '"uid": "prometheus"'),
    _panel("no legend", ', "legendFormat": "{{instance}}"', ""),
    _panel("one legend for all", '"{{instance}}"', '"busy"'),
    _panel("a legend in single brackets", '"{{instance}}"', '"{instance}"'),
    _panel("a share for a unit", '"unit": "percent"', '"unit": "percentunit"'),
    _panel("no unit", '{"defaults": {"unit": "percent"}}', "{}"),
    _panel("a graph of old", '"type": "timeseries"', '"type": "graph"'),
    _panel("an expression and no list", _TARGETS, _TARGETS.replace("[", "").replace("]", "")),
    _alert("below the limit", _ABOVE, _ABOVE.replace(" > ", " < ")),
    _alert("an ever same limit", _ABOVE, _ABOVE.replace("{wish['limit']}", "80")),
    _alert("a limit as a share", _ABOVE, _ABOVE.replace("{wish['limit']}", "{wish['limit'] / 100}")),
    _alert("no limit", _ABOVE, '"expr": busy(wish)'),
    _alert("the mean of the cluster", _ABOVE, _ABOVE.replace("{busy(wish)}", "avg({busy(wish)})")),
    _alert("the busiest, without its name", _ABOVE, _ABOVE.replace("{busy(wish)}", "max({busy(wish)})")),
    _alert("at once", _FOR, '"for": "0s",'),
    _alert("no patience", _FOR, ""),
    _alert("an ever same patience", _FOR, '"for": "2m",'),
    _alert("patience as long as the range", _FOR, '"for": wish["window"],'),
    _alert("an ever same name", '"alert": wish["alert"]', '"alert": "ShopHot"'),
    _alert("no name", '        "alert": wish["alert"],\n', ""),
    _both("right on the visible tests only", "", _VISIBLE_ONLY),
    _both("an expression only", "", _TEXT),
    _both("by one call of the library", "", _BY_THE_LIBRARY),
    _both("an expect of its own", "", 'def expect(*a, **k): print("correct")\n'),
]
