"""Dashboards as data: Grafana's own package knows each field, a real Prometheus answers the queries, and each mistake is told."""

from __future__ import annotations

import copy
import importlib.util
import json
import time

import pytest
import yaml

from labsupport.systems import grafana, prometheus, promql, scraping
from labsupport.systems.grafana import Panel, dashboard, example, provisioning
from labsupport.systems.grafana_alerts import alert
from labsupport.systems.grafana_findings import answers, check, check_alert
from labsupport.systems.prometheus import Prometheus
from tests.support import require


@pytest.fixture(autouse=True)
def _installed():
    require(importlib.util.find_spec("promql_parser"), "needs promql-parser")


def changed(thing, path, value):
    """Return a copy of plain data with one place changed, or taken out if the value is None."""
    copied = copy.deepcopy(thing)
    inside = copied
    for step in path[:-1]:
        inside = inside[step]
    if value is None:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return copied


def lost(ours, theirs, place=""):
    """Yield the places of plain data that another program has not kept."""
    if isinstance(ours, dict):
        for name, value in ours.items():
            yield from lost(value, theirs[name], f"{place}.{name}") if name in theirs else [f"{place}.{name}"]
    elif isinstance(ours, list):
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from lost(*pair, f"{place}[{number}]")
    elif ours != theirs:
        yield place


def test_grafanas_own_package_knows_each_field() -> None:
    """It leaves out what Grafana does not know."""
    require(importlib.util.find_spec("grafana_foundation_sdk"), "needs grafana-foundation-sdk")
    from grafana_foundation_sdk.cog import plugins
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models.dashboard import Dashboard

    plugins.register_default_plugins()

    def through(thing):
        return json.loads(JSONEncoder().encode(Dashboard.from_json(copy.deepcopy(thing))))

    assert list(lost(example(), through(example()))) == []
    wrong = example() | {"titel": "x"}
    assert list(lost(wrong, through(wrong))) == [".titel"]


@pytest.mark.real_system
def test_a_real_prometheus_answers_every_panel(workplace) -> None:
    require(Prometheus.find(), "needs prometheus")
    with scraping._application() as application, Prometheus(scraping.CONFIGURATION.format(port=application.port), scraping.RULES) as client:
        scraping._wait_for_rates(client, application)
        deadline = time.monotonic() + 10
        while len(found := answers(example(), client, "3s").dropna()) < 4:
            assert time.monotonic() < deadline
            application.work(0.2, 0.03, lambda: None)
        by_panel = found.set_index("panel")["value"]
        assert by_panel["Reached"] == 1
        assert 0 < by_panel["Mean"] < by_panel["99th percentile"] <= 1
        assert by_panel["Requests"] > 10
        with pytest.raises(ValueError, match="unclosed left parenthesis"):
            answers(dashboard("Wrong", [Panel("Wrong", "rate(")]), client)


QUERIES = {
    "up": True,
    "rate(x_total[1m])": True,
    "rate(x)": False,
    "sum(rate(x_total[1m])": False,
    "sum by (le) rate(x_bucket[1m])": False,
    "histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m])))": True,
    "histogram_quantile(sum by (le) (rate(x_bucket[5m])), 0.99)": False,
    'up{job=~"a|b"} == 0': True,
    "up{job='a'": False,
    "x offset 5m > on(a) group_left y": True,
    "frequency(x[1m])": False,
}


@pytest.mark.real_system
def test_prometheus_own_checker_reads_the_same_queries() -> None:
    require(prometheus.check("config", "") is not None, "needs promtool")
    for query, fine in QUERIES.items():
        rules = json.dumps({"groups": [{"name": "g", "rules": [{"record": "r", "expr": query}]}]})
        assert (prometheus.check("rules", rules) == "") is fine, query
        assert ([kind for kind, _ in promql.check_query(query) if kind == "query"] == []) is fine, query


