"""What is wrong with a dashboard or an alert: its structure, where panels stand, and what its queries ask; and what Prometheus answers them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from labsupport.systems.grafana_schema import ALERT, COLUMNS, DASHBOARD, as_plain_data, wrong_structure
from labsupport.systems.promql import check_query, compares, filled, labels_of, legend_labels

if TYPE_CHECKING:
    import pandas as pd

    from labsupport.systems.prometheus import PrometheusClient

__all__ = ["answers", "check", "check_alert"]

ALREADY = "compares already, and has no result at all while all is well: Grafana calls that no data. Leave the limit to the threshold"

FINDINGS = ["place", "kind", "finding"]


def check(dashboard: Mapping[str, Any]) -> pd.DataFrame:
    """Look at a dashboard: its structure, where its panels stand, and what its queries ask.

    Parameters
    ----------
    dashboard : dict
        As `labsupport.systems.grafana.dashboard` returns it. Of what Grafana itself may export, panels without a query, such as rows and texts,
        are not known here.

    Returns
    -------
    pandas.DataFrame
        One row for each finding: ``place``, such as ``panels[0].title``; ``kind``; and ``finding``, a sentence. Kinds are "structure" (not
        Grafana's), "layout" (panels on each other, numbers given twice), "query" (Prometheus could not read it), "meaning" (it could, but
        what comes is hardly what was meant) and "unchecked" (what checks queries is not installed). No row if nothing was found.

    Raises
    ------
    TypeError
        If it is no dict, or holds what a file in JSON cannot.

    Examples
    --------
    >>> from labsupport.systems.grafana import Panel, dashboard
    >>> check(dashboard("Shop", [Panel("Up", "up")])).query("kind != 'unchecked'").empty
    True
    >>> check({"uid": "shop", "title": "Shop", "schemaVersion": 36, "panels": []}).iloc[0].to_dict()
    {'place': 'panels', 'kind': 'structure', 'finding': 'is empty'}
    """
    plain = _plain("dashboard", dashboard)
    found = [(place, "structure", sentence) for place, sentence in wrong_structure(plain, DASHBOARD)]
    panels = plain.get("panels")
    if isinstance(panels, list) and all(isinstance(panel, dict) for panel in panels):
        found += _layout(panels)
        found += [row for number, panel in enumerate(panels) for row in _queries(f"panels[{number}]", panel)]
    return _table(found)


def check_alert(rule: Mapping[str, Any]) -> pd.DataFrame:
    """Look at an alert rule: its structure, what decides, and what its queries ask.

    Parameters
    ----------
    rule : dict
        As `labsupport.systems.grafana_alerts.alert` returns it.

    Returns
    -------
    pandas.DataFrame
        As `check` returns it.

    Raises
    ------
    TypeError
        If it is no dict, or holds what a file in JSON cannot.

    Examples
    --------
    >>> from labsupport.systems.grafana_alerts import alert
    >>> check_alert(alert("Slow", "job:request_seconds:p99", limit=0.3) | {"condition": "C"}).iloc[0]["finding"]
    "is 'C', but the rule's data are A and B"
    """
    plain = _plain("rule", rule)
    found = [(place, "structure", sentence) for place, sentence in wrong_structure(plain, ALERT)]
    if not found:
        names = [part["refId"] for part in plain["data"]]
        if plain["condition"] not in names:
            found.append(("condition", "structure", f"is {plain['condition']!r}, but the rule's data are {' and '.join(names)}"))
        for number, part in enumerate(plain["data"]):
            place = f"data[{number}].model"
            if part["datasourceUid"] == "__expr__":
                named = part["model"].get("expression")
                if named not in names:
                    found.append((f"{place}.expression", "structure", f"is {named!r}, but the rule's data are {' and '.join(names)}"))
            elif not isinstance(part["model"].get("expr"), str):
                found.append((place, "structure", "has no expr: what is to be asked"))
            else:
                query = part["model"]["expr"]
                found += [(f"{place}.expr", kind, sentence) for kind, sentence in check_query(query)]
                if compares(query):
                    found.append((f"{place}.expr", "meaning", ALREADY))
    return _table(found)


def answers(dashboard: Mapping[str, Any], client: PrometheusClient, window: str = "1m") -> pd.DataFrame:
    """Ask a real Prometheus what each panel would show at this moment.

    Parameters
    ----------
    dashboard : dict
        As `labsupport.systems.grafana.dashboard` returns it.
    client : PrometheusClient
        From a ``with`` block of `labsupport.systems.prometheus.Prometheus`.
    window : str, optional
        What ``$__rate_interval`` stands for.

    Returns
    -------
    pandas.DataFrame
        One row for each line that would be drawn: ``panel``, its title; ``series``, its labels; ``value``. A panel without data has none.

    Raises
    ------
    ValueError
        If Prometheus does not understand a query, with what it says.
    OSError
        If it does not answer.

    Examples
    --------
    >>> from labsupport.systems.grafana import Panel, dashboard
    >>> class Client:
    ...     def query(self, expression):
    ...         return [{"metric": {"job": "app"}, "time": 0.0, "value": 1.0}]
    >>> answers(dashboard("Shop", [Panel("Up", "up")]), Client()).to_dict("records")
    [{'panel': 'Up', 'series': 'job=app', 'value': 1.0}]
    """
    import pandas as pd

    rows = [
        (panel["title"], ", ".join(f"{name}={value}" for name, value in sorted(series["metric"].items())), series["value"])
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for series in client.query(filled(target["expr"], window))
    ]
    return pd.DataFrame(rows, columns=["panel", "series", "value"])


def _layout(panels: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with panels beside each other, as far as they say where they are."""
    numbers = [panel.get("id") for panel in panels]
    for number, given in enumerate(numbers):
        if given is not None and given in numbers[:number]:
            yield f"panels[{number}].id", "layout", f"is {given}, as that of panels[{numbers.index(given)}] is: each panel needs its own"
    places = [panel.get("gridPos") for panel in panels]
    boxes = {
        number: (place["x"], place["y"], place["x"] + place["w"], place["y"] + place["h"])
        for number, place in enumerate(places)
        if isinstance(place, dict) and all(type(place.get(side)) is int for side in "xywh")
    }
    for number, (_, _, right, _) in boxes.items():
        if right > COLUMNS:
            yield f"panels[{number}].gridPos", "layout", f"ends in column {right}, but a dashboard has {COLUMNS}"
    for (one, box), (other, second) in itertools.combinations(boxes.items(), 2):
        if box[0] < second[2] and second[0] < box[2] and box[1] < second[3] and second[1] < box[3]:
            yield f"panels[{other}].gridPos", "layout", f"lies on panels[{one}]"


def _queries(place: str, panel: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with a panel's queries, and with what is said of them."""
    targets = panel.get("targets")
    for number, target in enumerate(targets if isinstance(targets, list) else []):
        if not isinstance(target, dict) or not isinstance(target.get("expr"), str):
            continue  # said of the structure already
        where, query, legend = f"{place}.targets[{number}]", target["expr"], target.get("legendFormat")
        for kind, sentence in check_query(query):
            yield f"{where}.expr", kind, sentence
        kept = labels_of(query)
        if kept is not None and isinstance(legend, str):
            for label in legend_labels(legend):
                if label not in kept:
                    yield f"{where}.legendFormat", "meaning", f"names the label {label}, which the query does not keep"


def _table(found: Sequence[tuple[str, str, str]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(found, columns=FINDINGS)


def _plain(name: str, thing: Any) -> dict[str, Any]:
    if not isinstance(thing, Mapping):
        raise TypeError(f"{name} is {type(thing).__name__}, but must be a dict")
    try:
        plain: dict[str, Any] = as_plain_data(thing)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} holds what a file in JSON cannot hold: {error}") from None
    return plain
