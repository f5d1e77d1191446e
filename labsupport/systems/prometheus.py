"""Prometheus, as a real monitor: it scrapes what we tell it to, keeps it, and answers in PromQL. And promtool, which checks files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labsupport import checks
from labsupport.systems.installing import Packages
from labsupport.systems.server import Server

PATIENCE = 10.0  # seconds that one request may take before the server counts as stuck
KINDS = {"config": ("check", "config"), "rules": ("check", "rules")}  # what promtool is told to do with a file


class PrometheusClient:
    """Asks a Prometheus server, over HTTP as everybody does.

    Parameters
    ----------
    address : str
        Such as "http://127.0.0.1:40001/secret".

    Examples
    --------
    >>> PrometheusClient("http://127.0.0.1:40001")
    <PrometheusClient: http://127.0.0.1:40001>
    """

    def __init__(self, address: str) -> None:
        self.address = address

    def query(self, expression: str, time: float | None = None) -> list[dict[str, Any]]:
        """Ask for an instant vector.

        Parameters
        ----------
        expression : str
            In PromQL.
        time : float, optional
            Seconds since 1970; by default now.

        Returns
        -------
        list of dict
            For each series its labels (``metric``), and ``time`` and ``value`` of what came.

        Raises
        ------
        ValueError
            If Prometheus does not understand the expression, with what it says.
        OSError
            If the server does not answer.
        """
        found = self._instant(expression, time)
        return [{"metric": series["metric"], "time": float(series["value"][0]), "value": float(series["value"][1])} for series in found["result"]]

    def samples(self, selector: str, time: float | None = None) -> list[dict[str, Any]]:
        """Ask for a range vector: what was scraped, as it is kept.

        Parameters
        ----------
        selector : str
            Such as ``x_total[5m]``.
        time : float, optional
            Where the range ends, in seconds since 1970; by default now.

        Returns
        -------
        list of dict
            For each series its labels (``metric``), and lists of ``times`` and ``values``.

        Raises
        ------
        ValueError
            If Prometheus does not understand the selector, with what it says, or it names no range.
        OSError
            If the server does not answer.
        """
        found = self._instant(selector, time)
        if found["resultType"] != "matrix":
            raise ValueError(f"selector is {selector!r}, but must name a range, as in x_total[5m]")
        return [
            {
                "metric": series["metric"],
                "times": [float(at) for at, _ in series["values"]],
                "values": [float(value) for _, value in series["values"]],
            }
            for series in found["result"]
        ]

    def alerts(self) -> dict[str, str]:
        """Return the state of each alert that is not quiet, "pending" or "firing", by name."""
        return {alert["labels"]["alertname"]: alert["state"] for alert in self._ask("alerts")["alerts"]}

    def targets(self) -> dict[str, str]:
        """Return the health of each target, "up", "down" or "unknown", by its address."""
        return {target["labels"]["instance"]: target["health"] for target in self._ask("targets?state=active")["activeTargets"]}

    def ready(self, timeout: float) -> None:
        """Return once the server says that it is ready to answer; raise ``OSError`` if it does not."""
        with urllib.request.urlopen(f"{self.address}/-/ready", timeout=timeout):  # noqa: S310 - our own server, over http
            pass

    def _instant(self, expression: str, time: float | None) -> Any:
        asked = {"query": expression} | ({} if time is None else {"time": repr(float(time))})
        return self._ask("query?" + urllib.parse.urlencode(asked))

    def _ask(self, what: str) -> Any:
        try:
            with urllib.request.urlopen(f"{self.address}/api/v1/{what}", timeout=PATIENCE) as answer:  # noqa: S310 - our own server, over http
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode(errors="replace")
            if error.code in {400, 422}:
                raise ValueError(json.loads(said)["error"]) from None
            raise

    def __repr__(self) -> str:
        return f"<PrometheusClient: {self.address}>"


class Prometheus(Server[PrometheusClient]):
    """A Prometheus server of our own, on a free port of 127.0.0.1 and under a path that only we know.

    Parameters
    ----------
    configuration : str, optional
        What to scrape, in YAML, as in the file ``prometheus.yml``; nothing by default.
    rules : str, optional
        Recording and alert rules, in YAML. The configuration names them as ``rules.yml``.
    program : str or pathlib.Path, optional
        The program to start, instead of the one that is found.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.

    References
    ----------
    Prometheus documentation, "Configuration"; "HTTP API".

    Examples
    --------
    >>> server = Prometheus("global: {scrape_interval: 1s}")
    >>> server
    <Prometheus: not running>
    >>> def ask():
    ...     with server as client:
    ...         return client.query("vector(1)")
    """

    name = "Prometheus"
    programs = ("prometheus",)
    packages = Packages(
        debian="prometheus",
        brew="prometheus",
        conda="prometheus",
        elsewhere="see https://prometheus.io/download/, or use the Windows Subsystem for Linux, and there: sudo apt-get install prometheus",
    )

    def __init__(self, configuration: str = "", rules: str = "groups: []", program: str | Path | None = None, timeout: float = 6.0) -> None:
        super().__init__(program, timeout)
        self._configuration, self._rules = configuration, rules

    @classmethod
    def version(cls, program: Path) -> str:
        """Return the name and number of the version, such as "Prometheus 2.42.0"."""
        line = super().version(program)
        words = re.match(r"prometheus, version (\d+(?:\.\d+)*)", line)
        return f"Prometheus {words[1]}" if words else line

    def configuration(self) -> Mapping[str, str]:
        """Return the two files: what to scrape, and the rules."""
        return {"prometheus.yml": self._configuration, "rules.yml": self._rules}

    def command(self, program: Path) -> list[str]:
        """Return the command line: loopback only, everything it keeps in its directory, a path that tells it from another on its port."""
        return [
            str(program),
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--web.route-prefix=/{self.directory.name}",
            f"--web.external-url=http://127.0.0.1:{self.port}/{self.directory.name}",
            "--log.level=error",
        ]

    def connect(self, timeout: float) -> PrometheusClient:
        """Return a client after the server has said that it is ready."""
        client = PrometheusClient(f"http://127.0.0.1:{self.port}/{self.directory.name}")
        client.ready(timeout)
        return client

    def disconnect(self, client: PrometheusClient) -> None:
        """Do nothing: each question is a connection of its own."""


def check(kind: str, text: str) -> str | None:
    """Let Prometheus' own checker, promtool, look at a file.

    Parameters
    ----------
    kind : {"config", "rules"}
        Which of the two files it is.
    text : str
        The file, in YAML.

    Returns
    -------
    str or None
        What promtool found, empty if nothing; None if promtool is not on this machine.

    Raises
    ------
    TypeError, ValueError
        If there is no such kind, or the file is no text.

    References
    ----------
    Prometheus documentation, "promtool".

    Examples
    --------
    >>> check("rules", "groups: []") in ("", None)
    True
    """
    kind = checks.choice("kind", kind, KINDS)
    if not isinstance(text, str):
        raise TypeError(f"text is {text!r}, but must be the text of a file")
    promtool = shutil.which("promtool")
    if promtool is None:
        return None
    with tempfile.TemporaryDirectory(prefix="labsupport-promtool-") as directory:
        file = Path(directory) / f"{kind}.yml"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([promtool, *KINDS[kind], file], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - found above
        if done.returncode == 0:
            return ""
        return (done.stderr or done.stdout).replace(f"{directory}/", "").strip()
