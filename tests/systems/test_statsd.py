"""What Datadog's own client sends over UDP, received and read by a server of ours."""

from __future__ import annotations

import importlib.util
import random
import socket

import pytest

from labsupport.systems import statsd
from labsupport.systems.statsd import COLUMNS, Listener, Metric, compare, parse, record, recorded
from tests.support import require

pytestmark = pytest.mark.real_system


@pytest.fixture
def client():
    require(importlib.util.find_spec("datadog"), "needs datadog")
    from datadog.dogstatsd.base import DogStatsd

    with Listener() as listener:
        made = DogStatsd("127.0.0.1", listener.port, disable_telemetry=True, disable_buffering=True, origin_detection_enabled=False)
        yield listener, made
        made.close_socket()


def test_every_kind_of_metric_arrives_as_it_was_sent(client) -> None:
    listener, datadog = client
    datadog.increment("hits", 3, tags=["region:eu", "shop"])
    datadog.gauge("queue", 7.5)
    datadog.histogram("size", 12)
    datadog.distribution("wait", 0.25)
    datadog.timing("render", 12)
    datadog.set("users", "ada")
    listener.wait(6)
    assert listener.metrics() == [
        Metric("hits", "counter", (3.0,), 1.0, ("region:eu", "shop")),
        Metric("queue", "gauge", (7.5,), 1.0, ()),
        Metric("size", "histogram", (12.0,), 1.0, ()),
        Metric("wait", "distribution", (0.25,), 1.0, ()),
        Metric("render", "timing", (12.0,), 1.0, ()),
        Metric("users", "set", (), 1.0, ()),
    ]


@pytest.mark.parametrize("line", ["", "hits", "hits:1", "hits:1|x", ":1|c", "_e{6,2}:deploy|v2", "_sc|svc|0", "hits:many|c", "hits:1|c|@2"])
def test_what_is_no_metric_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"line is|could not convert|sample rate"):
        parse(line)


def test_estimates_at_every_sample_rate() -> None:
    before = random.getstate()
    made = compare(1_000, seed=3)
    assert random.getstate() == before
    assert not made.recorded
    assert list(made.table.columns) == [*COLUMNS, "recorded"]
    measured = made.table.query("source == 'measurement'").set_index("sample_rate")
    assert measured.loc[1.0, "packets"] == 1_000
    assert measured.loc[1.0, "hits"] == 1_000
    assert measured.loc[0.1, "packets"] < 200
    assert measured.loc[0.1, "hits"] == pytest.approx(10 * measured.loc[0.1, "packets"])
    assert made.about["line"] == "shop.hits:1|c|#region:eu"
    assert "cannot run here" in made.reconciliation


def test_a_listener_waits_no_longer_than_anything_comes_and_closes_its_port() -> None:
    with Listener() as listener:
        listener.wait(5)
        assert listener.packets == []
        port = listener.port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", port))


def test_the_recorded_run_is_labelled() -> None:
    shipped = recorded()
    assert "recorded run" in str(shipped)
    assert "hits, as estimated" in str(shipped)


def test_without_the_client_the_recorded_run_says_so(monkeypatch) -> None:
    monkeypatch.setattr(statsd.importlib.util, "find_spec", lambda _: None)
    assert "Datadog's client is not installed" in compare().notice
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert "LABSUPPORT_SYSTEMS" in compare().notice


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(statsd, "HITS", 200)
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(COLUMNS))
    assert '"command": "python -m labsupport record statsd"' in rest.read_text(encoding="utf-8")


@pytest.mark.parametrize(("arguments", "message"), [((0,), "hits is 0"), ((5, -1), "seed is -1")])
def test_bad_input_is_named(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        compare(*arguments)
