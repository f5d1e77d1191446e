"""One line of text that says how far a long piece of work has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

QUIET = 1.0  # seconds before the line appears, so that short work shows nothing
EVERY = 0.25  # seconds between two changes of the line


class Progress:
    """A line of text, rewritten in place, while the work in the ``with`` block goes on.

    It is shown in a terminal, and in a notebook as one output; a log has no use for it and gets nothing.
    Standard error is never written to, since nbgrader gives a cell that does so no points.

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
        self._next = 0.0
        self._shown = False
        self._write: Callable[[str], None] | None = None
        if type(sys.stdout).__module__.startswith("ipykernel."):
            self._write = _NotebookLine().write
        elif sys.stdout.isatty():
            self._write = _write_to_terminal

    def __call__(self, share: float) -> None:
        """Say that ``share`` of the work, from 0 to 1, is done."""
        now = time.monotonic()
        if self._write is not None and now >= self._next:
            self._write(f"{self.what}: {share:4.0%}")
            self._shown = True
            self._next = now + EVERY

    def __enter__(self) -> Self:
        self._next = time.monotonic() + QUIET
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._write is not None and self._shown:
            self._write(f"{self.what}: {'done' if kind is None else 'stopped'}\n")


def _write_to_terminal(text: str) -> None:
    sys.stdout.write("\r\033[K" + text)  # back to the beginning, and clear what was there
    sys.stdout.flush()


class _NotebookLine:
    """One output of a cell, changed again and again; printed text would pile up in a notebook that is executed and saved."""

    def __init__(self) -> None:
        self._handle: Any = None

    def write(self, text: str) -> None:
        from IPython.display import display

        output = {"text/plain": text.rstrip()}
        if self._handle is None:
            self._handle = display(output, raw=True, display_id=True)  # type: ignore[no-untyped-call] # IPython has no types here
        else:
            self._handle.update(output, raw=True)
