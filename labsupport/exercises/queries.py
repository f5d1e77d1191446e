"""A small reader of PromQL: enough of the language for a panel and an alert, evaluated as Prometheus does. No answer is in here.

An expression is read by recursive descent, in one pass: what stands loosest first (comparisons), then sums, products, and single things.
Each step returns a function of time, so that reading once is enough for many instants.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport.exercises.expectations import NotYet
from labsupport.simulators import monitoring

STALE = 300.0  # seconds after which a sample is no longer shown
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
WORDS = re.compile(
    r"\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])|(\[[^\]]*\])|([a-zA-Z_:][\w:]*)|(\"[^\"]*\"|'[^']*')"  # number, range, word, text in quotes
    r"|(>=|<=|==|!=|=~|!~|[-+*/(){},=<>]))"
)
COMPARISONS = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne}
ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
AGGREGATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "max": max,
    "min": min,
    "count": len,
}

Labels = tuple[tuple[str, str], ...]
Vector = dict[Labels, float]
Value = Vector | float
Evaluator = Callable[[float], Value]
Ranges = list[tuple[Labels, NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True)
class Series:
    """What has been scraped of one metric with one set of labels.

    Attributes
    ----------
    name : str
    labels : mapping of str to str
    times, values : sequence of float, shape (scrapes,)
        In seconds, rising.
    """

    name: str
    labels: Mapping[str, str]
    times: Sequence[float] | NDArray[np.float64]
    values: Sequence[float] | NDArray[np.float64]
    _labels: Labels = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", np.asarray(self.times, dtype=float))
        object.__setattr__(self, "values", np.asarray(self.values, dtype=float))
        object.__setattr__(self, "_labels", tuple(sorted(self.labels.items())))


def evaluate(expression: Any, series: Iterable[Series], times: Sequence[float]) -> list[dict[Labels, float]]:
    """Evaluate an expression at some instants.

    Numbers, ``+ - * /``, comparisons with a number, selectors with ``=``, ``!=``, ``=~`` and ``!~``, ``rate``, ``increase`` and
    ``avg_over_time``, ``max_over_time`` and ``min_over_time`` over a range, and ``sum``, ``avg``, ``max``, ``min`` and ``count`` with ``by`` or
    ``without`` are understood.

    Parameters
    ----------
    expression : str
    series : iterable of Series
    times : sequence of float
        In seconds.

    Returns
    -------
    list of dict
        For each instant, the value for each set of labels, these as sorted pairs; a lone number has none.

    Raises
    ------
    NotYet
        If Prometheus could not read it, or it is beyond this reader, with the reason.

    References
    ----------
    Prometheus documentation, "Querying basics"; "Operators"; "Query functions".

    Examples
    --------
    >>> seen = [Series("busy", {"node": "a"}, [30, 60], [30, 90]), Series("busy", {"node": "b"}, [30, 60], [10, 20])]
    >>> evaluate("max by (node) (busy) / 100 > 0.5", seen, [60])
    [{(('node', 'a'),): 0.9}]
    >>> evaluate("sum(increase(busy[1m]))", seen, [60])
    [{(): 110.0}]
    """
    if not isinstance(expression, str) or not expression.strip():
        raise unread(f"the expression is {expression!r}, but must be text")
    reader = _Reader(expression, list(series))
    found = reader.comparison()
    if reader.now is not None:
        raise unread(f"something is left over from {reader.now!r} on")
    if isinstance(found, _Range):
        raise unread("a range such as [1m] stands alone, but needs a function around it, such as rate")
    values = (found(float(time)) for time in times)
    return [value if isinstance(value, dict) else {(): float(value)} for value in values]


def unread(reason: str) -> NotYet:
    """Say that an expression cannot be read, and why."""
    return NotYet(f"almost: the PromQL expression – {reason}. Look next: the expression, from the inside out.")


@dataclass(frozen=True)
class _Range:
    """A selector with a range: at each instant, the samples in the window up to it."""

    window: float
    at: Callable[[float], Ranges]


class _Reader:
    """Reads the words of an expression one after the other."""

    def __init__(self, text: str, series: list[Series]) -> None:
        self.series = series
        self.words: list[str] = []
        place = 0
        text = text.rstrip()
        while place < len(text):
            match = WORDS.match(text, place)
            if match is None:
                raise unread(f"{text[place : place + 12].strip()!r} cannot stand there")
            self.words.append(match[match.lastindex or 0])
            place = match.end()

    @property
    def now(self) -> str | None:
        return self.words[0] if self.words else None

    def take(self, wanted: str = "") -> str:
        if not self.words or (wanted and self.words[0] != wanted):
            raise unread(f"{wanted or 'something'!r} is missing{f' before {self.words[0]!r}' if self.words else ' at the end'}")
        return self.words.pop(0)

    def comparison(self) -> Evaluator | _Range:
        left = self.sums()
        while self.now in COMPARISONS:
            compare = COMPARISONS[self.take()]
            left = _kept(_plain(left), compare, _plain(self.sums()))
        return left

    def sums(self) -> Evaluator | _Range:
        left = self.products()
        while self.now in ("+", "-"):
            left = _joined(_plain(left), ARITHMETIC[self.take()], _plain(self.products()))
        return left

    def products(self) -> Evaluator | _Range:
        left = self.single()
        while self.now in ("*", "/"):
            left = _joined(_plain(left), ARITHMETIC[self.take()], _plain(self.single()))
        return left

    def single(self) -> Evaluator | _Range:
        word = self.take()
        if word == "(":
            inner = self.comparison()
            self.take(")")
            return inner
        if word == "-":
            return _joined(lambda _: 0.0, operator.sub, _plain(self.single()))
        if word[0].isdigit():
            number = float(word)
            return lambda _: number
        if word in AGGREGATIONS:
            return self.aggregation(AGGREGATIONS[word])
        if word in _FUNCTIONS and self.now == "(":
            self.take("(")
            ranged = self.comparison()
            self.take(")")
            if not isinstance(ranged, _Range):
                raise unread(f"{word} needs a range, such as [1m], behind the metric")
            return _FUNCTIONS[word](ranged)
        if not re.match(r"[a-zA-Z_:{]", word):
            raise unread(f"{word!r} cannot stand there")
        if self.now == "(":
            raise unread(f"there is no function {word!r} that this reader knows")
        return self.selector("" if word == "{" else word, opened=word == "{")

    def aggregation(self, fold: Callable[[Sequence[float]], float]) -> Evaluator:
        keep = self.grouping()
        self.take("(")
        inner = _plain(self.comparison())
        self.take(")")
        keep = keep or self.grouping() or (lambda _: False)

        def at(time: float) -> Value:
            value = inner(time)
            if not isinstance(value, dict):
                raise unread("an aggregation such as sum needs series, and not a number")
            groups: dict[Labels, list[float]] = {}
            for labels, number in value.items():
                groups.setdefault(tuple(pair for pair in labels if keep(pair[0])), []).append(number)
            return {labels: float(fold(numbers)) for labels, numbers in groups.items()}

        return at

    def grouping(self) -> Callable[[str], bool] | None:
        if self.now not in ("by", "without"):
            return None
        by = self.take() == "by"
        self.take("(")
        names = set()
        while self.now != ")":
            names.add(self.take())
            if self.now != ")":
                self.take(",")
        self.take(")")
        return lambda name: (name in names) == by

    def selector(self, name: str, opened: bool) -> Evaluator | _Range:
        tests: list[Callable[[Mapping[str, str]], bool]] = []
        if opened or self.now == "{":
            if not opened:
                self.take("{")
            while self.now != "}":
                tests.append(self.matcher())
                if self.now != "}":
                    self.take(",")
            self.take("}")
        chosen = [each for each in self.series if each.name == name or not name]
        if not chosen:
            raise unread(f"there is no metric {name!r}")
        chosen = [each for each in chosen if all(test(each.labels) for test in tests)]
        if self.words and self.words[0].startswith("["):
            window = _seconds(self.take()[1:-1].strip())
            return _Range(window, lambda time: [(each._labels, *_within(each, time - window, time)) for each in chosen])

        def at(time: float) -> Value:
            found: Vector = {}
            for each in chosen:
                _, values = _within(each, time - STALE, time)
                if values.size:
                    found[each._labels] = float(values[-1])
            return found

        return at

    def matcher(self) -> Callable[[Mapping[str, str]], bool]:
        name, how, quoted = self.take(), self.take(), self.take()
        if how not in ("=", "!=", "=~", "!~") or quoted[0] not in "\"'":
            raise unread(f'a label is chosen as in {{mode="idle"}}, with quotes, and not as {name}{how}{quoted}')
        word = quoted[1:-1]
        if how in ("=", "!="):
            return lambda labels: (labels.get(name, "") == word) == (how == "=")
        try:
            pattern = re.compile(word)
        except re.error:
            raise unread(f"{word!r} is no regular expression") from None
        return lambda labels: (pattern.fullmatch(labels.get(name, "")) is not None) == (how == "=~")


def _within(series: Series, begin: float, end: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the samples of a window, whose left end is open, as since Prometheus 3."""
    times, values = np.asarray(series.times), np.asarray(series.values)
    inside = slice(*np.searchsorted(times, (begin, end), side="right"))
    return times[inside], values[inside]


