"""InfluxDB takes what we write, says what it cannot take, and computes means as numpy does and percentiles by its own rule."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.systems import influxdb
from labsupport.systems.influxd import InfluxDB, line
from tests.support import require

pytestmark = pytest.mark.real_system


@pytest.fixture(autouse=True)
def _installed():
    require(InfluxDB.find(), "needs influxd")


def test_what_is_written_comes_back(workplace) -> None:
    fields = {"seconds": 0.125, "rows": 3, "cached": True, "note, and=more": 'a "quoted" \\ text'}
    with InfluxDB() as client:
        client.write([line("request log", fields, {"host": "node 1", "zone,x": "a=b,c"}, 5), line("request log", {"rows": 4}, {"host": "n2"}, 6)])
        table = client.query('SELECT * FROM "request log"')
        row = table.iloc[0].to_dict()
        assert {name: row[name] for name in fields} == fields
        assert (row["host"], row["zone,x"], row["time"].value) == ("node 1", "a=b,c", 5)
        by_host = client.query('SELECT max(rows) FROM "request log" GROUP BY host').set_index("host")["max"]
        assert by_host.to_dict() == {"node 1": 3, "n2": 4}
        assert client.query("SELECT * FROM nothing").empty
        with pytest.raises(ValueError, match="error parsing query: found SELEC"):
            client.query("SELEC")
        with pytest.raises(ValueError, match=r"undefined function x\(\)"):
            client.query("SELECT x(rows) FROM a")
        with pytest.raises(ValueError, match="unable to parse 'nonsense'"):
            client.write("a rows=1i\nnonsense")
        with pytest.raises(ValueError, match="field type conflict"):
            client.write(line("request log", {"rows": "many"}, time=7))  # in the same week: each week of data has types of its own


def test_a_line_without_a_time_is_of_now(workplace) -> None:
    with InfluxDB() as client:
        client.write(line("request", {"rows": np.int64(3), "hit": np.bool_(True), "seconds": np.float64(2.5)}))
        row = client.query("SELECT * FROM request").iloc[0]
    assert (row["rows"], row["hit"], row["seconds"]) == (3, True, 2.5)
    assert row["time"].year >= 2026


def test_another_server_on_the_port_is_not_taken_for_ours(workplace) -> None:
    first, second = InfluxDB(), InfluxDB()
    with first:
        second.port, second.process = first.port, 1
        with pytest.raises(ConnectionError, match="another server answers"):
            second.connect(5)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("a", {}), ValueError, "fields is empty"),
        (("", {"x": 1}), ValueError, "measurement holds ''"),
        (("a\nb", {"x": 1}), ValueError, "on one line"),
        ((3, {"x": 1}), TypeError, "measurement holds 3"),
        (("a", {"x": float("nan")}), ValueError, "x is nan"),
        (("a", {"x": 2**63}), ValueError, "x is 9223372036854775808"),
        (("a", {"x": "a\nb"}), ValueError, "must be on one line"),
        (("a", {"x": None}), TypeError, "x is None"),
        (("a", {"x": 1}, {"host": ""}), ValueError, "tags holds ''"),
        (("a", {"x": 1}, {"host\\": "b"}), ValueError, "does not end in a backslash"),
        (("a", {"x": 1}, {}, 1.5), TypeError, "time is 1.5"),
    ],
)
def test_what_cannot_be_written_is_named(arguments, error, message) -> None:
    with pytest.raises(error, match=message):
        line(*arguments)


@pytest.fixture(scope="module")
def measured():
    require(InfluxDB.find(), "needs influxd")
    return influxdb.compare(2_000, progress=lambda _: None)


def test_means_are_numpys_and_percentiles_follow_its_rule(measured) -> None:
    assert not measured.recorded
    wide = measured.table.pivot_table(index=["quantity", "points"], columns="source", values="value")
    percentiles = wide["simulation"].notna()
    assert percentiles.sum() == 2 * len(influxdb.PERCENTILES)
    assert wide["measurement"][percentiles].tolist() == wide["simulation"][percentiles].tolist()
    means = wide[wide.index.get_level_values(0).str.startswith("mean")]
    assert len(means) == 2 + influxdb.HOUR // influxdb.WINDOW
    assert means["measurement"].to_numpy() == pytest.approx(means["theory"].to_numpy(), rel=1e-9)
    assert "Means are those of numpy. Percentiles are not" in measured.reconciliation
    assert len(measured.summary) == 8


def test_the_recorded_run_is_labelled_and_shows_what_batches_are_worth() -> None:
    shipped = influxdb.recorded()
    assert "recorded run" in str(shipped)
    speeds = shipped.table.set_index("quantity")["value"]
    assert speeds["written in batches"] > 20 * speeds["written one by one"]
    assert shipped.about["line"].startswith("request,host=node")


def test_where_it_is_missing_the_recorded_run_says_so(monkeypatch) -> None:
    monkeypatch.setattr(InfluxDB, "find", staticmethod(lambda: None))
    assert "InfluxDB is not installed here" in influxdb.compare().notice
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert "LABSUPPORT_SYSTEMS" in influxdb.compare().notice


def test_bad_numbers_of_points_are_named() -> None:
    with pytest.raises(ValueError, match="points is 1"):
        influxdb.compare(1)


def test_a_recorded_run_can_be_made_again(monkeypatch, tmp_path, measured) -> None:
    monkeypatch.setattr(influxdb, "_measured", lambda *_: measured)
    rows, rest = influxdb.record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(influxdb.COLUMNS))
    assert '"command": "python -m labsupport record influxdb"' in rest.read_text(encoding="utf-8")
