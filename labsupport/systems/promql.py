"""What is wrong with a query in PromQL: whether Prometheus could read it, and whether it asks what its author meant.

The form is checked by promql-parser, the grammar of Prometheus itself in a package for Python; the server's own checker, promtool, looks at
whole files only (`labsupport.systems.prometheus.check`). What no grammar can know is that a counter is to be read by its rate, or that the
mean of percentiles is no percentile: for that there are a few rules here, which go by the names that Prometheus' documentation recommends.

References
----------
Prometheus documentation, "Query functions"; "Metric and label naming"; "Histograms and summaries". Grafana documentation, "Prometheus
template variables", $__rate_interval.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from typing import Any

from labsupport.systems.installing import Packages, install_command

__all__ = ["NOT_CHECKED", "check_query", "compares", "filled", "labels_of", "legend_labels"]

COUNTERS = ("_total", "_count", "_sum", "_bucket")  # how names of counters end
RATES = {"rate", "irate", "increase", "resets"}
COMPARISONS = {"==", "!=", ">", "<", ">=", "<="}
OTHERS = {"absent", "absent_over_time", "changes", "count", "group", "histogram_quantile", "timestamp"}  # what else makes sense of a counter
VARIABLES = ("$__rate_interval", "$__interval", "$__range")  # windows that Grafana fills in, when a panel is drawn
PARSER = Packages(pip="promql-parser")
NOT_CHECKED = "the query is not checked, since promql-parser is not installed here. To install it: "


def filled(query: str, window: str = "1m") -> str:
    """Return a query as Grafana would send it, with a window where it has one of Grafana's variables.

    Parameters
    ----------
    query : str
        In PromQL, such as ``rate(x_total[$__rate_interval])``.
    window : str, optional
        In Prometheus' words for times.

    Returns
    -------
    str

    Examples
    --------
    >>> filled("rate(x_total[$__rate_interval])")
    'rate(x_total[1m])'
    """
    for variable in VARIABLES:
        query = query.replace(variable, window).replace(f"${{{variable[1:]}}}", window)
    return query


def check_query(query: str) -> list[tuple[str, str]]:
    """Look at a query's form, and at what it means.

    Parameters
    ----------
    query : str
        In PromQL; windows may be Grafana's variables.

    Returns
    -------
    list of (str, str)
        For each finding its kind – "query" where Prometheus could not read it, "meaning" where it could, but what comes is hardly what was
        meant, "unchecked" where promql-parser is missing – and a sentence. Empty if nothing was found.

    Raises
    ------
    TypeError
        If the query is no text.

    Examples
    --------
    >>> found = check_query("histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[$__rate_interval])))")
    >>> found == [] or found[0][0] == "unchecked"
    True
    """
    if not isinstance(query, str):
        raise TypeError(f"query is {query!r}, but must be the text of a query")
    if importlib.util.find_spec("promql_parser") is None:
        return [("unchecked", NOT_CHECKED + install_command(PARSER))]
    import promql_parser

    try:
        tree = promql_parser.parse(filled(query))
    except ValueError as error:
        return [("query", f"Prometheus could not read it: {error}")]
    return [("meaning", sentence) for sentence in dict.fromkeys(_meanings(tree, ()))]


def compares(query: str) -> bool:
    """Return whether a query ends in a comparison, which lets through just what fulfils it; False where that cannot be looked at.

    Parameters
    ----------
    query : str
        In PromQL.

    Returns
    -------
    bool

    Examples
    --------
    >>> compares("up")
    False
    """
    tree = _tree(query)
    return type(tree).__name__ == "BinaryExpr" and str(tree.op) in COMPARISONS and not (tree.modifier and tree.modifier.return_bool)


def labels_of(query: str) -> set[str] | None:
    """Return the labels that a query's result has for certain to be told by, or None if that cannot be seen from the query.

    Parameters
    ----------
    query : str
        In PromQL.

    Returns
    -------
    set of str or None

    Examples
    --------
    >>> labels_of("up") is None
    True
    """
    tree = _tree(query)
    used = {"le"} if _function(tree) == "histogram_quantile" else set[str]()
    outermost = _bare(tree.args[1] if used else tree)
    if type(outermost).__name__ != "AggregateExpr" or _function(outermost) in {"topk", "bottomk"} or _is_without(outermost):
        return None
    return set(outermost.modifier.labels if outermost.modifier else ()) - used


def _tree(query: str) -> Any:
    """Return what a query is made of, or None if that cannot be said."""
    if importlib.util.find_spec("promql_parser") is None:
        return None
    import promql_parser

    try:
        return _bare(promql_parser.parse(filled(query)))
    except ValueError:
        return None


def _meanings(node: Any, above: tuple[str, ...]) -> Iterator[str]:
    """Yield a sentence for each thing that is hardly meant, in a tree and below: above are the functions that it is an argument of."""
    kind, function = type(node).__name__, _function(node)
    if function == "histogram_quantile":
        yield from _of_quantile(node)
        if above and above[-1] in {"avg", "sum"}:
            yield f"{above[-1]} of percentiles is no percentile: add up the buckets first, and take the percentile of the sum"
    if kind == "VectorSelector" and node.name:
        counted, rated = node.name.endswith(COUNTERS), bool(RATES & set(above))
        if rated and not counted:
            last = next(name for name in reversed(above) if name in RATES)
            yield f"{node.name} is no counter by its name, and {last} is for counters only: for a gauge there are deriv and delta"
        if counted and not (RATES | OTHERS) & set(above):
            yield f"{node.name} is a counter: what it has counted since its program started only rises. Take its rate"
    inside = (*above, function) if function else above
    for child in _children(node):
        yield from _meanings(child, inside)


def _of_quantile(node: Any) -> Iterator[str]:
    share, buckets = node.args[0], _bare(node.args[1])
    if type(share).__name__ == "NumberLiteral" and not 0 <= share.val <= 1:
        yield f"histogram_quantile takes a share from 0 to 1, but {share.val:g} came: the 99th percentile is 0.99"
    if type(buckets).__name__ == "AggregateExpr":
        named = set(buckets.modifier.labels) if buckets.modifier else set()
        if ("le" in named) == _is_without(buckets):
            yield f"{buckets.op} drops the label le, so that histogram_quantile finds no buckets: keep it, as in sum by (le) (…)"
    names = [_function(inner) for inner in _all(buckets)]
    if not RATES & set(names):
        yield "histogram_quantile takes the counts since the programs started: take their rate, for the requests of the last minutes only"


def _is_without(node: Any) -> bool:
    return bool(node.modifier) and str(node.modifier.type).endswith("Without")


def _function(node: Any) -> str:
    kind = type(node).__name__
    return str(node.func.name) if kind == "Call" else str(node.op) if kind == "AggregateExpr" else ""


def _bare(node: Any) -> Any:
    while type(node).__name__ == "ParenExpr":
        node = node.expr
    return node


def _children(node: Any) -> Iterator[Any]:
    for name in ("lhs", "rhs", "expr", "vector_selector"):
        child = getattr(node, name, None)
        if child is not None:
            yield child
    yield from getattr(node, "args", ())


def _all(node: Any) -> Iterator[Any]:
    yield node
    for child in _children(node):
        yield from _all(child)


def legend_labels(legend: str) -> list[str]:
    """Return the labels that a legend names.

    Parameters
    ----------
    legend : str
        In Grafana's words, such as ``{{instance}}``.

    Returns
    -------
    list of str

    Examples
    --------
    >>> legend_labels("{{instance}}, {{ job }}")
    ['instance', 'job']
    """
    return re.findall(r"\{\{\s*(\w+)\s*\}\}", legend)
