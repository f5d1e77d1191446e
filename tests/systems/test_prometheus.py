"""Prometheus answers in PromQL, and promtool checks files."""

from __future__ import annotations

import pytest

from labsupport.systems import prometheus
from labsupport.systems.prometheus import Prometheus, check
from tests.support import require

pytestmark = pytest.mark.real_system

CONFIGURATION = "scrape_configs: [{job_name: app, static_configs: [{targets: ['127.0.0.1:8000']}]}]"
RULES = "groups: [{name: g, rules: [{alert: A, expr: 'histogram_quantile(0.99, sum by (le) (rate(x_bucket[1m]))) > 1', for: 1m}]}]"


@pytest.fixture
def server(workplace):
    require(Prometheus.find(), "needs prometheus")
    return Prometheus()


def test_it_answers_in_promql_and_says_what_it_does_not_understand(server) -> None:
    with server as client:
        assert client.query("vector(2) * 21")[0]["value"] == 42
        assert client.query("up") == []
        assert client.alerts() == {}
        assert client.targets() == {}
        with pytest.raises(ValueError, match="unclosed left parenthesis"):
            client.query("rate(")
        assert "Prometheus 2." in server.version(server.find()) or "Prometheus 3." in server.version(server.find())


def test_promtool_checks_files() -> None:
    require(check("config", "") is not None, "needs promtool")
    assert check("config", CONFIGURATION) == ""
    assert check("rules", RULES) == ""
    assert "expected type range vector" in check("rules", "groups: [{name: g, rules: [{alert: A, expr: 'rate(x)'}]}]")
    assert "not found in type" in check("config", "scrape_configs: [{job: a}]")


def test_without_promtool_nothing_is_said(monkeypatch) -> None:
    monkeypatch.setattr(prometheus.shutil, "which", lambda _: None)
    assert check("rules", "groups: []") is None


@pytest.mark.parametrize(("kind", "text", "error"), [("rule", "", ValueError), ("rules", 3, TypeError)])
def test_bad_files_are_named(kind, text, error) -> None:
    with pytest.raises(error, match=r"kind is 'rule'|text is 3"):
        check(kind, text)
