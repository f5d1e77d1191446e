"""Grafana as code: a dashboard, its data source and its alerts as files, checked before anybody's screen shows them.

Grafana itself is in no package archive that this course installs from, so it cannot be started here, and nothing here is drawn. What is
kept in files can be looked at all the same (`labsupport.systems.grafana_findings`): whether the structure is Grafana's, whether Prometheus could
read each query, whether the query asks what its author meant – and, where Prometheus runs, what it answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labsupport import checks
from labsupport.systems.grafana_schema import COLUMNS, as_plain_data

__all__ = ["NOT_HERE", "Panel", "dashboard", "example", "provisioning"]

NOT_HERE = (
    "Grafana cannot be started here: Debian, Ubuntu and Python's package index do not have it. Its files are checked for form, and Prometheus, "
    "where it runs, answers their queries; how a panel looks, only Grafana shows."
)
SOURCE = "prometheus"  # the uid of the data source
SCHEMA = 36  # the version of Grafana's structure: that of Grafana 9 and 10, which newer ones read, too
WIDTH, HEIGHT = 12, 8  # of a panel: two beside each other
MOST_PANELS = 100


@dataclass(frozen=True)
class Panel:
    """What one panel shows.

    Parameters
    ----------
    title : str
        What it is called.
    query : str
        What is asked of Prometheus, in PromQL. A window may be ``$__rate_interval``, which Grafana fills in: four scrapes or more.
    unit : str, optional
        Grafana's name of a unit: such as "s", "reqps" (requests a second), "percentunit" (0 to 1), "bytes", "short" (none).
    legend : str, optional
        How each line is called, with labels as ``{{instance}}``; by default Grafana shows all labels.
    limit : float, optional
        Where a red line is drawn.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be; whether the query is one, `labsupport.systems.grafana_findings.check` says.

    Examples
    --------
    >>> Panel("Requests", "sum(rate(requests_total[$__rate_interval]))", unit="reqps").title
    'Requests'
    """

    title: str
    query: str
    unit: str = "short"
    legend: str = ""
    limit: float | None = None

    def __post_init__(self) -> None:
        for name in ("title", "query", "unit"):
            checked_text(name, getattr(self, name))
        if not isinstance(self.legend, str):
            raise TypeError(f"legend is {self.legend!r}, but must be text")
        if self.limit is not None:
            checks.number("limit", self.limit)


def dashboard(title: str, panels: Sequence[Panel], refresh: str = "10s", hours: float = 1.0) -> dict[str, Any]:
    """Put panels on a dashboard, two beside each other.

    Parameters
    ----------
    title : str
        What it is called.
    panels : sequence of Panel
        In the order in which they are read, at most 100.
    refresh : str, optional
        How often it is drawn again, such as "10s".
    hours : float, optional
        How much time it shows, up to now, from 0.01 to 10,000 hours.

    Returns
    -------
    dict
        As Grafana reads it from a file in JSON.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.

    References
    ----------
    Grafana documentation, "Dashboard JSON model".

    Examples
    --------
    >>> made = dashboard("Shop", [Panel("Up", "up")])
    >>> made["panels"][0]["targets"][0]["expr"]
    'up'
    """
    if isinstance(panels, Panel) or not all(isinstance(panel, Panel) for panel in panels):
        raise TypeError(f"panels is {panels!r}, but must hold panels")
    if not 1 <= len(panels) <= MOST_PANELS:
        raise ValueError(f"panels holds {len(panels)}, but must hold from 1 to {MOST_PANELS}")
    minutes = round(60 * checks.number("hours", hours, 0.01, 10_000))
    return {
        "uid": identifier(title),
        "title": checked_text("title", title),
        "schemaVersion": SCHEMA,
        "timezone": "browser",
        "refresh": checked_text("refresh", refresh),
        "time": {"from": f"now-{max(1, minutes)}m", "to": "now"},
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": SOURCE}
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    shown: dict[str, Any] = {"unit": panel.unit}
    if panel.limit is not None:
        steps.append({"color": "red", "value": float(panel.limit)})
        shown["custom"] = {"thresholdsStyle": {"mode": "line"}}
    target = {"refId": "A", "datasource": source, "expr": panel.query}
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": source,
        "gridPos": {"x": WIDTH * (number % (COLUMNS // WIDTH)), "y": HEIGHT * (number // (COLUMNS // WIDTH)), "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {**shown, "thresholds": {"mode": "absolute", "steps": steps}}, "overrides": []},
        "targets": [target | ({"legendFormat": panel.legend} if panel.legend else {})],
    }


def provisioning(
    dashboards: Sequence[Mapping[str, Any]], alerts: Sequence[Mapping[str, Any]] = (), address: str = "http://127.0.0.1:9090", scrape: str = "15s"
) -> dict[str, str]:
    """Write the files that a new Grafana reads at its start: where its data comes from, its dashboards, and its alerts.

    Parameters
    ----------
    dashboards : sequence of dict
        As `dashboard` returns them.
    alerts : sequence of dict, optional
        As `labsupport.systems.grafana_alerts.alert` returns them.
    address : str, optional
        Where Prometheus answers; by default its own port.
    scrape : str, optional
        How often Prometheus scrapes: ``$__rate_interval`` is four times that, or more.

    Returns
    -------
    dict of str to str
        The text of each file by its path below Grafana's folder ``/etc/grafana``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.

    References
    ----------
    Grafana documentation, "Provision Grafana".

    Examples
    --------
    >>> list(provisioning([dashboard("Shop", [Panel("Up", "up")])]))
    ['provisioning/datasources/prometheus.yml', 'provisioning/dashboards/course.yml', 'dashboards/shop.json']
    """
    import yaml

    if not isinstance(address, str) or not re.fullmatch(r"https?://[\w.-]+(:\d+)?(/[\w./-]*)?", address):
        raise ValueError(f"address is {address!r}, but must be such as 'http://127.0.0.1:9090'")
    source = {"name": "Prometheus", "uid": SOURCE, "type": "prometheus", "access": "proxy", "url": address, "isDefault": True}
    source["jsonData"] = {"timeInterval": checked_text("scrape", scrape)}
    provider = {"name": "course", "type": "file", "options": {"path": "/etc/grafana/dashboards"}}
    files: dict[str, Any] = {
        "provisioning/datasources/prometheus.yml": {"apiVersion": 1, "datasources": [source]},
        "provisioning/dashboards/course.yml": {"apiVersion": 1, "providers": [provider]},
    }
    if alerts:
        group = {"orgId": 1, "name": "course", "folder": "course", "interval": scrape, "rules": as_plain_data(list(alerts))}
        files["provisioning/alerting/course.yml"] = {"apiVersion": 1, "groups": [group]}
    texts = {path: yaml.safe_dump(content, sort_keys=False, allow_unicode=True) for path, content in files.items()}
    return texts | {f"dashboards/{each['uid']}.json": json.dumps(each, indent=2, ensure_ascii=False) + "\n" for each in dashboards}


def example() -> dict[str, Any]:
    """Return a dashboard for the application of `labsupport.systems.scraping`: rate, percentiles, mean, and whether it can be reached.

    Returns
    -------
    dict

    Examples
    --------
    >>> [panel["title"] for panel in example()["panels"]]
    ['Requests', '99th percentile', 'Mean', 'Reached']
    """
    rate = "rate(request_seconds_{}[$__rate_interval])"
    return dashboard(
        "Sample application",
        [
            Panel("Requests", f"sum({rate.format('count')})", unit="reqps", legend="all instances"),
            Panel("99th percentile", f"histogram_quantile(0.99, sum by (le) ({rate.format('bucket')}))", unit="s", legend="p99", limit=0.3),
            Panel("Mean", f"sum({rate.format('sum')}) / sum({rate.format('count')})", unit="s", legend="mean"),
            Panel("Reached", "up", legend="{{instance}}"),
        ],
    )


def identifier(title: str) -> str:
    """Return a title's letters and digits, with a dash where there is anything else."""
    name = re.sub(r"[^a-z0-9]+", "-", checked_text("title", title).lower()).strip("-")[:40]
    if not name:
        raise ValueError(f"title is {title!r}, but must hold a letter from a to z, or a digit")
    return name


def checked_text(name: str, value: str) -> str:
    """Return a text that says something."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r}, but must be text")
    if not value.strip():
        raise ValueError(f"{name} is empty, but must say something")
    return value
