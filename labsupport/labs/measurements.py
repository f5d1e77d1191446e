"""Measurements: what a real system did, from the table of a comparison, to be drawn beside what a lab simulates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def checked(measured: Any, *columns: str) -> pd.DataFrame | None:
    """Return the table of a comparison as it is, if it is one.

    Parameters
    ----------
    measured : pandas.DataFrame or None
        What a lab was given.
    columns : str
        What the table must have besides ``source`` and ``recorded``.

    Returns
    -------
    pandas.DataFrame or None

    Raises
    ------
    TypeError, ValueError
        If it is no table, or not the right one.

    Examples
    --------
    >>> checked([1, 2])
    Traceback (most recent call last):
    TypeError: measured is [1, 2], but must be the table of a comparison
    """
    import pandas as pd

    if measured is None:
        return None
    if not isinstance(measured, pd.DataFrame):
        raise TypeError(f"measured is {measured!r}, but must be the table of a comparison")
    lacking = [name for name in ("source", "recorded", *columns) if name not in measured]
    if lacking:
        raise ValueError(f"measured has the columns {', '.join(map(str, measured))}, but must have {', '.join(lacking)} as well")
    return measured


def rows(measured: pd.DataFrame, source: str = "measurement") -> pd.DataFrame:
    """Return the rows of one source.

    Parameters
    ----------
    measured : pandas.DataFrame
        The table of a comparison.
    source : str, default "measurement"
        measurement, simulation or theory.

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> import pandas as pd
    >>> rows(pd.DataFrame({"source": ["theory", "measurement"], "p99_ms": [5.0, 6.5]}))["p99_ms"].tolist()
    [6.5]
    """
    return measured[measured["source"] == source]


def named(measured: pd.DataFrame, words: str = "") -> str:
    """Say of what it was measured, and whether that was on another day, on another machine.

    Parameters
    ----------
    measured : pandas.DataFrame
        Rows of the table of a comparison.
    words : str, optional
        What was measured.

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd
    >>> named(pd.DataFrame({"recorded": [True]}), "threads"), named(pd.DataFrame({"recorded": [False]}))
    ('threads, recorded', 'measured')
    """
    word = "recorded" if measured["recorded"].any() else "measured"
    return f"{words}, {word}" if words else word
