"""The court of the hot node: it tells who refutes and who supports, and sends away who says too little."""

from __future__ import annotations

import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.trials import hear


@pytest.mark.parametrize(
    ("nodes", "fanout", "percentile", "verdict"),
    [(30, 1, 50, "refutes"), (10, 1, 50, "refutes"), (10, 10, 50, "supports"), (3, 3, 90, "supports"), (10, 1, 99, "supports")],
)
def test_the_court_tells_who_refutes_and_who_supports(nodes, fanout, percentile, verdict):
    settings = {"nodes": nodes, "fanout": fanout, "percentile": percentile}
    assert [hear("hot node", settings, seed) for seed in (1, 2, 3)] == [verdict] * 3


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"nodes": 3, "fanout": 4, "percentile": 50}, "each request asks 4 nodes, and there are 3"),
        ({"nodes": 10, "fanout": 3, "percentile": 50}, r"little.*1\.\d\d times as long"),
    ],
)
def test_a_witness_must_have_something_to_say(settings, reason):
    with pytest.raises(NotYet, match=reason):
        hear("hot node", settings, 1)


@pytest.mark.parametrize(("name", "value"), [("nodes", 51), ("nodes", 1), ("fanout", 0), ("percentile", 49), ("percentile", float("nan"))])
def test_a_setting_out_of_range_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        hear("hot node", {"nodes": 10, "fanout": 1, "percentile": 50, name: value}, 1)
