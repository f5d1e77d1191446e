"""The structure of a dashboard and of an alert rule, as far as this course uses them, as schemas in JSON Schema – and what is wrong, in words.

Grafana publishes no validator that runs without it, and reads files of a wrong structure without a word: what it does not know it leaves
out. The names and types here are those of its documentation, which the tests hold against Grafana's own package for Python.

References
----------
Grafana documentation, "Dashboard JSON model"; "Use configuration files to provision alerting resources". JSON Schema, draft 2020-12.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["ALERT", "COLUMNS", "DASHBOARD", "wrong_structure"]

COLUMNS = 24  # how many there are from the left of a dashboard to its right
TOP = "(top)"  # the place of what is wrong with the whole
TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
NAME = {"type": "string", "minLength": 1}
TIME = {"type": "string", "pattern": r"^(\d+(ms|[smhdwy]))+$"}
SOURCE = {"type": "object", "required": ["type", "uid"], "properties": {"type": NAME, "uid": NAME}, "additionalProperties": False}


def _fields(required: Mapping[str, Any], others: Mapping[str, Any] | None = None, known: str = "") -> dict[str, Any]:
    """Return the schema of an object: fields that it must have, that it may have, and that it may have whatever they hold."""
    properties = {**required, **(others or {}), **{name: {} for name in known.split()}}
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


_PLACE = _fields(
    {
        "x": {"type": "integer", "minimum": 0, "maximum": COLUMNS - 1},
        "y": {"type": "integer", "minimum": 0},
        "w": {"type": "integer", "minimum": 1, "maximum": COLUMNS},
        "h": {"type": "integer", "minimum": 1},
    },
    known="static",
)
_STEP = _fields({"color": NAME, "value": {"type": ["number", "null"]}})
_THRESHOLDS = _fields({"mode": {"enum": ["absolute", "percentage"]}, "steps": {"type": "array", "minItems": 1, "items": _STEP}})
_DEFAULTS = _fields(
    {}, {"unit": NAME, "min": NUMBER, "max": NUMBER, "decimals": WHOLE, "thresholds": _THRESHOLDS, "custom": {"type": "object"}},
    "displayName color mappings noValue description links",
)  # fmt: skip
_TARGET = _fields(
    {"refId": NAME, "expr": NAME}, {"legendFormat": TEXT, "datasource": SOURCE, "instant": {"type": "boolean"}, "range": {"type": "boolean"}},
    "interval format hide exemplar editorMode step intervalFactor key",
)  # fmt: skip
_PANEL = _fields(
    {
        "id": {"type": "integer", "minimum": 1},
        "type": {"enum": ["timeseries", "stat", "gauge", "bargauge", "table", "heatmap", "histogram", "piechart", "barchart"]},
        "title": NAME,
        "datasource": SOURCE,
        "gridPos": _PLACE,
        "targets": {"type": "array", "minItems": 1, "items": _TARGET},
    },
    {"description": TEXT, "fieldConfig": _fields({"defaults": _DEFAULTS}, {"overrides": {"type": "array"}})},
    "options transparent interval maxDataPoints links repeat repeatDirection transformations pluginVersion timeFrom timeShift cacheTimeout "
    "hideTimeOverride maxPerRow libraryPanel tags",
)

#: A dashboard: what it is called, how often it is drawn again, which time it shows, and its panels.
DASHBOARD = _fields(
    {
        "uid": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$"},
        "title": NAME,
        "schemaVersion": {"type": "integer", "minimum": 16},
        "panels": {"type": "array", "minItems": 1, "items": _PANEL},
    },
    {
        "refresh": {"type": "string", "pattern": f"{TIME['pattern']}|^$"},
        "time": _fields({"from": NAME, "to": NAME}),
        "tags": {"type": "array", "items": TEXT},
        "timezone": TEXT,
    },
    "id version annotations templating links editable graphTooltip style description fiscalYearStartMonth weekStart liveNow timepicker gnetId "
    "iteration revision snapshot preload",
)
_RANGE = _fields({"from": {"type": "integer", "minimum": 0}, "to": {"type": "integer", "minimum": 0}})

#: An alert rule: the query and what is made of its result, which of them decides, and for how long it must be so.
ALERT = _fields(
    {
        "uid": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$"},
        "title": NAME,
        "condition": NAME,
        "for": TIME,
        "data": {
            "type": "array",
            "minItems": 1,
            "items": _fields({"refId": NAME, "datasourceUid": NAME, "model": {"type": "object"}}, {"relativeTimeRange": _RANGE}, "queryType"),
        },
    },
    {
        "noDataState": {"enum": ["NoData", "Alerting", "OK", "KeepLast"]},
        "execErrState": {"enum": ["Error", "Alerting", "OK", "KeepLast"]},
        "labels": {"type": "object", "additionalProperties": TEXT},
        "annotations": {"type": "object", "additionalProperties": TEXT},
    },
    "dashboardUid panelId isPaused notification_settings record keep_firing_for",
)

_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "object": "fields",
    "array": "a list",
    "boolean": "true or false",
    "null": "null",
}


def wrong_structure(thing: Any, schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what is wrong with the structure of plain data.

    Parameters
    ----------
    thing : dict
        A dashboard or an alert rule.
    schema : mapping
        `DASHBOARD` or `ALERT`.

    Returns
    -------
    list of (str, str)
        For each finding its place, such as ``panels[0].title``, and a sentence; in the order of the places.

    Examples
    --------
    >>> wrong_structure({"titel": "Shop", "uid": "shop", "schemaVersion": 36, "panels": "all"}, DASHBOARD)[-1]
    ('panels', "is 'all', but must be a list")
    """
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(schema).iter_errors(thing)
    found = [(_path(error), sentence) for error in errors for sentence in _sentences(error)]
    return sorted(dict.fromkeys(found), key=lambda finding: finding[0])


