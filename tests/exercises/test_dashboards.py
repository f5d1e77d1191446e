"""Days of response times, what is read off buckets, and the readers of Prometheus' files, which agree with promtool."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.dashboards import KINDS, application, objective, read_alert, read_configuration, read_off, response_days, worst_error
from labsupport.systems.prometheus import check
from tests.support import require

EXPRESSION = "histogram_quantile(0.9, sum by (le) (rate(x_bucket[1m]))) > 2"
RULES = "groups: [{name: g, rules: [{alert: A, expr: '%s', for: 1m30s}]}]"
JOB = "scrape_configs: [{job_name: app, static_configs: [{targets: ['a:1', 'b:2']}]}]"


@pytest.mark.parametrize("kind", KINDS)
def test_days_to_come_are_those_of_the_same_service(kind: str) -> None:
    days = response_days(kind, 6, seed=3)
    assert days[4:] == response_days(kind, 2, seed=3, after=4)
    assert days[0] != response_days(kind, 1, seed=4)[0]
    slow = [np.percentile(day, 99) for day in days]
    assert max(slow) < 2 * min(slow)
    assert all(time > 0 for day in days for time in day)


@pytest.mark.parametrize("kind", KINDS)
def test_any_student_s_service_can_be_read_off_ten_boundaries(kind: str) -> None:
    for service in range(40):
        slow = [np.percentile(day, 99) for day in response_days(kind, 20, service)]
        bounds = np.geomspace(min(slow) / 1.15, max(slow) * 1.15, 10)
        assert worst_error(bounds, response_days(kind, 15, service, after=20)) < 0.05, service


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (3, "a list of numbers"),
        (["a"], "a list of numbers"),
        ([float("inf")], "a list of numbers"),
        ([], "0 came"),
        (list(range(1, 12)), "11 came"),
        ([0.0, 1.0], "larger than the one before"),
        ([2.0, 1.0], "larger than the one before"),
    ],
)
def test_what_are_no_boundaries(bounds, said) -> None:
    with pytest.raises(NotYet, match=said):
        read_off(bounds, [1.0])


def test_a_time_on_a_boundary_lies_below_it_and_beyond_the_last_there_is_the_last() -> None:
    assert read_off([1.0, 2.0], [1.0] * 100) == 0.99
    assert read_off([1.0, 2.0], [5.0] * 100) == 2.0


def test_what_is_asked_for_can_be_had() -> None:
    for seed in range(50):
        app, goal = application(seed), objective(seed)
        assert 1 <= len(app["hosts"]) <= 4
        assert len(set(app["hosts"])) == len(app["hosts"])
        assert goal["histogram"].startswith(goal["alert"].removeprefix("Slow").lower())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("app, static", "app, statics", "field 'statics"),
        ("job_name: app, ", "", "a job_name of its own"),
        ("'a:1'", "'http://a/'", "is no host and port"),
        ("['a:1', 'b:2']", "a:1", "targets must be a list"),
        ("scrape_configs: [", "scrape_configs: [[", "it is no YAML"),
        ("[{job_name: app, static_configs: [{targets: ['a:1', 'b:2']}]}]", "7", "scrape_configs must be a list"),
        ("job_name: app,", "job_name: app, scrape_interval: 5,", "scrape_interval is 5, but must be a time"),
        ("scrape_configs", "scrape_config", "the file has the field 'scrape_config'"),
    ],
)
def test_what_prometheus_could_not_read(old: str, new: str, said: str) -> None:
    text = JOB.replace(old, new)
    with pytest.raises(NotYet, match=said.replace("(", r"\(")):
        read_configuration(text)
    require(check("config", JOB) is not None, "needs promtool")
    assert check("config", JOB) == ""
    assert check("config", text)


def test_what_is_said_once_for_all_jobs_and_what_a_job_says_itself() -> None:
    text = "global: {scrape_interval: 15s}\nscrape_configs: [{job_name: a}, {job_name: b, scrape_interval: 1m30s, metrics_path: /m}]"
    a, b = read_configuration(text)
    assert (a["interval"], a["path"], a["targets"]) == (15.0, "/metrics", [])
    assert (b["interval"], b["path"]) == (90.0, "/m")
    assert read_configuration("{}") == []


@pytest.mark.parametrize(
    "expression",
    [
        EXPRESSION,
        EXPRESSION.replace(" ", "  "),
        EXPRESSION.replace(" ", "").replace("sumby", "sum by"),
        "histogram_quantile(0.9, sum(rate(x_bucket[1m])) by (le)) > 2",
    ],
)
def test_an_alert_however_it_is_written(expression: str) -> None:
    found = read_alert(RULES % expression)
    assert found == {"alert": "A", "quantile": 0.9, "counter": "x_bucket", "window": 60.0, "limit": 2.0, "for": 90.0}
    assert check("rules", RULES % expression) in ("", None)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("x > 2", "no histogram_quantile"),
        (EXPRESSION.replace("rate(x_bucket[1m])", "x_bucket"), "no rate of them"),
        (EXPRESSION.replace("by (le)", "by (le, job)"), r"by \(le\) and by nothing else"),
        (EXPRESSION.replace(" > 2", ""), "has not the form"),
        (EXPRESSION.replace("0.9", "0.9.9"), "must be numbers"),
        (EXPRESSION.replace("1m", "1x"), "window is '1x'"),
    ],
)
def test_other_expressions_are_told(expression: str, said: str) -> None:
    with pytest.raises(NotYet, match=said):
        read_alert(RULES % expression)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (7, "it is int"),
        ("[]", "the file must have fields"),
        ("groups: []", "there are 0 rules"),
        ("groups: [{rules: []}]", "each group needs a name"),
        ("groups: [{name: g, rules: [{record: a, expr: b}]}]", "field 'record'"),
        ("groups: [{name: g, rules: [{alert: a}]}]", "a rule needs an alert"),
        ((RULES % EXPRESSION).replace("1m30s", "90"), "for is 90"),
    ],
)
def test_other_files_are_told(text, said: str) -> None:
    with pytest.raises(NotYet, match=said):
        read_alert(text)
