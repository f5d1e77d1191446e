"""Servers of given speeds: they serve in order, slow, stop and return, and end with Python."""

from __future__ import annotations

import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest

from labsupport.simulators.balancing import Change, simulate
from labsupport.systems.backends import Backends
from labsupport.systems.visits import NOBODY, visit
from tests.support import ROOT
from tests.systems.conftest import processes_in, wait_until_clean

pytestmark = pytest.mark.real_system

HOLD = """
import time
from labsupport.systems.backends import Backends
with Backends([1.0, 1.0]) as backends:
    {before}
    print("ready", flush=True)
    time.sleep(600)
"""


def send(target, arrivals, services, **arguments):
    keys = np.zeros(len(arrivals), dtype=np.int64)
    return visit([target.ports[0]], np.array(arrivals), np.array(services), keys, **arguments)[0]


def test_requests_are_served_one_after_the_other_at_the_server_s_speed(workplace):
    arrivals, services = np.array([0.0, 0.02, 0.03, 0.9]), np.array([0.3, 0.3, 0.3, 0.3])
    expected = simulate("round_robin", arrivals, services, [2.0]).responses
    with Backends([2.0, 1.0]) as backends:
        visits = send(backends, arrivals, services)
    assert list(visits.servers) == [0] * 4
    assert not visits.failed.any()
    late = visits.responses - expected
    assert late.min() > -0.02  # it may begin a little before its time is counted, but never skips work
    assert late.max() < 0.14  # less than the work of one request: none is served in place of another
    assert visits.latest < 0.5


def test_a_server_slows_stops_and_returns(workplace):
    changes = [Change(0.2, 0, 0.5), Change(0.6, 0, 0), Change(0.9, 0, 10.0)]
    with Backends([10.0]) as backends:
        visits = send(backends, [0.0, 0.25, 0.5, 0.7, 1.2], [0.5, 0.05, 10.0, 0.1, 0.1], backends=[backends], changes=changes)
    assert list(visits.failed) == [False, False, True, True, False]  # one is lost in service, one finds nobody
    assert list(visits.servers == NOBODY) == list(visits.failed)
    assert visits.responses[1] >= 0.09  # at a twentieth of the speed


def test_an_interrupt_ends_everything(workplace):
    def interrupt(share: float) -> None:
        assert processes_in(workplace)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Backends([1.0]) as backends:
        send(backends, [0.0, 60.0], [0.0, 0.0], progress=interrupt)
    wait_until_clean(workplace)


def test_nobody_there(workplace):
    with Backends([1.0]) as backends:
        pass
    assert send(backends, [0.0], [0.0]).failed.all()


def test_children_that_cannot_start(workplace, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ChildProcessError, match="the process of the backends ended at once"), Backends([1.0]):
        pass


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("before", ["pass", "import os; child = os.fork(); child or (time.sleep(600), os._exit(0))"], ids=["alone", "forked"])
def test_nothing_is_left_when_python_is_killed(workplace, signal_number, before):
    code = HOLD.format(before=before)
    holder = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert holder.stdout.readline() == "ready\n"
    assert processes_in(workplace)
    forked = [child for child in psutil.Process(holder.pid).children() if child.cmdline()[-1] == code]  # it holds the pipe open
    holder.send_signal(signal_number)
    holder.wait(timeout=15)
    wait_until_clean(workplace)
    for child in forked:
        child.kill()
    assert len(forked) == ("fork" in before)
    holder.stdout.close()
