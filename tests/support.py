"""What several test files share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def require(condition: object, reason: str) -> None:
    """Skip where an optional part is missing – but fail in CI, which must not pass by skipping."""
    if condition:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have every optional part: {reason}")
    pytest.skip(reason)
