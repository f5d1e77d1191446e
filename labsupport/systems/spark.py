"""Apache Spark in local mode, on this machine alone, with its own metrics and its event log."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from labsupport.checks import integer
from labsupport.systems.installing import Packages, install_command
from labsupport.systems.server import NotStartedError, Server, ServerError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Spark", "ask", "stages_of"]

Result = TypeVar("Result")

LEAST_MEMORY, MOST_MEMORY = 512, 4_096  # MB; Spark itself refuses less than 450
PATIENCE = 15.0  # seconds until Spark's own page must show what it has done
PYSPARK = Packages(conda="pyspark", pip="pyspark")
_DOOR = "door"  # the file in which Spark says where Python may come in
_SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.showConsoleProgress": "false",
    "spark.eventLog.enabled": "true",
    "spark.eventLog.compress": "false",  # plain lines of JSON in one file, which anybody can read
    "spark.eventLog.rolling.enabled": "false",
    "spark.sql.adaptive.enabled": "false",  # plans stay as they are written, so that what a stage does can be predicted
    "spark.sql.autoBroadcastJoinThreshold": "-1",
}
_LOGGING = """rootLogger.level = error
rootLogger.appenderRef.stdout.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c: %m%n%ex
"""


class Spark(Server["SparkSession"]):
    """Spark in local mode: driver and executors in one Java process, its pages and its metrics on a free port of 127.0.0.1.

    A Python process can hold one Spark at a time. Unlike the other servers it keeps the rights of whoever runs Python: its workers
    are Pythons of this environment, which another user may not be able to read.

    Parameters
    ----------
    cores : int, optional
        How many tasks run at the same time, from 1 to 64.
    partitions : int, optional
        Into how many partitions a shuffle writes, from 1 to 1,000.
    memory : int, optional
        MB for Java's heap, from 512 to 4,096; the process takes some 150 MB more.
    settings : mapping of str to str, optional
        Spark's own settings, by name, on top of ours: for instance ``{"spark.sql.adaptive.enabled": "true"}``.
    program : str or pathlib.Path, optional
        The Java to run it with, instead of the one that is found.
    timeout : float, optional
        Seconds that it may take until it answers, at most 60.

    References
    ----------
    Apache Spark documentation, "Configuration"; "Monitoring and Instrumentation".

    Examples
    --------
    >>> server = Spark(cores=2)
    >>> server
    <Spark: not running>
    >>> def count():
    ...     with server as spark:  # a pyspark.sql.SparkSession
    ...         return spark.range(1_000).count()
    """

    name = "Spark"
    programs = ("java",)
    packages = Packages(
        debian="openjdk-17-jre-headless",
        brew="openjdk@17",
        conda="openjdk=17",
        elsewhere="Spark needs Java 17 or newer: install one, for instance from https://adoptium.net (on Windows, this course shows recorded runs)",
    )
    as_servant = False
    longest_start = 60.0

    def __init__(
        self,
        cores: int = 2,
        partitions: int = 4,
        memory: int = LEAST_MEMORY,
        settings: Mapping[str, str] | None = None,
        program: str | Path | None = None,
        timeout: float = 45.0,
    ) -> None:
        super().__init__(program, timeout)
        self.cores = integer("cores", cores, 1, 64)
        self.partitions = integer("partitions", partitions, 1, 1_000)
        self.memory = integer("memory", memory, LEAST_MEMORY, MOST_MEMORY)
        self.settings = dict(settings or {})
        self._interrupt: Any = None

    @classmethod
    def find(cls) -> Path | None:
        """Return where Java is, if the package pyspark is here, too; None if one of the two is missing."""
        return None if _package() is None else cls.find_java()

    @classmethod
    def find_java(cls) -> Path | None:
        """Return where Java is: where ``JAVA_HOME`` says, or on the search path; None if it is not on this machine.

        Returns
        -------
        pathlib.Path or None
        """
        home = os.environ.get("JAVA_HOME")
        named = shutil.which("java", path=str(Path(home) / "bin")) if home else None
        return Path(named) if named and sys.platform != "win32" else super().find()

    @classmethod
    def version(cls, program: Path) -> str:
        """Return the versions of both, such as "Spark 4.3.0 on Java 17.0.15".

        Parameters
        ----------
        program : pathlib.Path
            The Java that was found.

        Returns
        -------
        str

        Raises
        ------
        OSError
            If the program cannot be run, or is no Java (macOS has one that only says where to get it).
        """
        import importlib.metadata

        answer = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - found by find()
        found = re.search(r'version "([^"]+)"', answer.stderr)
        if answer.returncode or found is None:
            raise OSError(f"{program} does not run: {(answer.stderr or answer.stdout).strip()}")
        return f"{cls.name} {importlib.metadata.version('pyspark')} on Java {found[1]}"

    @classmethod
    def install(cls) -> str:
        """Return the command that installs what is missing of the two: the package pyspark, and Java.

        Returns
        -------
        str
        """
        wanted = [PYSPARK] * (_package() is None) + [cls.packages] * (cls.find_java() is None)
        return " && ".join(install_command(packages) for packages in wanted)

    @classmethod
    def missing(cls) -> str:
        """Return the sentence for a machine that lacks Spark: what is missing, and the command that installs it."""
        lacking = ["the package pyspark"] * (_package() is None) + ["Java, which it runs on,"] * (cls.find_java() is None)
        return f"{cls.name} cannot run here: {' and '.join(lacking)} is not installed. To install what is missing: {cls.install()}"

    def configuration(self) -> Mapping[str, str]:
        """Return Spark's settings and what it logs: loopback only, and everything that it writes in its own directory."""
        here = self.directory
        # For a process that lives seconds, the quick compiler alone is the best one, and the simplest collector.
        java = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:MaxMetaspaceSize=200m"
        own = {
            "spark.app.name": "labsupport",
            "spark.master": f"local[{self.cores}]",
            "spark.driver.memory": f"{self.memory}m",
            "spark.driver.extraJavaOptions": f"{java} -Djava.io.tmpdir={here} -Dderby.system.home={here}",
            "spark.ui.port": str(self.port),
            "spark.local.dir": str(here),
            "spark.sql.warehouse.dir": (here / "warehouse").as_uri(),
            "spark.eventLog.dir": here.as_uri() + "/events",
            "spark.sql.shuffle.partitions": str(self.partitions),
            "spark.default.parallelism": str(self.partitions),
            "spark.pyspark.python": sys.executable,
        }
        return {
            "spark-defaults.conf": "".join(f"{name} {value}\n" for name, value in (own | _SETTINGS | self.settings).items()),
            "log4j2.properties": _LOGGING,
        }

    def command(self, program: Path) -> list[str]:
        """Return a command line that starts the Java side of pyspark, and lets Python come in later."""
        home = _package()
        if home is None:
            raise NotStartedError(self.missing())
        # Spark ends when its input does; a pipe that it holds open itself never does, and the keeper ends it.
        script = 'mkdir events && mkfifo input && exec env "$@" <>input'
        environment = {
            "SPARK_HOME": home,
            "SPARK_CONF_DIR": self.directory,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "JAVA_HOME": program.resolve().parent.parent,
            "SPARK_CONNECT_MODE": "0",
            "_PYSPARK_DRIVER_CONN_INFO_PATH": self.directory / _DOOR,
        }
        told = [f"{name}={value}" for name, value in environment.items()]
        return ["/bin/sh", "-c", script, "sh", *told, str(home / "bin" / "spark-submit"), "pyspark-shell"]

    def connect(self, timeout: float) -> SparkSession:  # noqa: ARG002 - whether a file is there is known at once
        """Return a session once Spark has said where Python may come in."""
        from pyspark import SparkContext

        if SparkContext._active_spark_context is not None:
            raise NotStartedError("another Spark is running in this Python, which can hold one at a time: stop that one first")
        word = (self.directory / _DOOR).read_bytes()  # an OSError until it is there
        size, length = int.from_bytes(word[4:8], "big"), len(word)
        if length < 8 or length < 8 + size:
            raise ConnectionError("Spark is still writing where it answers")
        return self._come_in(int.from_bytes(word[:4], "big"), word[8:].decode())

    def _come_in(self, port: int, secret: str) -> SparkSession:
        """Make the session; on the way Spark takes over what Ctrl-C does, which is put back afterwards."""
        with warnings.catch_warnings():  # pyspark 4 has not heard of pandas 3, and says so when it is first imported
            warnings.simplefilter("ignore", FutureWarning)
            import pyspark.sql.functions
            import pyspark.testing.utils  # noqa: F401 - what the functions import when they are called
        from pyspark import SparkContext
        from pyspark.sql import SparkSession

        door = {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": secret}
        main = threading.current_thread() is threading.main_thread()
        before = signal.getsignal(signal.SIGINT)
        SparkContext._gateway = SparkContext._jvm = None  # those of an earlier Spark
        os.environ |= door
        try:
            return SparkSession.builder.getOrCreate()
        except Exception as error:
            raise NotStartedError(f"Spark did not come to answer: {' '.join(str(error).split())[:300]}") from error
        finally:
            for name in door:
                del os.environ[name]
            if main:
                signal.signal(signal.SIGINT, before)

    def disconnect(self, client: SparkSession) -> None:
        """Stop the session, and forget the way to the Java process, which ends next."""
        from pyspark import SparkContext

        gateway = SparkContext._gateway
        try:
            client.stop()
        finally:
            SparkContext._gateway = SparkContext._jvm = None
            if gateway is not None:
                gateway.close(keep_callback_server=False, close_callback_server_connections=True)

    def events(self) -> list[dict[str, Any]]:
        """Return what Spark has written into its event log so far, one dict for each event.

        Returns
        -------
        list of dict
            Their key ``"Event"`` says what happened, such as ``"SparkListenerTaskEnd"``.
        """
        files = sorted((self.directory / "events").glob("local-*"))
        lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines(keepends=True)]
        return [json.loads(line) for line in lines if line.endswith("\n")]  # the last one may be half written


