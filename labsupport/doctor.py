"""What of the course works on this machine, what does not, and the one command that helps. Nothing is installed here.

The standard library is enough to run it, since it is asked just when something else is missing.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from labsupport.machine import NEWEST, OLDEST, ROOT

LEAST_MEMORY = 2_000_000_000  # bytes: JupyterLab, a kernel, and a browser beside them
LEAST_TEMPORARY = 200_000_000  # bytes: real systems and nbgrader work in the temporary directory
COURSE, SYSTEMS, GRADING, TESTS = "the course", "real systems", "grading", "tests"


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    what : str
        What was looked at.
    purpose : str
        What needs it; "the course" where nothing works without it.
    fine : bool
        Whether it is as it must be.
    found : str
        What was found.
    remedy : str
        What helps if it is not fine, if possible one command; otherwise empty.

    Examples
    --------
    >>> Finding("Python", "the course", False, "3.9.2", "install Python 3.11").required
    True
    """

    what: str
    purpose: str
    fine: bool
    found: str
    remedy: str = ""

    @property
    def required(self) -> bool:
        """True if nothing of the course works without it."""
        return self.purpose == COURSE


def examine() -> list[Finding]:
    """Look at everything that the course uses.

    Returns
    -------
    list of Finding

    Examples
    --------
    >>> examine()[0].what
    'Python'
    """
    return [*_python(), *_packages(), *_machine(), *_kernels(), *_systems(), *_engines(), *_load_tools(), *_programs()]


def report(findings: Sequence[Finding]) -> str:
    """Return the findings as a table, followed by what helps.

    Parameters
    ----------
    findings : sequence of Finding
        What :func:`examine` found.

    Returns
    -------
    str

    Examples
    --------
    >>> redis = Finding("Redis", "real systems", False, "not installed", "brew install redis")
    >>> print(report([Finding("Python", "the course", True, "3.11.2"), redis]))
    fine     Python  the course    3.11.2
    missing  Redis   real systems  not installed
    <BLANKLINE>
    For real systems, Redis:
        brew install redis
    <BLANKLINE>
    The course works here. What is missing is optional, and each cell that would use it says so.
    """
    rows = [("fine" if finding.fine else "missing", finding.what, finding.purpose, finding.found) for finding in findings]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows]
    for finding in findings:
        if not finding.fine and finding.remedy:
            lines += ["", f"For {finding.purpose}, {finding.what}:", f"    {finding.remedy}"]
    lines.append("")
    if any(finding.required and not finding.fine for finding in findings):
        lines.append("The course does not work here yet: see above.")
    elif all(finding.fine for finding in findings):
        lines.append("Everything works here.")
    else:
        lines.append("The course works here. What is missing is optional, and each cell that would use it says so.")
    return "\n".join(lines)


def doctor(as_json: bool = False) -> int:
    """Print what was found; return the exit status, 0 unless something is missing that the course cannot do without.

    Parameters
    ----------
    as_json : bool, optional
        Print a list of objects in JSON, for programs.

    Returns
    -------
    int
    """
    findings = examine()
    text = json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2) if as_json else report(findings)
    sys.stdout.write(text + "\n")
    return int(any(finding.required and not finding.fine for finding in findings))


def _python() -> Iterator[Finding]:
    allowed = " to ".join(f"{major}.{minor}" for major, minor in (OLDEST, NEWEST))
    fine = OLDEST <= sys.version_info[:2] <= NEWEST
    yield Finding("Python", COURSE, fine, f"{platform.python_version()}, {sys.executable}", f"install Python {allowed}, then: make lab")


def requirements() -> list[str]:
    """Return what the course needs of Python's package index, as its project file states it.

    Returns
    -------
    list of str

    Examples
    --------
    >>> any(requirement.startswith("numpy") for requirement in requirements())
    True
    """
    project = ROOT / "pyproject.toml"
    if project.exists():
        needed: list[str] = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
        return needed
    return [requirement for requirement in importlib.metadata.requires("labsupport") or [] if "extra ==" not in requirement]


def _packages() -> Iterator[Finding]:
    try:
        from packaging.requirements import Requirement
    except ImportError:  # it comes with JupyterLab, so most of the rest is missing, too
        yield Finding("packages", COURSE, False, "JupyterLab is not installed in this environment", "make lab")
        return
    for requirement in map(Requirement, requirements()):
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(requirement.name, COURSE, False, f"not installed, needed {requirement.specifier}", "make lab")
        else:
            fine = requirement.specifier.contains(version, prereleases=True)
            yield Finding(requirement.name, COURSE, fine, version if fine else f"{version}, needed {requirement.specifier}", "make lab")


def _machine() -> Iterator[Finding]:
    yield Finding("processors", COURSE, True, f"{os.cpu_count()}, {platform.system()} {platform.machine()}")
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        fine = memory >= LEAST_MEMORY
        yield Finding("memory", "comfort", fine, f"{memory / 1e9:.1f} GB", f"{LEAST_MEMORY / 1e9:.0f} GB are needed for JupyterLab and a browser")
    try:
        temporary = Path(tempfile.gettempdir())
    except FileNotFoundError:
        yield Finding("temporary directory", COURSE, False, "none can be written to", "free some space, or set TMPDIR to a directory with room")
        return
    for what, place in (("disk of the course", ROOT), ("temporary directory", temporary)):
        free = shutil.disk_usage(place).free
        remedy = f"free some space in {place}{', or set TMPDIR to a directory with room' if place == temporary else ''}"
        yield Finding(what, COURSE, free >= LEAST_TEMPORARY, f"{free / 1e9:.1f} GB free, {place}", remedy)