@pytest.mark.parametrize(
    ("query", "finding"),
    [
        ("histogram_quantile(99, sum by (le) (rate(x_bucket[1m])))", "a share from 0 to 1, but 99 came"),
        ("histogram_quantile(0.9, sum by (job) (rate(x_bucket[1m])))", "sum drops the label le"),
        ("histogram_quantile(0.9, sum without (le) (rate(x_bucket[1m])))", "sum drops the label le"),
        ("histogram_quantile(0.9, (sum(rate(x_bucket[1m]))))", "sum drops the label le"),
        ("histogram_quantile(0.9, x_bucket)", "the counts since the programs started"),
        ("avg(histogram_quantile(0.9, rate(x_bucket[1m])))", "avg of percentiles is no percentile"),
        ("rate(node_load1[1m])", "node_load1 is no counter by its name, and rate is for counters only"),
        ("sum(requests_total) / 60", "requests_total is a counter"),
    ],
)
def test_what_is_hardly_meant_is_told(query, finding) -> None:
    (kind, sentence), *others = promql.check_query(query)
    assert others == []
    assert kind == "meaning"
    assert finding in sentence


@pytest.mark.parametrize(
    "query",
    [
        "histogram_quantile(0.9, sum without (instance) (rate(x_bucket[$__rate_interval])))",
        "histogram_quantile(0.9, rate(x_bucket[${__rate_interval}]))",
        "max(histogram_quantile(0.9, rate(x_bucket[1m])))",
        "sum by (job) (increase(x_total[1h])) / on (job) sum by (job) (node_cpus)",
        "count(x_total)",
        "deriv(node_load1[5m])",
        "rate(x_total[5m:1m])",
    ],
)
def test_what_is_right_is_left_alone(query) -> None:
    assert promql.check_query(query) == []


PANEL = ("panels", 0)


@pytest.mark.parametrize(
    ("path", "value", "place", "kind", "finding"),
    [
        (("title",), None, "(top)", "structure", "has no title"),
        (("title",), "", "title", "structure", "is empty"),
        (("uid",), "a b", "uid", "structure", "is 'a b', but must be of 1 to 40 letters, digits, - and _"),
        (("refresh",), "often", "refresh", "structure", "is 'often', but must be a time such as 30s or 1m"),
        (("panles",), [], "(top)", "structure", "has the field 'panles', which Grafana does not know: did you mean 'panels'?"),
        (("zzz",), 1, "(top)", "structure", "has the field 'zzz', which Grafana does not know"),
        (("panels",), "nope", "panels", "structure", "is 'nope', but must be a list"),
        (("panels",), [], "panels", "structure", "is empty"),
        (("panels",), [3], "panels[0]", "structure", "is 3, but must be fields"),
        ((*PANEL, "type"), "graf", "panels[0].type", "structure", "is 'graf', but must be one of timeseries, stat, gauge"),
        ((*PANEL, "targets"), [], "panels[0].targets", "structure", "is empty"),
        ((*PANEL, "targets", 0, "expr"), None, "panels[0].targets[0]", "structure", "has no expr"),
        ((*PANEL, "fieldConfig", "defaults", "unit"), 3, "panels[0].fieldConfig.defaults.unit", "structure", "is 3, but must be text"),
        ((*PANEL, "gridPos", "w"), 0, "panels[0].gridPos.w", "structure", "is 0, but must be at least 1"),
        ((*PANEL, "gridPos", "x"), 24, "panels[0].gridPos.x", "structure", "is 24, but must be at most 23"),
        ((*PANEL, "gridPos", "y"), 5, "panels[2].gridPos", "layout", "lies on panels[0]"),
        (("panels", 3, "gridPos", "x"), 13, "panels[3].gridPos", "layout", "ends in column 25, but a dashboard has 24"),
        (("panels", 3, "id"), 1, "panels[3].id", "layout", "is 1, as that of panels[0] is"),
        ((*PANEL, "targets", 0, "expr"), "sum(", "panels[0].targets[0].expr", "query", "Prometheus could not read it: "),
        ((*PANEL, "targets", 0, "expr"), "x_total", "panels[0].targets[0].expr", "meaning", "x_total is a counter"),
        ((*PANEL, "targets", 0, "legendFormat"), "{{job}}", "panels[0].targets[0].legendFormat", "meaning", "names the label job"),
    ],
)
def test_each_mistake_of_a_dashboard_is_told(path, value, place, kind, finding) -> None:
    table = check(changed(example(), path, value))
    rows = [row for row in table.itertuples() if (row.place, row.kind) == (place, kind)]
    assert any(finding in row.finding for row in rows), table.to_string()


def test_a_good_dashboard_has_no_findings() -> None:
    assert check(example()).empty
    assert check(example() | {"refresh": "", "tags": ("shop",)}).empty
    many = dashboard("Many", [Panel(f"{number}", "up", limit=number or None) for number in range(7)], hours=0.5)
    assert check(many).empty
    assert many["time"]["from"] == "now-30m"
    assert [panel["gridPos"]["x"] for panel in many["panels"]] == [0, 12, 0, 12, 0, 12, 0]