def ask(session: SparkSession, path: str) -> Any:
    """Ask Spark's own pages for its metrics.

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        What the ``with`` block of :class:`Spark` gives.
    path : str
        What is asked for, such as ``"stages"``, ``"jobs"`` or ``"stages/0/0/taskList"``.

    Returns
    -------
    list or dict
        The answer, read from JSON.

    References
    ----------
    Apache Spark documentation, "Monitoring and Instrumentation", REST API.

    Examples
    --------
    >>> ask.__name__  # needs a Spark that runs
    'ask'
    """
    context = session.sparkContext
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{context.uiWebUrl}/api/v1/applications/{context.applicationId}/{path}", timeout=PATIENCE) as answer:
        return json.load(answer)


def stages_of(session: SparkSession, name: str, work: Callable[[], Result]) -> tuple[Result, list[dict[str, Any]]]:
    """Do something with Spark, and return its result and the metrics of each stage that it took.

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        What the ``with`` block of :class:`Spark` gives.
    name : str
        What the work is called; another name for every work.
    work : callable
        Starts the work, waits for it, and returns its result.

    Returns
    -------
    (object, list of dict)
        The result, and what Spark's pages say of each stage, in order: among others ``shuffleWriteRecords``,
        ``shuffleWriteBytes``, ``numTasks`` and ``executorRunTime`` (ms).

    Raises
    ------
    ServerError
        If Spark's pages do not show the work within 15 s.

    Examples
    --------
    >>> stages_of.__name__  # needs a Spark that runs
    'stages_of'
    """
    session.sparkContext.setJobGroup(name, name)
    result = work()
    deadline, shown = time.monotonic() + PATIENCE, list[Any]()
    while time.monotonic() < deadline:  # the pages are written a moment after the work is done
        jobs = [job for job in ask(session, "jobs") if job.get("jobGroup") == name]
        if jobs and jobs == shown and all(job["status"] == "SUCCEEDED" for job in jobs):
            numbers = {number for job in jobs for number in job["stageIds"]}
            done = [stage for stage in ask(session, "stages?status=complete") if stage["stageId"] in numbers]
            return result, sorted(done, key=lambda stage: int(stage["stageId"]))
        shown = jobs
        time.sleep(0.15)
    raise ServerError(f"Spark has done {name!r}, but its own pages do not show it within {PATIENCE:g} s. Please try again")


def _package() -> Path | None:
    """Return where pyspark is, without importing it."""
    found = importlib.util.find_spec("pyspark")
    return Path(found.origin).parent if found is not None and found.origin else None
