"""The course on the command line: ``python -m labsupport COMMAND``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

TOPICS = (  # those with a real system to record
    "autoscaling",
    "balancing",
    "caching",
    "calling",
    "complexity",
    "distance",
    "event_log",
    "fabric",
    "ganglia",
    "garbage",
    "geospatial",
    "influxdb",
    "input_output",
    "load_tools",
    "replication",
    "request_path",
    "scaling",
    "scraping",
    "serialisation",
    "shuffle",
    "statsd",
    "storage",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for, and return the exit status.

    Each command is a function below; it imports what it needs when it is called, so that one that is
    asked for when something is broken does not trip over the rest.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line; by default this process's own.

    Returns
    -------
    int
        0 if all is well, 1 if not, 2 if the command line is wrong, 130 if it was interrupted.

    Examples
    --------
    >>> main(["release", "--output", "/dev/null"])
    output is /dev/null, a file, but must be a folder
    1
    """
    given = _parser().parse_args(arguments)
    try:
        status: int = given.function(given)
    except KeyboardInterrupt:
        _say("\nStopped.")
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m labsupport", description="Mini-simulators, labs and graded exercises for performance tuning.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    doctor = commands.add_parser("doctor", help="say what is installed, which real systems can run here, and how to get what is missing")
    doctor.add_argument("--json", action="store_true", help="for programs")
    doctor.set_defaults(function=_doctor)

    release = commands.add_parser("release", help="bring the notebooks, without solutions and hidden tests, into a student's folder")
    release.add_argument("--output", type=Path, default=Path("student"), metavar="DIR", help="where to put it (default: student)")
    release.set_defaults(function=_release)

    record = commands.add_parser("record", help="run the real systems and record what they do, for machines that lack them")
    record.add_argument("topics", nargs="*", metavar="TOPIC", help=f"which (default: all): {', '.join(TOPICS)}")
    record.add_argument("--output", type=Path, default=None, metavar="DIR", help="where to put it (default: into the package)")
    record.set_defaults(function=_record)

    leaderboard = commands.add_parser("leaderboard", help="let the same days come to every design of a class, and say how they fared, without names")
    leaderboard.add_argument("place", nargs="?", type=Path, default=Path("class/autograded"), metavar="DIR", help="(default: class/autograded)")
    leaderboard.add_argument("--seeds", type=int, nargs="+", default=[101, 102], metavar="SEED", help="which days of each kind (default: 101 102)")
    leaderboard.add_argument("--output", type=Path, default=None, metavar="FILE", help="write it as CSV, too")
    leaderboard.set_defaults(function=_leaderboard)
    return parser


def _doctor(given: argparse.Namespace) -> int:
    from labsupport.doctor import doctor

    return doctor(as_json=given.json)


def _release(given: argparse.Namespace) -> int:
    from labsupport import overview
    from labsupport.release import default_notebooks, release

    try:
        _say(str(release(given.output)))
        overview.write(given.output, default_notebooks())
    except (OSError, ValueError) as error:
        _say(str(error))
        return 1
    return 0


def _record(given: argparse.Namespace) -> int:
    import importlib

    from labsupport.checks import choice
    from labsupport.systems.comparison import RECORDED
    from labsupport.systems.server import ServerError

    try:
        topics = [choice("TOPIC", topic, TOPICS) for topic in given.topics or TOPICS]
    except ValueError as error:
        _say(str(error))
        return 2
    for topic in topics:
        _say(f"Recording {topic} (some minutes) …")
        try:
            for path in importlib.import_module(f"labsupport.systems.{topic}").record(given.output or RECORDED):
                _say(f"Wrote {path}")
        except (OSError, ServerError) as error:
            _say(str(error))
            return 1
    return 0


def _leaderboard(given: argparse.Namespace) -> int:
    from labsupport.leaderboard import leaderboard, written

    try:
        table = leaderboard(given.place, given.seeds)
        if given.output:
            table.to_csv(given.output, index=False)
    except (OSError, ValueError) as error:
        _say(str(error))
        return 1
    _say(written(table) if len(table) else f"There is no design in the notebooks below {given.place}.")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