def _kernels() -> Iterator[Finding]:
    if importlib.util.find_spec("numba") is None:  # already among the packages
        yield Finding(
            "compiled kernels", "speed", False, "numba is not installed: every simulator runs as plain Python, 100 times slower", "make lab"
        )
        return
    places = [Path(os.environ["NUMBA_CACHE_DIR"])] if os.environ.get("NUMBA_CACHE_DIR") else [Path(__file__).parent]
    kept = sum(1 for place in places for _ in place.rglob("*.nbi"))
    found = f"{kept} kept in {places[0]}" if kept else "none kept yet, so the first start of a lab takes seconds longer"
    yield Finding("compiled kernels", "speed", kept > 0, found, f"{sys.executable} -m labsupport.warm")


def _systems() -> Iterator[Finding]:
    try:
        from labsupport.systems import look_for, servers
        from labsupport.systems.server import ServerError
    except ImportError as error:
        yield Finding("real systems", SYSTEMS, False, f"cannot be looked at: {error}", "make lab")
        return
    for topic, server in servers():
        system = look_for(topic, server)
        if not system.is_here:
            yield Finding(system.name, SYSTEMS, False, f"not installed, for {system.topic}", system.install)
            continue
        try:
            with server():
                pass
        except (ServerError, ImportError) as error:
            yield Finding(system.name, SYSTEMS, False, f"{system.version}, {system.program}, but it does not run", str(error))
        else:
            yield Finding(system.name, SYSTEMS, True, f"{system.version}, {system.program}: starts and answers, for {system.topic}")


def _engines() -> Iterator[Finding]:
    """Look for the systems that take seconds to start, or are many processes; none of them is started."""
    try:
        from labsupport.systems import engines
        from labsupport.systems.installing import install_command

        known = list(engines())
    except ImportError:  # said of all systems already
        return
    for topic, engine in known:
        program, remedy = engine.find(), install_command(engine.packages)
        if program is None:
            yield Finding(engine.name, SYSTEMS, False, f"not installed, for {topic}", engine.install() or remedy)
            continue
        try:
            yield Finding(engine.name, SYSTEMS, True, f"{engine.version(program)}, {program}: for {topic}")
        except (OSError, subprocess.SubprocessError) as error:
            yield Finding(engine.name, SYSTEMS, False, f"{program} does not run: {' '.join(str(error).split())}", remedy)


def _load_tools() -> Iterator[Finding]:
    """Look for the programs and packages that need no server of their own."""
    try:
        from labsupport.systems.installing import Packages, install_command
        from labsupport.systems.load_tools import PACKAGES, find
    except ImportError:  # said of all systems already
        return
    here = find()
    for name, packages in PACKAGES.items():
        remedy = "" if name in here else install_command(packages)
        yield Finding(name, SYSTEMS, name in here, f"{here.get(name, 'not installed')}, for load_tools", remedy)
    promtool = shutil.which("promtool")
    prometheus = install_command(Packages(debian="prometheus", brew="prometheus", conda="prometheus"))
    yield Finding("promtool", SYSTEMS, promtool is not None, f"{promtool or 'not installed'}, for scraping", "" if promtool else prometheus)
    for package, module, topic in (("datadog", "datadog", "statsd"), ("promql-parser", "promql_parser", "grafana")):
        is_here = importlib.util.find_spec(module) is not None
        version = importlib.metadata.version(package) if is_here else "not installed"
        yield Finding(package, SYSTEMS, is_here, f"{version}, for {topic}", "" if is_here else install_command(Packages(pip=package)))


def _programs() -> Iterator[Finding]:
    from labsupport.systems.installing import Packages, install_command

    browser = Packages(debian="chromium", brew="--cask chromium", elsewhere="install Chromium or Chrome")
    sandbox = Packages(debian="bubblewrap", conda="bubblewrap", elsewhere="bubblewrap exists on Linux only")
    yield _program("Chromium", TESTS, ("chromium", "chromium-browser", "google-chrome"), install_command(browser))
    yield _program("bubblewrap", GRADING, ("bwrap",), install_command(sandbox), lambda program: [program, "--ro-bind", "/", "/", "true"])


def _program(what: str, purpose: str, names: Sequence[str], install: str, trial: Callable[[str], list[str]] | None = None) -> Finding:
    """Look for a program; run it once for its version and, if given, once more to see whether it works."""
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        return Finding(what, purpose, False, "not installed", install)
    try:
        version = _run([program, "--version"]).stdout.strip()
        tried = _run(trial(program)) if trial else None
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(what, purpose, False, f"{program} does not run: {error}", install)
    if tried is not None and tried.returncode:
        return Finding(what, purpose, False, f"{version} is not allowed to work here: {tried.stderr.strip()}", "ask who runs this machine")
    return Finding(what, purpose, True, f"{version}, {program}")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - programs named above
