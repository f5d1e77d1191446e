"""One aggregation on three programs: all agree, Spark moves what the simulation counts, and what is missing is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsupport.systems import shuffle
from labsupport.systems.server import ServerError
from labsupport.systems.shuffle import COMBINED, PLAIN, compare, record, recorded
from labsupport.systems.spark import Spark
from tests.support import require

pytestmark = pytest.mark.real_system


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(shuffle, "REPEATS", 2)


def test_all_agree_and_spark_moves_what_the_simulation_counts(monkeypatch, workplace, tmp_path: Path):
    """The run that would be recorded, made smaller: it has everything."""
    require(Spark.find(), "needs Spark: python -m pip install pyspark, and Java")
    for name, value in {"ROWS": 4_000, "KEYS": 50, "PARTITIONS": 3}.items():
        monkeypatch.setattr(shuffle, name, value)
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith("source,program,seconds")
    assert '"command": "python -m labsupport record shuffle"' in rest.read_text(encoding="utf-8")
    monkeypatch.setattr("labsupport.systems.comparison.RECORDED", tmp_path)
    made = recorded()
    records = made.table.set_index(["source", "program"])["records"]
    assert records["measurement", COMBINED] == records["simulation", COMBINED] <= 3 * 50
    assert records["measurement", PLAIN] == records["simulation", PLAIN] == 4_000
    assert (made.table.query("source == 'measurement'")["seconds"] > 0).all()
    assert "exactly what the simulation counts" in made.reconciliation
    assert "records shuffled" in str(made)


def test_two_programs_need_no_spark():
    shares: list[float] = []
    made = compare(3_000, 40, 2, programs=["pandas", "duckdb"], progress=shares.append)
    assert not made.recorded
    assert made.table["program"].tolist() == ["pandas", "DuckDB"]
    assert "All gave the same totals" in made.reconciliation
    assert len(shares) == 2


def test_programs_that_do_not_agree_are_not_compared():
    with pytest.raises(ServerError, match="b and a do not agree"):
        shuffle._check_equal({"a": [(1, 2, 3)], "b": [(1, 2, 4)]})


def test_the_recorded_run_is_labelled_and_says_what_it_shows():
    shipped = recorded()
    assert "recorded run" in str(shipped)
    records = shipped.table.set_index(["source", "program"])["records"]
    assert records["measurement", COMBINED] == records["simulation", COMBINED]
    assert records["measurement", PLAIN] == shipped.about["rows"]


def test_what_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(shuffle.importlib.util, "find_spec", lambda _: None)
    made = compare()
    assert made.recorded
    assert "Not installed here: pyarrow, duckdb. To install: " in made.notice
    assert "Spark cannot run here" in made.notice
    with pytest.raises(ServerError, match="pip install pyarrow duckdb"):
        record()


def test_a_spark_that_does_not_start_says_why_beside_the_recorded_run(monkeypatch):
    def stop(*_):
        raise ServerError("Spark did not answer")

    monkeypatch.setattr(shuffle, "_measured", stop)
    assert "Spark did not answer" in compare(1_000, 10, programs=["pandas"]).notice


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rows": 3, "partitions": 4}, "rows is 3"),
        ({"keys": 0}, "keys is 0"),
        ({"partitions": 33}, "partitions is 33"),
        ({"programs": ["hive"]}, "programs is 'hive'"),
        ({"programs": []}, "programs is empty"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        compare(**arguments)
