"""Alerts of Grafana's as code: rules that fire once a query's latest value has been above a limit for so long."""

from __future__ import annotations

from typing import Any

from labsupport import checks
from labsupport.systems.grafana import SOURCE, checked_text, identifier

__all__ = ["alert"]


def alert(title: str, query: str, limit: float, patience: float = 60.0) -> dict[str, Any]:
    """Write an alert rule of Grafana's: it fires once the query's latest value has been above a limit for so long.

    Parameters
    ----------
    title : str
        What it is called.
    query : str
        What is asked of Prometheus, in PromQL.
    limit : float
        Above which somebody is to be called.
    patience : float, optional
        Seconds for which it must have been so, at least 0.

    Returns
    -------
    dict
        As Grafana reads it from a file, in a group of rules.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.

    References
    ----------
    Grafana documentation, "Use configuration files to provision alerting resources".

    Examples
    --------
    >>> alert("Slow", "job:request_seconds:p99", limit=0.3)["for"]
    '60s'
    """
    seconds = round(checks.number("patience", patience, minimum=0))
    threshold = {
        "refId": "B",
        "type": "threshold",
        "expression": "A",
        "conditions": [{"evaluator": {"type": "gt", "params": [checks.number("limit", limit)]}}],
    }
    return {
        "uid": identifier(title),
        "title": checked_text("title", title),
        "condition": "B",
        "for": f"{seconds}s",
        "data": [
            {
                "refId": "A",
                "datasourceUid": SOURCE,
                "relativeTimeRange": {"from": 600, "to": 0},
                "model": {"refId": "A", "expr": checked_text("query", query), "instant": True},
            },
            {"refId": "B", "datasourceUid": "__expr__", "model": threshold},
        ],
        "noDataState": "NoData",
        "execErrState": "Error",
    }
