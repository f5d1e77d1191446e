"""A real server is started and ended, whatever happens in between. What does not depend on the program is tried with Redis only."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys

import psutil
import pytest

from labsupport.systems import server as server_module
from labsupport.systems import servers
from labsupport.systems.memcached import Memcached
from labsupport.systems.nginx import Nginx
from labsupport.systems.redis import Redis
from labsupport.systems.server import NotInstalledError, NotStartedError
from tests.support import ROOT, require
from tests.systems.conftest import processes_in, wait_until_clean

pytestmark = pytest.mark.real_system

KINDS = [kind for _, kind in servers()]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)

HOLD = """
import sys, time
from labsupport.systems import servers
server = next(kind for _, kind in servers() if kind.name == {name!r})()
with server as client:
    {before}
    print(server.process, server.port, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _installed():
    for kind in KINDS:
        require(kind.find(), f"needs {kind.name}")


def refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def answers(client) -> bool:
    """Ask the server behind a client for something only it can know."""
    if hasattr(client, "report"):
        return "<GANGLIA_XML " in client.report()
    if hasattr(client, "write"):
        return client.query("SHOW DATABASES")["name"].tolist()[-1] == "lab"
    if hasattr(client, "query"):
        return client.query("vector(42)")[0]["value"] == 42
    if hasattr(client, "ping"):
        return client.ping()
    if hasattr(client, "version"):
        return client.version().startswith(b"1.")
    return client.get("/").status in {502, 503}  # the load balancer says that nobody is behind it


def start_python(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def start_holder(before: str = "pass", name: str = "Redis") -> tuple[subprocess.Popen[str], int, int]:
    """Start another Python that holds a server; return it with the server's process id and port."""
    holder = start_python(HOLD.format(before=before, name=name))
    process, port = holder.stdout.readline().split()
    return holder, int(process), int(port)


@each_kind
def test_it_answers_and_nothing_is_left_afterwards(workplace, kind):
    server = kind()
    with server as client:
        assert answers(client)
        assert f"running on 127.0.0.1:{server.port}" in repr(server)
        assert server.directory.parent == workplace
        assert [process.pid for process in processes_in(workplace)] == [server.process]
    assert not server.directory.exists()
    assert not psutil.pid_exists(server.process)
    assert refuses(server.port)


@pytest.mark.parametrize("kind", [Redis, Memcached], ids=lambda kind: kind.name)
def test_it_keeps_what_it_is_given(workplace, kind):
    with kind() as client:
        client.set("answer", b"42")
        assert client.get("answer") == b"42"


@each_kind
def test_nothing_is_left_after_an_exception(workplace, kind):
    server = kind()
    with pytest.raises(ZeroDivisionError), server:
        1 / 0  # noqa: B018 - it is the exception that counts
    assert not psutil.pid_exists(server.process)
    assert refuses(server.port)


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


@each_kind
def test_it_does_not_run_as_root(workplace, kind):
    server = kind()
    with server:
        user = psutil.Process(server.process).username()
        assert user != "root"
        assert server.user == ("nobody" if os.geteuid() == 0 else None)


@each_kind
def test_two_at_once(workplace, kind):
    first, second = kind(), kind()
    with first as one, second as other:
        assert answers(one)
        assert answers(other)
        if kind in {Redis, Memcached}:
            one.set("key", "one")
            other.set("key", "other")
            assert one.get("key") == b"one"
            assert other.get("key") == b"other"
        assert first.port != second.port
        assert first.directory != second.directory


def test_two_pythons_at_once(workplace):
    holders = [start_holder(), start_holder(name="Memcached")]
    ports = {port for _, _, port in holders}
    assert len(ports) == 2
    assert ports & {6379, 11211} == set()
    holders[0][0].kill()
    holders[0][0].communicate()
    assert psutil.pid_exists(holders[1][1])  # the other's is left alone
    assert not refuses(holders[1][2])
    holders[1][0].kill()
    holders[1][0].communicate()


def test_the_same_one_runs_once_at_a_time_but_again_afterwards(workplace):
    server = Redis()
    with server:
        assert "running on 127.0.0.1" in repr(server)
        with pytest.raises(RuntimeError, match="running already"):
            server.__enter__()
        assert server.find() is not None
    with server as client:
        assert client.ping()
    assert repr(server) == "<Redis: not running>"


def test_nobody_else_gets_in_by_chance(workplace):
    import redis

    server = Redis()
    with server, redis.Redis(port=server.port, retry=None) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


@each_kind
def test_a_stolen_port_is_left_alone_and_another_taken(workplace, monkeypatch, kind):
    with socket.create_server(("127.0.0.1", 0)) as thief:
        ports = [thief.getsockname()[1], server_module.free_port()]
        monkeypatch.setattr(server_module, "free_port", lambda: ports.pop(0))
        server = kind()
        with server as client:
            assert server.port != thief.getsockname()[1]
            assert answers(client)
    assert ports == []


@each_kind
def test_a_port_stolen_by_a_server_of_the_same_kind(workplace, monkeypatch, kind):
    first, second = kind(), kind()
    with first:
        ports = [first.port, server_module.free_port()]
        monkeypatch.setattr(server_module, "free_port", lambda: ports.pop(0))
        with second as client:
            assert second.port != first.port
            assert answers(client)


def test_ports_stolen_again_and_again(workplace, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as thief:
        monkeypatch.setattr(server_module, "free_port", lambda: thief.getsockname()[1])
        with pytest.raises(NotStartedError, match=r"Redis found 5 ports of 127\.0\.0\.1 taken"), Redis():
            pass


def test_ports_stolen_again_and_again_from_nginx_which_keeps_trying(workplace, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as thief:
        monkeypatch.setattr(server_module, "free_port", lambda: thief.getsockname()[1])
        with pytest.raises(NotStartedError, match=r"(?s)nginx did not answer within 1 s\..*Address already in use"), Nginx(timeout=1):
            pass


@each_kind
def test_a_missing_program(workplace, monkeypatch, kind):
    monkeypatch.setattr(kind, "programs", ("no-such-server",))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(NotInstalledError, match=rf"{kind.name} is not installed here .*To install it: .*{kind.packages.debian}"), kind():
        pass


def test_a_program_that_cannot_be_run(workplace, make_program):
    program = make_program("exit 0")
    program.chmod(0o644)
    with pytest.raises(NotInstalledError, match="is not a program that can be run"), Redis(program=program):
        pass


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("echo 'cannot read my mind' >&2; exit 3", r"(?s)Redis ended at once, with exit code 3\..*cannot read my mind"),
        ("exit 0", r"(?s)Redis ended at once, with exit code 0\..*\(none\)"),
        ("kill -SEGV $$", r"ended at once, by SIGSEGV"),
    ],
)
def test_a_program_that_exits_at_once(workplace, make_program, text, message):
    with pytest.raises(NotStartedError, match=message), Redis(program=make_program(text)):
        pass


@each_kind
def test_any_program_that_exits_at_once(workplace, make_program, kind):
    with (
        pytest.raises(NotStartedError, match=rf"(?s){kind.name} ended at once, with exit code 3\..*my mind"),
        kind(program=make_program("echo 'cannot read my mind' >&2; exit 3")),
    ):
        pass


@each_kind
def test_a_program_that_never_answers(workplace, make_program, kind):
    program = make_program('[ "$1" = -v ] || { echo thinking; sleep 600; }')  # nginx is asked for its version first
    with pytest.raises(NotStartedError, match=rf"(?s){kind.name} did not answer within 1\.5 s\..*thinking"), kind(program=program, timeout=1.5):
        pass


def test_a_port_that_can_be_connected_to_but_never_answers(workplace, make_program, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(server_module, "free_port", lambda: silent.getsockname()[1])
        with pytest.raises(NotStartedError, match="did not answer"), Redis(program=make_program("sleep 600"), timeout=2.5):
            pass


def test_a_program_that_ignores_the_signal_to_end(workplace, make_program, monkeypatch):
    program = make_program("trap '' TERM; echo stubborn; sleep 600; sleep 600")
    with pytest.raises(NotStartedError, match="stubborn"), Redis(program=program, timeout=2.5):
        pass


def test_every_failure_is_told_within_ten_seconds():
    with pytest.raises(ValueError, match=r"timeout is 60, but must be a finite number above 0 and at most 6\.5"):
        Redis(timeout=60)


def test_a_full_temporary_directory(workplace):
    code = """
import os, tempfile
from labsupport.systems import servers
from labsupport.systems.server import ServerError
try:
    with open("/full/filler", "wb") as file:
        while True:
            file.write(bytes(4096)); file.flush()
except OSError:
    tempfile.tempdir = "/full"
for _, kind in servers():
    try:
        with kind():
            print(kind.name, "needs no room")
    except ServerError as error:
        print(error)
    print(os.listdir("/full"))
"""
    require(shutil.which("bwrap"), "needs bubblewrap, for a small file system")
    command = ["bwrap", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--perms", "0755", "--size", "65536", "--tmpfs", "/full"]
    done = subprocess.run([*command, sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    for kind in {*KINDS} - {Memcached}:
        assert f"{kind.name} cannot be started, since the temporary directory /full is full (No space left on device)" in done.stdout
    assert done.stdout.count("['filler']") == len(KINDS)
    assert done.stdout.count("needs no room") == ("Memcached needs no room" in done.stdout)  # it has no file to write


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")
def test_a_temporary_directory_that_the_unprivileged_user_may_not_enter(workplace):
    workplace.chmod(0o700)
    with pytest.raises(NotStartedError, match=r"runs as nobody, who may not enter; set TMPDIR .*labsupport-test"), Redis():
        pass


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
