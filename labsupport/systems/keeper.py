"""A small child process that outlives Python just long enough to end a server and remove its files.

A ``finally`` block does not run when a kernel is killed (SIGKILL, out of memory, "restart kernel"). So the
server is not a child of Python but of a *keeper*: this very file, run by a second Python that imports
nothing else of the course. The keeper makes the private directory, starts the server, and reads a pipe
that only Python holds open. However Python ends, the system closes the pipe; the keeper then ends the
server's process group and removes the directory.

Both sides of the pipe are in this file: :class:`Keeper` is used by Python, :func:`main` is the child.
They exchange one line of JSON at a time.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, cast

OUTPUT = "output.txt"  # what the server prints, inside its directory
PATIENCE = 3.0  # seconds a server has to end after it was asked to
SERVANT = "nobody"  # the unprivileged user that a server runs as where Python itself is root


class Keeper:
    """Python's side: one keeper, one private directory, at most one server.

    Parameters
    ----------
    prefix : str
        How the name of the private directory begins.

    Attributes
    ----------
    directory : pathlib.Path
        The private directory, which exists until :meth:`close`.
    user : str or None
        The user the server runs as, if it is another than Python's own.

    Raises
    ------
    OSError
        If the directory cannot be made, for instance because the disk is full.

    Examples
    --------
    >>> keeper = Keeper("example-")
    >>> keeper.directory.exists()
    True
    >>> keeper.close()
    >>> keeper.directory.exists()
    False
    """

    def __init__(self, prefix: str) -> None:
        self.user: str | None = None
        self._unread = b""
        self._process = subprocess.Popen(  # noqa: S603 - our own file, run by the Python that runs us
            [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), tempfile.gettempdir(), prefix],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C and a kernel's restart go to Python's process group, and must not reach the keeper
        )
        self._orders = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        try:
            self.directory = Path(self._answer("directory"))
        except BaseException:
            self.close()
            raise

    def start(self, command: Sequence[str], stop_signal: int, *, as_servant: bool = True) -> int:
        """Start the server in the private directory, in a process group of its own; return its process id.

        Parameters
        ----------
        command : sequence of str
            The program and its arguments.
        stop_signal : int
            The signal that asks this server to end.
        as_servant : bool, optional
            Whether it gives up root's rights, where Python has them.

        Returns
        -------
        int

        Raises
        ------
        OSError
            If the program cannot be run.
        """
        order = json.dumps({"command": list(command), "stop_signal": int(stop_signal), "as_servant": as_servant})
        with contextlib.suppress(BrokenPipeError):  # a keeper that is gone is reported by the missing answer
            self._orders.write(order.encode() + b"\n")
            self._orders.flush()
        self.user = self._answer("user")
        return int(self._answer("process"))

    def exit_code(self) -> int | None:
        """Return the server's exit code if it has ended by itself, otherwise None."""
        if not self._unread and not select.select([self._answers], [], [], 0)[0]:
            return None
        return int(self._answer("exit"))

    def output(self, lines: int = 8) -> str:
        """Return the last lines that the server printed."""
        try:
            with (self.directory / OUTPUT).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - 4096))
                text = file.read().decode(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.strip().splitlines()[-lines:])

    def close(self) -> None:
        """End the server and remove the directory; harmless if done before."""
        with contextlib.suppress(BrokenPipeError):
            self._orders.close()  # the keeper does the rest, even if we are interrupted now
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):  # a starved keeper cleans up when it runs again
                self._process.wait(PATIENCE + 2)
        finally:
            self._answers.close()

    def _answer(self, name: str) -> Any:
        while b"\n" not in self._unread:
            piece = os.read(self._answers.fileno(), 4096)
            if not piece:
                raise ChildProcessError("the process that looks after the server has ended")
            self._unread += piece
        line, self._unread = self._unread.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise OSError(*answer["error"])
        return answer[name]


# From here on: the child's side.


def _lines(parent: int) -> Iterator[str | None]:
    """Yield each line that Python sends, and None every fifth of a second; end when Python has ended.

    A closed pipe says so at once. The parent's process id is looked at, too, since a process that Python
    has forked may hold the pipe open for longer.
    """
    unread = b""
    while os.getppid() == parent:
        if select.select([0], [], [], 0.2)[0]:
            piece = os.read(0, 65536)
            if not piece:
                return
            unread += piece
            while b"\n" in unread:
                line, unread = unread.split(b"\n", 1)
                yield line.decode()
        yield None


def _say(**answer: Any) -> None:
    with contextlib.suppress(OSError):  # nobody may be listening any more
        os.write(1, json.dumps(answer).encode() + b"\n")


def _die_with_keeper() -> Callable[[], Any] | None:
    """Return what a new server calls so that, on Linux, the system kills it should the keeper itself be killed."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes  # here and not in the new process, whose user may not be able to read this Python's files

        return functools.partial(ctypes.CDLL(None).prctl, 1, int(signal.SIGKILL))  # 1 is PR_SET_PDEATHSIG
    return None


def _servant(directory: Path) -> dict[str, Any]:
    """Return the arguments of ``Popen`` that give up root's rights, having given the directory to that user."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for parent in directory.parents:
        if not parent.stat().st_mode & stat.S_IXOTH:
            reason = f"as Python runs as root, the server runs as {SERVANT}, who may not enter; set TMPDIR to a directory that all may, such as /tmp"
            raise PermissionError(errno.EACCES, reason, str(parent))
    try:
        entry = pwd.getpwnam(SERVANT)
        for path in [directory, *directory.rglob("*")]:
            os.chown(path, entry.pw_uid, entry.pw_gid)
    except (KeyError, OSError):  # a container that knows one user only: its root has no rights outside
        return {}
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _start(directory: Path, command: Sequence[str], as_servant: bool) -> subprocess.Popen[bytes]:
    with (directory / OUTPUT).open("wb") as output:
        servant = _servant(directory) if as_servant else {}
        server = subprocess.Popen(  # noqa: S603 - the command comes from a class of labsupport.systems
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={**os.environ, "LC_ALL": "C"},  # its messages are read by us, too
            start_new_session=True,
            preexec_fn=_die_with_keeper(),  # noqa: PLW1509 - the keeper has one thread only
            **servant,
        )
    _say(user=SERVANT if servant else None)
    _say(process=server.pid)
    return server


def _end(server: subprocess.Popen[bytes], stop_signal: int) -> None:
    """End the server's whole process group: first asked, then forced."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the second of a group that has ended
        os.killpg(server.pid, stop_signal)
        deadline = time.monotonic() + PATIENCE
        while server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        os.killpg(server.pid, signal.SIGKILL)  # also what the server itself has started
    server.wait()


def main(parent: int, parent_directory: str, prefix: str) -> None:
    """Keep one server until the parent process closes the pipe, however it ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server: subprocess.Popen[bytes] | None = None
    directory: Path | None = None
    stop_signal = int(signal.SIGTERM)
    try:
        directory = Path(tempfile.mkdtemp(prefix=prefix, dir=parent_directory))
        _say(directory=str(directory))
        for line in _lines(parent):
            if line is not None:
                order = json.loads(line)
                stop_signal = order["stop_signal"]
                server = _start(directory, order["command"], order["as_servant"])
            elif server is not None and server.poll() is not None:
                _end(server, stop_signal)  # now, while its process id cannot belong to anybody else
                _say(exit=server.returncode)
                server = None
    except OSError as error:
        _say(error=[error.errno, error.strerror, str(error.filename or parent_directory)])
    finally:
        if server is not None:
            _end(server, stop_signal)
        if directory is not None:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
