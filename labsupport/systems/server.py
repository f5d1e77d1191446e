"""What every real server of the course has in common: found, started on a port of its own, asked, and always ended."""

from __future__ import annotations

import errno
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Generic, TypeVar

from labsupport.checks import number
from labsupport.systems.installing import Packages, install_command
from labsupport.systems.keeper import Keeper

Client = TypeVar("Client")

ATTEMPTS = 5  # free ports tried, since another program may take one between our looking and the server's binding
LONGEST_START = 6.5  # seconds; with the last attempt and the time a stubborn server takes to end, every failure is told within ten
ANSWER = 0.5  # seconds that one attempt to get an answer may take


class ServerError(RuntimeError):
    """A real system cannot be used here; the message says why and what to do."""


class NotInstalledError(ServerError):
    """The program is not on this machine."""


class NotStartedError(ServerError):
    """The program is here, but did not come to answer."""


def free_port() -> int:
    """Return a loopback port that nobody uses at this moment.

    Returns
    -------
    int

    Examples
    --------
    >>> free_port() > 1023
    True
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server(ABC, Generic[Client]):
    """A real server on this machine, for the length of a ``with`` block.

    It takes a free port of 127.0.0.1, keeps everything it writes in a private temporary directory, runs
    in a process group of its own and without root's rights, and is ended with its directory removed
    however the block – or Python itself – ends. A subclass says which program it is, how it is
    configured, and how one knows that it answers.

    Parameters
    ----------
    program : str or pathlib.Path, optional
        The program to start, instead of the one that :meth:`find` finds.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.

    Attributes
    ----------
    port : int
        The port of 127.0.0.1 that it listens on, inside the ``with`` block.
    directory : pathlib.Path
        Its private directory, inside the ``with`` block.
    process : int
        Its process id, inside the ``with`` block.
    user : str or None
        The user that it runs as, if Python runs as root and it does not.
    """

    name: ClassVar[str]
    programs: ClassVar[tuple[str, ...]]
    packages: ClassVar[Packages]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    as_servant: ClassVar[bool] = True  # whether it gives up root's rights, where Python has them
    longest_start: ClassVar[float] = LONGEST_START
    port_taken: ClassVar[tuple[str, ...]] = ("address already in use",)  # how its output, in small letters, says so as it ends

    port: int
    directory: Path
    process: int
    user: str | None

    def __init__(self, program: str | Path | None = None, timeout: float = 6.0) -> None:
        self._program = Path(program) if program is not None else None
        self._timeout = number("timeout", timeout, above=0, maximum=self.longest_start)
        self._keeper: Keeper | None = None
        self._client: Client | None = None

    @abstractmethod
    def configuration(self) -> Mapping[str, str]:
        """Return the text of each file that the server needs, by name; they are written into its directory."""

    @abstractmethod
    def command(self, program: Path) -> list[str]:
        """Return the command line that starts the server in the foreground, in its directory."""

    @abstractmethod
    def connect(self, timeout: float) -> Client:
        """Return a client whose first request the server has answered, or raise ``OSError`` if it does not yet."""

    @abstractmethod
    def disconnect(self, client: Client) -> None:
        """Close the client."""

    @classmethod
    def find(cls) -> Path | None:
        """Return where the program is, or None if it is not on this machine.

        Returns
        -------
        pathlib.Path or None
            The first found on the search path, beside the Python that runs us (a conda environment that
            is not activated), and in the usual places of servers, which a search path may lack. None on
            Windows, where the signals and process groups that end a server for certain do not exist.
        """
        if sys.platform == "win32":
            return None
        places = [None, str(Path(sys.executable).parent), "/usr/sbin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin"]
        for place in places:
            for program in cls.programs:
                found = shutil.which(program, path=place)
                if found:
                    return Path(found)
        return None

    @classmethod
    def version(cls, program: Path) -> str:
        """Return the first line that the program prints when asked for its version."""
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=5, check=False)  # noqa: S603 - found by find()
        return (answer.stdout or answer.stderr).strip().split("\n")[0]

    @classmethod
    def install(cls) -> str:
        """Return the one command that installs the program on this machine."""
        return install_command(cls.packages)

    @classmethod
    def missing(cls) -> str:
        """Return the sentence for a machine that lacks the program: what is missing, and the command that installs it."""
        return f"{cls.name} is not installed here ({' or '.join(cls.programs)} was not found). To install it: {cls.install()}"

    def __enter__(self) -> Client:
        if self._keeper is not None:
            raise RuntimeError(f"this {self.name} is running already; make a second one for a second server")
        program = self._program or self.find()
        if program is None:
            raise NotInstalledError(self.missing())
        executable = shutil.which(program)
        if executable is None:
            raise NotInstalledError(f"{program} is not a program that can be run. Leave the argument program out to use the one installed here")
        deadline = time.monotonic() + self._timeout
        for _ in range(ATTEMPTS):
            try:
                client = self._start(Path(executable).absolute(), deadline)
            except BaseException:
                self._stop()
                raise
            if client is not None:
                self._client = client
                return client
            self._stop()
        raise NotStartedError(f"{self.name} found {ATTEMPTS} ports of 127.0.0.1 taken by other programs, one after the other. Please try again")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        try:
            if self._client is not None:
                self.disconnect(self._client)
        finally:
            self._stop()

    def _start(self, program: Path, deadline: float) -> Client | None:
        """Start the program on a free port and wait until it answers; None if somebody else took the port."""
        try:
            self._keeper = Keeper(f"labsupport-{self.name.lower()}-")
            self.directory = self._keeper.directory
            self.port = free_port()
            for name, text in self.configuration().items():
                (self.directory / name).write_text(text)
            self.process = self._keeper.start(self.command(program), self.stop_signal, as_servant=self.as_servant)
            self.user = self._keeper.user
            return self._wait(self._keeper, deadline)
        except OSError as error:
            raise NotStartedError(self._explain(error)) from error

    def _wait(self, keeper: Keeper, deadline: float) -> Client | None:
        while True:
            code = keeper.exit_code()
            if code is not None:
                output = keeper.output()
                if any(words in output.lower() for words in self.port_taken):
                    return None
                how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
                raise NotStartedError(f"{self.name} ended at once, {how}. Its last output:\n{output or '(none)'}")
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                output = keeper.output()
                raise NotStartedError(f"{self.name} did not answer within {self._timeout:g} s. Its last output:\n{output or '(none)'}")
            try:
                return self.connect(min(remaining, ANSWER))
            except OSError:
                time.sleep(0.005)

    def _stop(self) -> None:
        keeper, self._keeper, self._client = self._keeper, None, None
        if keeper is not None:
            keeper.close()

    def _explain(self, error: OSError) -> str:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            where = tempfile.gettempdir()
            return (
                f"{self.name} cannot be started, since the temporary directory {where} is full ({error.strerror}). "
                "Free some space there, or set TMPDIR to another directory and start Python again"
            )
        return f"{self.name} cannot be started: {error.strerror or error}{f' ({error.filename})' if error.filename else ''}"

    def __repr__(self) -> str:
        state = f"running on 127.0.0.1:{self.port}" if self._keeper is not None else "not running"
        return f"<{type(self).__name__}: {state}>"
