"""One line of text that says how far a long piece of work has come."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

QUIET = 1.0  # seconds before the line appears, so that short work shows nothing
EVERY = 0.25  # seconds between two changes of the line


class Progress:
    """A line on standard output, rewritten in place, while the work in the ``with`` block goes on.

    It is shown in a terminal and in a notebook, and nowhere else: a log has no use for it. Standard error
    is never written to, since nbgrader gives a cell that does so no points.

    Parameters
    ----------
    what : str
        What is being done, such as "Replaying 30,000 requests".

    Examples
    --------
    >>> with Progress("Counting") as progress:
    ...     for number in range(10):
    ...         progress(number / 10)
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._shown = 0
        self._next = 0.0
        kind = type(sys.stdout).__module__
        self._wanted = sys.stdout.isatty() or kind.startswith("ipykernel.")

    def __call__(self, share: float) -> None:
        """Say that ``share`` of the work, from 0 to 1, is done."""
        now = time.monotonic()
        if self._wanted and now >= self._next:
            self._write(f"{self.what}: {share:4.0%}")
            self._next = now + EVERY

    def __enter__(self) -> Self:
        self._next = time.monotonic() + QUIET
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._shown:
            self._write(f"{self.what}: {'done' if kind is None else 'stopped'}")
            sys.stdout.write("\n")

    def _write(self, text: str) -> None:
        sys.stdout.write("\r" + text.ljust(self._shown))
        sys.stdout.flush()
        self._shown = len(text)
