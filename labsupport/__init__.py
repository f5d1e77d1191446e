"""Mini-simulators, labs and graded exercises for performance tuning in distributed systems.

Everything is imported when it is first used, so ``import labsupport`` costs next to nothing:

>>> import labsupport
>>> labsupport.theory.__name__
'labsupport.theory'
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_MODULES = ("exercises", "labs", "predictions", "simulators", "systems", "theory", "workloads")
_NAMES = {"predict": "predictions"}

__all__ = ["__version__", *_MODULES, *_NAMES]  # noqa: PLE0604 - the names below are served by __getattr__


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"labsupport.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(f"labsupport.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'labsupport' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