def _path(error: ValidationError) -> str:
    words = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    return words.lstrip(".") or TOP


def _sentences(error: ValidationError) -> list[str]:
    """Say in our words what a validator has found."""
    came, rule = error.instance, error.validator_value
    shown = came if isinstance(came, (bool, int, float, str, type(None))) else f"{type(came).__name__} of {len(came)}"
    match error.validator:
        case "required":
            return [f"has no {name}" for name in rule if name not in came]
        case "additionalProperties":
            known = error.schema["properties"]
            return [f"has the field {name!r}, which Grafana does not know{_nearest(name, known)}" for name in came if name not in known]
        case "type":
            return [f"is {shown!r}, but must be {' or '.join(_TYPES[name] for name in ([rule] if isinstance(rule, str) else rule))}"]
        case "enum":
            return [f"is {shown!r}, but must be one of {', '.join(map(str, rule))}"]
        case "minLength" | "minItems":
            return ["is empty"]
        case "minimum":
            return [f"is {shown}, but must be at least {rule}"]
        case "maximum":
            return [f"is {shown}, but must be at most {rule}"]
        case "pattern":
            allowed = "a time such as 30s or 1m" if rule.startswith(TIME["pattern"]) else "of 1 to 40 letters, digits, - and _"
            return [f"is {shown!r}, but must be {allowed}"]
    return [error.message]


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f": did you mean {near[0]!r}?" if near else ""


def as_plain_data(thing: Any) -> Any:
    """Return data as a file in JSON would hold it, so that tuples are lists.

    Parameters
    ----------
    thing : object
        Dicts, sequences, texts, numbers.

    Returns
    -------
    object

    Raises
    ------
    TypeError, ValueError
        If JSON cannot hold it.

    Examples
    --------
    >>> as_plain_data({"panels": (1, 2)})
    {'panels': [1, 2]}
    """
    return json.loads(json.dumps(thing))
