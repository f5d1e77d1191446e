"""Requests and servers in eighths, for hypothesis: moments coincide often, and no rounding is in the way."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st


@st.composite
def stories(draw, most=60):
    """Arrivals, services and speeds."""
    gaps = draw(st.lists(st.integers(0, 12), min_size=1, max_size=most))
    services = draw(st.lists(st.integers(0, 40), min_size=len(gaps), max_size=len(gaps)))
    speeds = draw(st.lists(st.sampled_from([0.5, 1.0, 2.0, 4.0]), min_size=1, max_size=7))
    return np.cumsum(gaps) / 8, np.array(services) / 8, np.array(speeds)
