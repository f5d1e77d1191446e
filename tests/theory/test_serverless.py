"""The share of cold starts: at its ends, and what it refuses. The simulator's tests hold it against calls."""

from __future__ import annotations

import pytest

from labsupport import theory


def test_ends() -> None:
    assert theory.cold_start_share(5, 0) == 1
    assert theory.cold_start_share(0, 5) == 1
    assert theory.cold_start_share(1, 800) == 0


@pytest.mark.parametrize(("rate", "stays", "name"), [(-1, 1, "arrival_rate"), (1, -1, "keep_alive"), ("a", 1, "arrival_rate")])
def test_bad_input_is_named(rate, stays, name) -> None:
    with pytest.raises((ValueError, TypeError), match=name):
        theory.cold_start_share(rate, stays)
