"""An application of ours under Prometheus: its histogram_quantile is the simulator's, an alert fires, and the recorded run."""

from __future__ import annotations

import time

import numpy as np
import pytest

from labsupport.simulators.monitoring import histogram_quantile
from labsupport.systems import scraping
from labsupport.systems.prometheus import Prometheus
from tests.support import require

pytestmark = pytest.mark.real_system


OBSERVED = {"few": [*[0.15] * 5, 0.7], "many": [*[0.15] * 5, 0.7, 0.9, 3.0]}


def test_quantiles_of_any_buckets_agree(workplace) -> None:
    """Counters that Prometheus scrapes once are asked for as they are: empty buckets, and more above the last bound than below."""
    from prometheus_client import CollectorRegistry, Histogram, start_http_server

    require(Prometheus.find(), "needs prometheus")
    registry = CollectorRegistry()
    for name, values in OBSERVED.items():
        histogram = Histogram(name, "Any.", registry=registry, buckets=[0.1, 0.2, 0.4, 0.8])
        for value in values:
            histogram.observe(value)
    web, thread = start_http_server(0, "127.0.0.1", registry)
    try:
        configuration = scraping.CONFIGURATION.format(port=web.server_address[1])
        with Prometheus(configuration) as client:
            deadline = time.monotonic() + 10
            while not client.query("many_bucket"):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert list(client.targets().values()) == ["up"]
            for name in OBSERVED:
                series = sorted((float(each["metric"]["le"]), each["value"]) for each in client.query(f"{name}_bucket"))
                bounds, counts = np.array(series).T
                for q in (0.0, 0.3, 0.99, 0.999, 1.0):
                    theirs = client.query(f"histogram_quantile({q}, {name}_bucket)")[0]["value"]
                    assert theirs == pytest.approx(histogram_quantile(q, bounds, counts), abs=1e-9, nan_ok=True)
    finally:
        web.shutdown()
        web.server_close()
        thread.join()


@pytest.fixture(scope="module")
def measured():
    require(Prometheus.find(), "needs prometheus")
    return scraping.compare(seconds=4.0, progress=lambda _: None)


def test_the_same_buckets_give_the_same_quantiles_as_in_the_simulator(measured) -> None:
    assert not measured.recorded
    at = measured.table.set_index(["program", "phase", "quantile"])["seconds"]
    for phase in scraping.PHASES:
        for q in scraping.QUANTILES:
            assert at["Prometheus", phase, q] == pytest.approx(at["histogram_quantile", phase, q], abs=1e-9)
            assert at["the application's own list", phase, q] == pytest.approx(at["exponential law", phase, q], rel=0.25)
    assert "differ by less than 1e-9 s" in measured.reconciliation


def test_the_alert_fires_after_it_was_pending(measured) -> None:
    states = measured.about["alert"]
    assert states["pending"] < states["firing"]
    assert states["firing"] - states["pending"] > 0.7  # `for` is a second, and the clock of the rules ticks every quarter
    assert "fired" in measured.reconciliation


def test_the_recorded_run_is_labelled_and_shows_the_gap_of_the_buckets() -> None:
    shipped = scraping.recorded()
    assert "recorded run" in str(shipped)
    at = shipped.table.set_index(["program", "phase", "quantile"])["seconds"]
    assert at["Prometheus", "slow", 0.99] == pytest.approx(at["histogram_quantile", "slow", 0.99], abs=1e-9)
    assert at["Prometheus", "slow", 0.99] > 1.05 * at["the application's own list", "slow", 0.99]
    assert "firing" in shipped.about["alert"]


def test_where_it_is_missing_the_recorded_run_says_so(monkeypatch) -> None:
    monkeypatch.setattr(Prometheus, "find", staticmethod(lambda: None))
    assert "Prometheus is not installed here" in scraping.compare().notice
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert "LABSUPPORT_SYSTEMS" in scraping.compare().notice


def test_bad_lengths_are_named() -> None:
    with pytest.raises(ValueError, match="seconds is 1"):
        scraping.compare(1)


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path, measured) -> None:
    monkeypatch.setattr(scraping, "_measured", lambda *_: measured)
    rows, rest = scraping.record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(scraping.COLUMNS))
    assert '"command": "python -m labsupport record scraping"' in rest.read_text(encoding="utf-8")


def test_what_notebook_07_says_of_these_buckets_holds_for_the_exponential_law():
    bounds = np.array([*scraping.BOUNDS, np.inf])
    for mean, too_much in ((0.030, 51), (0.090, 14)):
        told = histogram_quantile(0.99, bounds, 1 - np.exp(-bounds / mean))
        assert round(100 * (told / (mean * np.log(100)) - 1)) == too_much