def _seconds(text: str) -> float:
    if not re.fullmatch(r"(\d+(ms|[smhd]))+", text):
        raise unread(f"the range [{text}] must be a time, such as [1m] or [90s]")
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhd])", text))


def _plain(value: Evaluator | _Range) -> Evaluator:
    if isinstance(value, _Range):
        raise unread("a range such as [1m] needs a function around it, such as rate")
    return value


def _joined(left: Evaluator, how: Callable[[float, float], float], right: Evaluator) -> Evaluator:
    """Calculate, number by number where the labels are the same."""

    def one(a: float, b: float) -> float:
        try:
            return float(how(a, b))
        except ZeroDivisionError:
            return float("nan") if a == 0 else float("inf") * (1 if a > 0 else -1)

    def at(time: float) -> Value:
        a, b = left(time), right(time)
        if isinstance(a, dict) and isinstance(b, dict):
            return {labels: one(a[labels], b[labels]) for labels in a if labels in b}
        if isinstance(a, dict):
            return {labels: one(number, b) for labels, number in a.items() if not isinstance(b, dict)}
        if isinstance(b, dict):
            return {labels: one(a, number) for labels, number in b.items()}
        return one(a, b)

    return at


def _kept(left: Evaluator, compare: Callable[[Any, Any], bool], right: Evaluator) -> Evaluator:
    """Keep what compares well, as Prometheus does; it does not turn into 0 or 1."""

    def at(time: float) -> Value:
        a, b = left(time), right(time)
        if isinstance(a, dict):
            if isinstance(b, dict):
                return {labels: number for labels, number in a.items() if labels in b and compare(number, b[labels])}
            return {labels: number for labels, number in a.items() if compare(number, b)}
        if isinstance(b, dict):
            return {labels: number for labels, number in b.items() if compare(a, number)}
        raise unread("two numbers are compared; one side must hold series")

    return at


def _over(ranged: _Range, work: Callable[[NDArray[np.float64], NDArray[np.float64], float], float | None]) -> Evaluator:
    def at(time: float) -> Value:
        found: Vector = {}
        for labels, times, values in ranged.at(time):
            value = work(times, values, time) if times.size else None
            if value is not None:
                found[labels] = value
        return found

    return at


def _increase(ranged: _Range, per: float) -> Evaluator:
    def work(times: NDArray[np.float64], values: NDArray[np.float64], time: float) -> float | None:
        return float(monitoring.increase(times, values, time - ranged.window, time)) / per if times.size > 1 else None

    return _over(ranged, work)


_FUNCTIONS: Mapping[str, Callable[[_Range], Evaluator]] = {
    "rate": lambda ranged: _increase(ranged, ranged.window),
    "increase": lambda ranged: _increase(ranged, 1.0),
    "avg_over_time": lambda ranged: _over(ranged, lambda _, values, __: float(values.mean())),
    "max_over_time": lambda ranged: _over(ranged, lambda _, values, __: float(values.max())),
    "min_over_time": lambda ranged: _over(ranged, lambda _, values, __: float(values.min())),
}
