"""A real gmond shows what simulated hosts send, a real gmetad keeps it, and their sizes are those of theory."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time

import pytest

from labsupport.simulators.archives import GANGLIA
from labsupport.systems import ganglia, gmond
from labsupport.systems.ganglia_report import read_report
from labsupport.systems.gmetad import Gmetad
from labsupport.systems.gmond import Gmond
from labsupport.systems.server import NotStartedError
from tests.support import require

pytestmark = pytest.mark.real_system


@pytest.fixture(autouse=True)
def _installed():
    require(Gmond.find() and Gmetad.find(), "needs gmond and gmetad")


def test_it_measures_this_machine_and_shows_what_others_send(workplace) -> None:
    with Gmond(cluster="shop", host="front") as client:
        deadline = time.monotonic() + 10
        while set(client.table()["metric"]) < set(gmond.COLLECTED):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        client.send("app_p99", {"node1": 12.5, "node2": 80}, unit="ms")
        client.send("state", {"node1": "draining"})
        client.send("app_p99", {"node1": 13.25}, unit="ms")
        table = client.table()
    assert set(table["cluster"]) == {"shop"}
    assert set(table["host"]) == {"front", "node1", "node2"}
    assert table.loc[(table["host"] == "front") & (table["metric"] == "cpu_idle"), "value"].between(0, 100).all()
    sent = table[table["host"] != "front"].set_index(["host", "metric"])
    assert sent.loc[("node1", "app_p99"), ["value", "unit", "type"]].tolist() == [13.25, "ms", "double"]
    assert sent.loc[("node2", "app_p99"), "value"] == 80
    assert sent.loc[("node1", "state"), "text"] == "draining"
    assert sent["value"].isna().tolist() == [metric == "state" for _, metric in sent.index]


def test_ganglias_own_program_is_understood_in_the_same_way(workplace) -> None:
    """What gmetric sends and what we send differ in nothing but the group, which gmetric names."""
    gmetric = shutil.which("gmetric")
    require(gmetric, "needs gmetric")
    server = Gmond()
    with server as client:
        client.send("ours", {"node1": 12.5}, unit="ms")
        options = ["-n", "theirs", "-v", "12.5", "-t", "double", "-u", "ms", "-S", "10.9.9.9:node9"]
        subprocess.run([gmetric, "-c", server.directory / "gmond.conf", *options], check=True, timeout=10)
        deadline = time.monotonic() + 10
        while "theirs" not in set((table := client.table())["metric"]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    rows = table.set_index("metric")[["value", "text", "unit", "type", "longest"]]
    assert rows.loc["ours"].tolist() == rows.loc["theirs"].tolist()


def test_gmetad_keeps_each_metric_in_a_file_of_the_size_that_its_rings_have(workplace) -> None:
    node = Gmond(cluster="shop")
    with node as client:
        client.send("app_p99", {"node1": 12.5}, unit="ms")
        meta = Gmetad({"shop": node.port})
        with meta as asked:
            deadline = time.monotonic() + 10
            while "node1" not in set(meta.files()["host"]) or meta.files()["bytes"].min() == 0:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            time.sleep(0.1)
            files = meta.files().set_index(["host", "metric"])
            table = asked.table().set_index(["host", "metric"])
    assert files.loc[("node1", "app_p99"), "cluster"] == "shop"
    assert files.loc[("node1", "app_p99"), "bytes"] == sum(ring.rows for ring in GANGLIA) * ganglia.NUMBER + 1_000
    assert table.loc[("node1", "app_p99"), "value"] == 12.5


def test_a_channel_that_is_taken_is_told(workplace, monkeypatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.bind(("127.0.0.1", 0))
        monkeypatch.setattr(gmond, "free_channel", lambda: thief.getsockname()[1])
        with pytest.raises(NotStartedError, match=r"(?s)gmond did not answer within 1 s\..*Error creating UDP server"), Gmond(timeout=1):
            pass


def test_without_its_modules_it_measures_nothing_but_still_listens(workplace, monkeypatch) -> None:
    monkeypatch.setattr(gmond, "PLACES", ())
    with Gmond() as client:
        client.send("app_p99", {"node1": 12.5})
        assert client.table()["metric"].tolist() == ["app_p99"]


def test_what_never_arrives_is_told(monkeypatch) -> None:
    monkeypatch.setattr(gmond, "ARRIVAL", 0.02)
    client = gmond.GmondClient(1, gmond.free_channel())
    monkeypatch.setattr(client, "table", lambda: read_report("<GANGLIA_XML/>"))
    with pytest.raises(ConnectionError, match="gmond does not show app_p99 of node1, node2"):
        client.send("app_p99", {"node1": 1, "node2": 2})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("../x", {"a": 1}), ValueError, r"metric holds '\.\./x', but a name is made of letters"),
        (("x", {"a b": 1}), ValueError, "values holds 'a b'"),
        (("x", {"a": None}), TypeError, "the value of a is None"),
        (("x", {"a": float("nan")}), ValueError, "the value of a is nan"),
        (("x", {"a": "<"}), ValueError, "the value of a is '<', but must be plain ASCII"),
        (("x", {"a": 1}, 3), TypeError, "unit is 3, but must be text"),
    ],
)
def test_bad_metrics_are_named(arguments, error, message) -> None:
    with pytest.raises(error, match=message):
        gmond.GmondClient(1, 2).send(*arguments)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Gmond(cluster="a/b"), "cluster holds 'a/b'"),
        (lambda: Gmond(host=""), "host holds ''"),
        (lambda: Gmetad({"a": 0}), "sources is 0"),
        (lambda: Gmetad(every=0), "every is 0"),
        (lambda: ganglia.compare([2, 1]), r"hosts is \[2, 1\], but must hold at least one number, and rise"),
        (lambda: ganglia.compare([0]), "hosts"),
    ],
)
def test_bad_settings_are_named(make, message) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_what_is_no_report_is_named() -> None:
    with pytest.raises(TypeError, match="text is 3"):
        read_report(3)
    with pytest.raises(ValueError, match="text is no XML"):
        read_report("<GANGLIA_XML>")
    with pytest.raises(ValueError, match="outermost element html"):
        read_report("<html/>")
    assert read_report("<GANGLIA_XML/>").empty


@pytest.fixture(scope="module")
def measured():
    require(Gmond.find() and Gmetad.find(), "needs gmond and gmetad")
    return ganglia.compare([1, 20, 100], progress=lambda _: None)


def test_reports_grow_as_theory_says(measured) -> None:
    assert not measured.recorded
    at = measured.table.set_index(["source", "quantity", "hosts"])["value"]
    for hosts in (1, 20, 100):
        assert at["measurement", "report", hosts] == pytest.approx(at["theory", "report", hosts], rel=0.02)
        assert at["measurement", "reading", hosts] > 0
    assert at["measurement", "archive", 1] == pytest.approx(at["theory", "archive", 1], rel=0.002)
    assert measured.summary["hosts"].tolist() == [1, 20, 100]
    assert "Of 100 hosts with 3 metrics each" in measured.reconciliation


def test_the_recorded_run_is_labelled_and_holds_a_report() -> None:
    shipped = ganglia.recorded()
    assert "recorded run" in str(shipped)
    assert set(shipped.table["hosts"]) == set(ganglia.HOSTS)
    report = read_report(shipped.about["report"])
    assert set(report.loc[report["host"] == "node0", "metric"]) == set(ganglia.METRICS)


def test_where_it_is_missing_the_recorded_run_says_so(monkeypatch) -> None:
    monkeypatch.setattr(Gmond, "find", staticmethod(lambda: None))
    assert "gmond is not installed here" in ganglia.compare().notice
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert "LABSUPPORT_SYSTEMS" in ganglia.compare().notice


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path, measured) -> None:
    monkeypatch.setattr(ganglia, "_measured", lambda *_: measured)
    rows, rest = ganglia.record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(ganglia.COLUMNS))
    assert '"command": "python -m labsupport record ganglia"' in rest.read_text(encoding="utf-8")
