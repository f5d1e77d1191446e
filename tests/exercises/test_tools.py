"""Data of the exercises on Ganglia and Grafana: what is asked for can be had, and what is no panel is told."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.queries import Series
from labsupport.exercises.tools import called, cluster_day, gmond_report, scraped, seen, wish

LOAD = [Series("load", {"instance": name}, [0, 15, 30, 45, 60], values) for name, values in {"a": [1, 9, 9, 9, 9], "b": [9, 9, 1, 9, 9]}.items()]
PANEL = {
    "type": "timeseries",
    "title": "Load",
    "datasource": {"type": "prometheus", "uid": "p"},
    "targets": [{"refId": "A", "expr": "load", "legendFormat": "of {{ instance }}"}],
    "fieldConfig": {"defaults": {"unit": "short"}},
}


def test_a_heavy_job_goes_with_the_cpu_and_one_that_always_runs_does_not() -> None:
    blamed = 0
    for seed in range(40):
        day = cluster_day(seed)
        assert cluster_day(seed) == day
        names = {job["name"] for job in day["jobs"]}
        assert len(names) == 4
        best = 0.0
        for name in names:
            row = np.zeros(480)
            for job in day["jobs"]:
                assert 0 <= job["begin"] < job["end"] <= 480
                if job["name"] == name:
                    row[job["begin"] : job["end"]] = 1
            if row.std():
                best = max(best, float(np.corrcoef(row, day["cpu"])[0, 1]))
        assert best > 0.8
        blamed += 1
    assert blamed == 40


def _age(element: ET.Element) -> tuple[bool, bool]:
    """Say whether it is too old, and whether it is just as old as it may be."""
    age, most = float(element.get("TN", "")), 4 * float(element.get("TMAX", ""))
    return age > most, age == most


def test_reports_hold_what_the_exercise_names() -> None:
    ages, kinds = set(), set()
    for seed in range(60):
        root = ET.fromstring(gmond_report(seed, 5))  # noqa: S314 - our own
        for host in root.iter("HOST"):
            ages.add(("host", *_age(host)))
            for metric in host:
                kinds.add(metric.get("TYPE"))
                ages.add(("metric", *_age(metric)))
    assert kinds == {"string", "uint16", "float"}
    assert ages == {(what, late, just) for what in ("host", "metric") for late, just in ((True, False), (False, True), (False, False))}


def test_the_seconds_of_a_cpu_add_up_and_one_node_runs_hot() -> None:
    series = scraped(3, ["shop"], minutes=20)
    first = [each for each in series if each.labels["instance"] == "shop0:9100" and each.labels["cpu"] == "0"]
    grown = sum(np.asarray(each.values) for each in first)
    assert np.diff(grown) == pytest.approx(15.0)
    idle = [np.diff(each.values) for each in series if each.labels["mode"] == "idle"]
    assert sum(bool((each < 2).any()) for each in idle) == 2
    assert {wish(seed)["window"] for seed in range(40)} == {"1m", "2m", "5m"}


def test_what_is_seen_and_who_is_called_for() -> None:
    assert seen(PANEL, LOAD, 60)["lines"] == {"of a": 9.0, "of b": 9.0}
    assert called({"alert": "A", "expr": "load > 5", "for": "30s"}, LOAD, minutes=1) == {"a": [45.0]}
    assert called({"alert": "A", "expr": "max(load) > 5", "for": "1m"}, LOAD, minutes=1) == {"": [60.0]}
    assert called({"alert": "A", "expr": "load > 10", "for": "0s"}, LOAD, minutes=1) == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": 3}, "'title' must be there, as text"),
        ({"targets": {}}, "'targets' must be there, as list"),
        ({"targets": [{"refId": "A", "expr": "load"}]}, "'legendFormat' must be there"),
        ({"targets": [{"refId": "A", "expr": "load", "legendFormat": "x"}]}, "two lines have the same legend, 'x'"),
        ({"targets": [{"refId": "A", "expr": "load(", "legendFormat": "x"}]}, "no function 'load'"),
        ({"fieldConfig": {}}, "'defaults' must be there, as dict"),
    ],
)
def test_what_is_no_panel(change: dict[str, object], words: str) -> None:
    with pytest.raises(NotYet) as told:
        seen(PANEL | change, LOAD, 60)
    assert words in str(told.value)


@pytest.mark.parametrize("patience", ["5", "m", "", "5 m", "1d"])
def test_what_is_no_patience(patience: str) -> None:
    with pytest.raises(NotYet, match="must be a time"):
        called({"alert": "A", "expr": "load", "for": patience}, LOAD)
    with pytest.raises(NotYet, match="'for' must be there"):
        called({"alert": "A", "expr": "load"}, LOAD)