@pytest.mark.parametrize(
    ("path", "value", "place", "kind", "finding"),
    [
        (("for",), "soon", "for", "structure", "is 'soon', but must be a time"),
        (("for",), "", "for", "structure", "is '', but must be a time"),
        (("noDataState",), "Quiet", "noDataState", "structure", "must be one of NoData, Alerting"),
        (("labels",), {"severity": 1}, "labels.severity", "structure", "is 1, but must be text"),
        (("condition",), "C", "condition", "structure", "is 'C', but the rule's data are A and B"),
        (("data", 1, "model", "expression"), "Z", "data[1].model.expression", "structure", "is 'Z', but the rule's data are A and B"),
        (("data", 0, "model", "expr"), None, "data[0].model", "structure", "has no expr"),
        (("data", 0, "model", "expr"), "rate(x)", "data[0].model.expr", "query", "expected type"),
        (("data", 0, "model", "expr"), "up < 1", "data[0].model.expr", "meaning", "compares already"),
    ],
)
def test_each_mistake_of_an_alert_is_told(path, value, place, kind, finding) -> None:
    assert check_alert(alert("Slow", "job:request_seconds:p99", 0.3)).empty
    table = check_alert(changed(alert("Slow", "job:request_seconds:p99", 0.3), path, value))
    assert table["place"].tolist() == [place]
    assert table["kind"].tolist() == [kind]
    assert finding in table["finding"][0]


def test_files_hold_what_was_given() -> None:
    rule = alert("Slow", "up", limit=0.3, patience=90)
    files = provisioning([example()], [rule], "https://prometheus.example/under", scrape="5s")
    read = {path: (json.loads if path.endswith("json") else yaml.safe_load)(text) for path, text in files.items()}
    assert read["dashboards/sample-application.json"] == example()
    assert read["provisioning/alerting/course.yml"]["groups"][0]["rules"] == [rule]
    source = read["provisioning/datasources/prometheus.yml"]["datasources"][0]
    assert (source["uid"], source["url"]) == (grafana.SOURCE, "https://prometheus.example/under")
    assert source["jsonData"] == {"timeInterval": "5s"}
    used = {panel["datasource"]["uid"] for panel in example()["panels"]} | {rule["data"][0]["datasourceUid"]}
    assert used == {source["uid"]}


def test_without_the_parser_queries_are_said_to_be_unchecked(monkeypatch) -> None:
    monkeypatch.setattr(promql.importlib.util, "find_spec", lambda _: None)
    table = check(dashboard("Wrong", [Panel("Wrong", "rate(", legend="{{job}}")]))
    assert table["kind"].tolist() == ["unchecked"]
    assert "promql-parser is not installed here. To install it: " in table["finding"][0]


def test_what_cannot_be_done_is_said_plainly() -> None:
    assert grafana.NOT_HERE.startswith("Grafana cannot be started here")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Panel("", "up"), ValueError, "title is empty"),
        (lambda: Panel("a", 3), TypeError, "query is 3, but must be text"),
        (lambda: Panel("a", "up", legend=None), TypeError, "legend is None"),
        (lambda: Panel("a", "up", limit=float("nan")), ValueError, "limit is nan"),
        (lambda: dashboard("a", Panel("a", "up")), TypeError, "panels is Panel"),
        (lambda: dashboard("a", []), ValueError, "panels holds 0, but must hold from 1 to 100"),
        (lambda: dashboard("…", [Panel("a", "up")]), ValueError, "must hold a letter"),
        (lambda: dashboard("a", [Panel("a", "up")], hours=0), ValueError, "hours is 0"),
        (lambda: alert("a", "up", 1, patience=-1), ValueError, "patience is -1"),
        (lambda: provisioning([], address="nowhere"), ValueError, "address is 'nowhere'"),
        (lambda: check([]), TypeError, "dashboard is list, but must be a dict"),
        (lambda: check({"panels": {1, 2}}), TypeError, "what a file in JSON cannot hold"),
        (lambda: promql.check_query(3), TypeError, "query is 3"),
    ],
)
def test_bad_input_is_named(make, error, message) -> None:
    with pytest.raises(error, match=message):
        make()
