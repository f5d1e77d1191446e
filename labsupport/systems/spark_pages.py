"""Spark's own pages, kept open beside a notebook until they are no longer wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from labsupport import checks
from labsupport.systems import comparison, links, spark_report
from labsupport.systems.event_log import WHOLE, recorded
from labsupport.systems.progress import Progress
from labsupport.systems.server import ServerError
from labsupport.systems.spark import Spark
from labsupport.workloads.spark_logs import RUNS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Pages", "open_pages"]


class Pages:
    """Spark's own pages, beside the notebook: a link to them, and ``stop()``, which ends Spark.

    Attributes
    ----------
    link : str
        Where they are; empty if Spark is not here, or has ended.
    stages : pandas.DataFrame
        What the REST interface behind the pages says of each stage.
    notice : str
        What the reader must know, such as that Spark is not installed.
    """

    def __init__(self, stages: pd.DataFrame, link: str = "", notice: str = "", server: Spark | None = None) -> None:
        self.stages, self.link, self.notice, self._server = stages, link, notice, server

    def stop(self) -> None:
        """End Spark; its pages go with it."""
        server, self._server, self.link = self._server, None, ""
        if server is not None:
            server.__exit__(None, None, None)

    def _repr_html_(self) -> str:
        """Return the link and the table, as a notebook shows them."""
        link = f"<p>{links.anchor('Open Spark’s own pages', self.link)}: Stages, then Event Timeline.</p>"
        notice = f"<p><strong>{escape(self.notice)}</strong></p>".replace("\n", "<br>") if self.notice else ""
        return f"<div>{notice}{link if self.link else ''}{self.stages.to_html(index=False)}</div>"


def open_pages(run: str = "plain") -> Pages:
    """Make the report with a Spark that keeps running, so that its own pages can be looked at until ``stop()``.

    Parameters
    ----------
    run : str, optional
        One of `labsupport.workloads.spark_logs.RUNS`.

    Returns
    -------
    Pages
        Where Spark is not here, without a link, and with what the recorded run says.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> open_pages.__name__  # needs a Spark that runs
    'open_pages'
    """
    run = checks.choice("run", run, RUNS)
    reason = comparison.reason_not_to_measure() or ("" if Spark.find() else Spark.missing())
    if not reason:
        server = spark_report.server()
        try:
            with Progress("Making the report"):
                session = server.__enter__()
                base = links.base(server.port)
                if base.startswith("/"):  # Spark must know below which path its own links are
                    session.sparkContext._jvm.System.setProperty("spark.ui.proxyBase", base)  # type: ignore[union-attr]
                spark_report.warm(session)
                _, stages = spark_report.make(session, run)
        except (OSError, ServerError) as error:
            reason = str(error)
            server.__exit__(None, None, None)
        else:
            return Pages(_rest(stages), f"{base}/jobs/", "", server)
    shown = recorded()
    table = shown.table
    table = table[(table["source"] == "measurement") & (table["run"] == run) & (table["stage"] != WHOLE)]
    return Pages(table.drop(columns=["source", "run", "recorded"]).reset_index(drop=True), "", f"{reason}\n{shown.notice}")


def _rest(stages: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a table of what the REST interface says of each stage."""
    import pandas as pd

    return pd.DataFrame(
        {
            "stage": [stage["name"] for stage in stages],
            "tasks": [stage["numTasks"] for stage in stages],
            "tasks' run time, s": [round(stage["executorRunTime"] / 1_000, 2) for stage in stages],
            "of it CPU, s": [round(stage["executorCpuTime"] / 1e9, 2) for stage in stages],
            "shuffle read, MB": [round(stage["shuffleReadBytes"] / 1e6, 2) for stage in stages],
            "shuffle written, MB": [round(stage["shuffleWriteBytes"] / 1e6, 2) for stage in stages],
            "spilled to disk, MB": [round(stage["diskBytesSpilled"] / 1e6, 2) for stage in stages],
        }
    )
