"""The one command that installs what is missing, on this kind of machine. Nothing here runs it."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Packages:
    """What a program's package is called by each package manager; None where there is none.

    Parameters
    ----------
    debian, brew, conda, pip : str or None
        The package for Debian and Ubuntu, for Homebrew, on conda-forge, and on PyPI.
    elsewhere : str
        What to do where none of them serves.
    """

    debian: str | None = None
    brew: str | None = None
    conda: str | None = None
    pip: str | None = None
    elsewhere: str = "see the program's own pages"


def install_command(packages: Packages) -> str:
    """Return the one command that installs a program on this machine.

    A conda environment comes first, since it needs no administrator; then the system's own package
    manager; then PyPI.

    Parameters
    ----------
    packages : Packages
        The package's names.

    Returns
    -------
    str

    Examples
    --------
    >>> "nosuch" in install_command(Packages(debian="nosuch", brew="nosuch", conda="nosuch", pip="nosuch"))
    True
    >>> install_command(Packages(elsewhere="see https://redis.io"))
    'see https://redis.io'
    """
    if sys.platform == "win32":
        return packages.elsewhere
    if packages.conda and os.environ.get("CONDA_PREFIX"):
        return f"conda install -c conda-forge {packages.conda}"
    if packages.debian and sys.platform == "linux" and shutil.which("apt-get"):
        administrator = "" if os.geteuid() == 0 else "sudo "
        return f"{administrator}apt-get install {packages.debian}"
    if packages.brew and sys.platform == "darwin":
        return f"brew install {packages.brew}"
    if packages.pip:
        return f"{sys.executable} -m pip install {packages.pip}"
    return packages.elsewhere
