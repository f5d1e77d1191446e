"""The same query near and far: equal answers, a delay that is kept, and nothing left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from labsupport.systems import distance
from labsupport.systems.distance import WAYS, Remote, compare, record, recorded
from labsupport.systems.remote import ROWS, ask
from tests.support import ROOT
from tests.systems.conftest import processes_in, wait_until_clean

pytestmark = pytest.mark.real_system

HOLD = """
import time
from labsupport.systems.remote import Remote
with Remote() as remote:
    print("ready", flush=True)
    time.sleep(600)
"""


def test_near_and_far_give_the_same_rows(workplace):
    with Remote() as one, Remote() as other:
        for numbers in ([5], [9, 3, ROWS - 1], [ROWS], []):
            assert one.ask(numbers) == other.ask(numbers) == ask(one.database, numbers)
        assert ask(one.database, [3, 9]) == [[3, "thing 3", 2.11], [9, "thing 9", 6.34]]
        assert one.port != other.port


def test_an_answer_takes_as_long_as_its_way(workplace):
    with Remote() as remote:
        begin = time.perf_counter()
        remote.ask([1], delay=0.2)
        assert time.perf_counter() - begin >= 0.2


def test_a_server_that_cannot_start(workplace, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ChildProcessError, match="the process of the remote database ended at once"), Remote():
        pass
    monkeypatch.setattr(distance.comparison, "reason_not_to_measure", lambda: "")
    shown = compare([0])
    assert shown.recorded
    assert shown.notice.startswith("Nothing could be measured: the process of the remote database ended at once")


def test_an_error_in_the_block_ends_it(workplace):
    def interrupt() -> None:
        assert processes_in(workplace)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Remote():
        interrupt()
    wait_until_clean(workplace)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_python_is_killed(workplace, signal_number):
    holder = subprocess.Popen([sys.executable, "-c", HOLD], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert holder.stdout.readline() == "ready\n"
    assert any(workplace.iterdir())
    holder.send_signal(signal_number)
    holder.wait(timeout=15)
    wait_until_clean(workplace)
    holder.stdout.close()


def test_a_comparison_holds_measurement_against_theory(workplace, monkeypatch):
    monkeypatch.delenv("LABSUPPORT_SYSTEMS", raising=False)
    shares: list[float] = []
    shown = compare([0, 5], progress=shares.append)
    assert not shown.recorded
    times = shown.table.set_index(["source", "place", "way", "delay_ms"])["milliseconds"]
    for way, queries in WAYS.items():
        near = times["measurement", "in this process", way, 0.0]
        assert times["theory", "over a socket", way, 5.0] == near + 5 * queries
        assert times["measurement", "over a socket", way, 5.0] > 5 * queries  # a delay is at least what it is
    assert shares == sorted(shares)
    assert list(shown.summary["where"]) == ["in this process", "over a socket, round trip 0 ms", "over a socket, round trip 5 ms"]
    assert "With a round trip of 5 ms, 20 queries take" in shown.reconciliation


@pytest.mark.parametrize("delays", [[-1], [300], [5, 2], [1, 1], []])
def test_delays_that_are_none(delays):
    with pytest.raises(ValueError, match="delays"):
        compare(delays)


def test_recorded_runs_are_labelled_and_can_be_made_again(monkeypatch, tmp_path):
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert "recorded run" in compare().notice
    monkeypatch.setattr(distance, "DELAYS", (0.0, 1.0))
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").count("\n") == 1 + 2 + 2 * 2 * 2
    assert '"command": "python -m labsupport record distance"' in rest.read_text(encoding="utf-8")
    assert list(recorded().table["delay_ms"].unique()) == [0, 2, 10, 40]
