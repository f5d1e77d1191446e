"""Nothing is left of a server when whoever holds it is killed: Python, a notebook's kernel, or the process that looks after the server."""

from __future__ import annotations

import os
import shutil
import signal
import sys

import psutil
import pytest

from labsupport.systems.redis import Redis
from labsupport.systems.server import NotStartedError
from tests.support import ROOT
from tests.systems.conftest import processes_in, wait_until_clean
from tests.systems.holders import KINDS, refuses, start_holder, start_python

pytestmark = [pytest.mark.real_system, pytest.mark.usefixtures("every_server")]


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("whole_group", [False, True])
def test_nothing_is_left_when_python_is_killed(workplace, signal_number, whole_group):
    holder, process, port = start_holder()
    (os.killpg if whole_group else os.kill)(holder.pid, signal_number)  # Jupyter signals the kernel's whole group
    _, errors = holder.communicate(timeout=15)
    assert holder.returncode == -signal_number
    assert ("KeyboardInterrupt" in errors) == (signal_number == signal.SIGINT)
    wait_until_clean(workplace)
    assert not psutil.pid_exists(process)
    assert refuses(port)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Redis], ids=lambda kind: kind.name)
def test_nothing_is_left_of_any_server_when_python_is_killed(workplace, signal_number, kind):
    holder, process, port = start_holder(name=kind.name)
    os.kill(holder.pid, signal_number)
    holder.communicate(timeout=15)
    assert holder.returncode == -signal_number
    wait_until_clean(workplace)
    assert not psutil.pid_exists(process)
    assert refuses(port)


def test_nothing_is_left_when_a_forked_child_outlives_python(workplace):
    holder, _, port = start_holder(before="import os; child = os.fork(); child or (time.sleep(600), os._exit(0))")
    children = [child for child in psutil.Process(holder.pid).children() if child.cmdline()[-1] == holder.args[-1]]
    assert len(children) == 1  # it holds the pipe open
    holder.kill()
    holder.wait()
    try:
        wait_until_clean(workplace)
        assert children[0].is_running()
        assert refuses(port)
    finally:
        children[0].kill()
        holder.communicate()


def test_nothing_is_left_when_python_is_killed_while_the_server_starts(workplace, make_program):
    program = make_program("sleep 600")
    holder = start_python(f"from labsupport.systems.redis import Redis\nRedis(program={str(program)!r}).__enter__()")
    while not processes_in(workplace):
        assert holder.poll() is None
    holder.kill()
    holder.communicate()
    wait_until_clean(workplace)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
def test_the_server_ends_even_if_its_keeper_is_killed(workplace):
    server = Redis()
    with server:
        psutil.Process(server.process).parent().kill()
        psutil.wait_procs([psutil.Process(server.process)] if psutil.pid_exists(server.process) else [], timeout=10)
        assert not processes_in(workplace)
    shutil.rmtree(server.directory)  # all that a killed keeper leaves


def test_a_keeper_that_is_killed_while_the_server_starts(workplace, monkeypatch):
    def kill_keeper(server: Redis, timeout: float):
        psutil.Process(server.process).parent().kill()
        raise ConnectionError

    monkeypatch.setattr(Redis, "connect", kill_keeper)
    server = Redis()
    with pytest.raises(NotStartedError, match="Redis cannot be started: the process that looks after the server has ended"), server:
        pass
    for process in processes_in(workplace):  # elsewhere than on Linux, the server outlives its keeper
        process.kill()
    shutil.rmtree(server.directory)


@pytest.fixture
def kernel(workplace, tmp_path):
    """A notebook's kernel that holds a Redis in a cell which does not end."""
    from jupyter_client import BlockingKernelClient, KernelManager

    manager = KernelManager(kernel_name="python3", connection_file=str(tmp_path / "kernel.json"))
    manager.start_kernel(cwd=str(ROOT))
    client: BlockingKernelClient = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    client.execute("import time\nfrom labsupport.systems.redis import Redis\nwith Redis() as client:\n    print(client.ping())\n    time.sleep(600)")
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["msg_type"] in {"stream", "error"}:
            assert message["content"].get("text") == "True\n", message["content"]
            break
    assert processes_in(workplace)
    yield manager
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


@pytest.mark.parametrize("end", ["interrupt_kernel", "restart_kernel", "shutdown_kernel"])
def test_nothing_is_left_when_a_notebook_s_kernel_is_interrupted_or_killed(kernel, workplace, end):
    if end == "interrupt_kernel":
        kernel.interrupt_kernel()
    else:
        getattr(kernel, end)(now=True)
    wait_until_clean(workplace)
