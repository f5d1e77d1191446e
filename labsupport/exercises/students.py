"""Data of one's own: made from the student's id, and the same again when it is graded."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

DEFAULT = "nobody"

_typed = ""


def student(identifier: str = "") -> str:
    """Tell the notebook whose data to make, or ask it.

    When nbgrader grades, the id is that of the submission, whatever was typed: nbgrader keeps it in the path
    ``.../STUDENT/ASSIGNMENT/`` and nowhere else.

    Parameters
    ----------
    identifier : str, optional
        Your id, as your course knows you. Capitals and blanks around it do not matter.

    Returns
    -------
    str
        The id that data are made from from now on.

    Raises
    ------
    TypeError
        If the identifier is no text.

    Examples
    --------
    >>> student(" AB1234")
    'ab1234'
    >>> student()
    'ab1234'
    """
    global _typed  # noqa: PLW0603 - one notebook, one student
    if not isinstance(identifier, str):
        raise TypeError(f"identifier is {identifier!r} ({type(identifier).__name__}), but must be text such as 'ab1234'")
    _typed = identifier or _typed
    graded = Path.cwd().parent.name if os.environ.get("NBGRADER_EXECUTION") == "autograde" else ""
    return (graded or _typed).strip().casefold() or DEFAULT


def seed(purpose: str) -> int:
    """Return a seed that depends on the student and on what it is for.

    Parameters
    ----------
    purpose : str
        A word that sets one exercise's data apart from another's.

    Returns
    -------
    int
        From 0 to 2³² − 1.

    Examples
    --------
    >>> _ = student("ab1234")
    >>> seed("writes")
    1882883873
    """
    digest = hashlib.sha256(f"{student()}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
