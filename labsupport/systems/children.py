"""Children: worker processes that end with the Python that made them."""

from __future__ import annotations

import multiprocessing
import os
import threading


def end_with_the_parent() -> None:
    """Let this process end when the one that made it does, however that ends: a killed kernel leaves nobody behind.

    To be called in a child of `multiprocessing`; in any other process it does nothing.

    Examples
    --------
    >>> end_with_the_parent()
    """
    threading.Thread(target=_wait_for_the_parent, daemon=True).start()


def _wait_for_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
