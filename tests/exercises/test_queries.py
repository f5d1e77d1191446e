"""A small reader of PromQL: it means what Prometheus means, and says what it cannot read."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.queries import Series, evaluate
from labsupport.simulators import monitoring

TIMES = np.arange(0, 301, 15.0)
GENERATOR = np.random.default_rng(5)
SERIES = [
    Series("work_total", {"node": node, "mode": mode}, TIMES, np.cumsum(GENERATOR.uniform(0, 9, TIMES.size)))
    for node in ("a", "b", "c1")
    for mode in ("idle", "user")
] + [Series("level", {"node": node}, TIMES, GENERATOR.uniform(0, 9, TIMES.size)) for node in ("a", "b")]


def at(expression: str, time: float = 300) -> dict[str, float]:
    return {",".join(word for _, word in labels): value for labels, value in evaluate(expression, SERIES, [time])[0].items()}


def last(name: str) -> dict[str, float]:
    return {",".join(word for _, word in sorted(each.labels.items())): float(each.values[-1]) for each in SERIES if each.name == name}


def test_selectors() -> None:
    everything = last("work_total")
    assert at("work_total") == everything
    assert at('{node="b"}') == {"b": last("level")["b"]} | {key: value for key, value in everything.items() if key.endswith("b")}
    assert set(at('work_total{node=~"c.*", mode!="idle"}')) == {"user,c1"}
    assert set(at("work_total{node!~'a|b',}")) == {"idle,c1", "user,c1"}
    assert at('work_total{node="nobody"}') == {}
    assert at("work_total", -1) == {}
    assert set(at("level", 599)) == {"a", "b"}
    assert at("level", 601) == {}


def test_ranges_are_left_open() -> None:
    level = next(each for each in SERIES if each.name == "level" and each.labels["node"] == "a")
    assert at("max_over_time(level[1m])")["a"] == level.values[-4:].max()
    assert at("min_over_time(level[45s])")["a"] == level.values[-3:].min()
    assert at("avg_over_time(level[1m30s])")["a"] == pytest.approx(level.values[-6:].mean())
    work = next(each for each in SERIES if each.name == "work_total" and each.labels == {"node": "a", "mode": "user"})
    grown = monitoring.increase(TIMES, work.values, 180, 300, left_open=True)
    assert at('increase(work_total{node="a",mode="user"}[2m])')["user,a"] == pytest.approx(grown)
    assert at('rate(work_total{node="a",mode="user"}[2m])')["user,a"] == pytest.approx(grown / 120)
    assert at("rate(work_total[15s])") == {}


def test_aggregations_and_arithmetic() -> None:
    work, level = last("work_total"), last("level")
    assert at("sum by (node) (work_total)") == pytest.approx({node: work[f"idle,{node}"] + work[f"user,{node}"] for node in ("a", "b", "c1")})
    assert at("sum(work_total) by (node)") == at("sum without (mode) (work_total)") == at("sum by (node) (work_total)")
    assert at("avg(level)") == pytest.approx({"": np.mean(list(level.values()))})
    assert at("max(level) - min(level)") == pytest.approx({"": max(level.values()) - min(level.values())})
    assert at("count(work_total)") == {"": 6}
    assert at("100 * (1 - level / 10)") == pytest.approx({node: 100 - 10 * value for node, value in level.items()})
    assert at("-level + 2 * 3 - 1e1") == pytest.approx({node: -value - 4 for node, value in level.items()})
    assert at("level + sum by (node) (work_total)") == pytest.approx(
        {node: level[node] + work[f"idle,{node}"] + work[f"user,{node}"] for node in level}
    )
    assert at("level / 0") == {"a": np.inf, "b": np.inf}
    assert at("7 / 2") == {"": 3.5}


def test_comparisons_keep_what_compares_well() -> None:
    level = last("level")
    middle = sum(level.values()) / 2
    above = {node: value for node, value in level.items() if value > middle}
    assert at(f"level > {middle}") == at(f"{middle} < level") == at(f"level >= {middle} ") == above
    assert at(f"level < {middle}") == {node: value for node, value in level.items() if node not in above}
    assert at("level == level") == level
    assert at("level != level") == {}


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (7, "must be text"),
        (" ", "must be text"),
        ("level[1m]", "a range such as [1m] stands alone"),
        ("sum(level[1m])", "needs a function around it"),
        ("rate(level)", "rate needs a range"),
        ("rate(level[a minute])", "must be a time"),
        ("nothing", "there is no metric 'nothing'"),
        ("level{node=a}", "with quotes"),
        ("level{node>'a'}", "with quotes"),
        ("level{node=~'('}", "no regular expression"),
        ("sum(level", "')' is missing at the end"),
        ("(level))", "something is left over from ')' on"),
        ("level +", "'something' is missing at the end"),
        ("level ; 3", "'; 3' cannot stand there"),
        ("* level", "'*' cannot stand there"),
        ("topk(3, level)", "no function 'topk'"),
        ("sum(3)", "needs series"),
        ("1 > 0", "two numbers are compared"),
    ],
)
def test_what_cannot_be_read_is_told(expression: object, words: str) -> None:
    with pytest.raises(NotYet) as told:
        evaluate(expression, SERIES, [300])
    assert words in str(told.value)
    assert "Look next" in str(told.value)
