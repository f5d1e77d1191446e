"""The bottleneck finder: its numbers against the simulator and the theory, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs.pipelines import MILLISECONDS, NAMES, RATES, WORKERS, PipelineLab


@pytest.mark.parametrize("rate", [20, 50])
@pytest.mark.parametrize("changes", [{}, {"help": "worker", "helped": "price"}, {"help": "speed", "helped": "parse"}])
def test_simulated_means_are_near_theory(rate, changes):
    # 100,000 requests at up to three quarters of what the row can do: a half-width of about 2 %.
    lab = PipelineLab(rate=rate, **changes)
    row = lab.row()
    assert lab.result.mean == pytest.approx(theory.pipeline_mean_response(rate / 1_000, row.times, row.workers), rel=0.03)


@pytest.mark.parametrize("stages", [3, 4, 5, 6])
def test_what_gets_through_is_the_slowest_stages(stages):
    lab = PipelineLab(stages=stages, rate=RATES[-1])
    limit = 1_000 * theory.bottleneck_throughput(MILLISECONDS[:stages], WORKERS[:stages])
    assert lab.answer() == pytest.approx(limit, rel=0.02)
    assert lab.result.throughput == lab.answer()
    assert "pile up before price without end" in lab.describe()


def test_help_for_another_stage_shortens_the_way_and_raises_nothing():
    without, other, right = (
        PipelineLab(rate=60, help=how, helped=stage) for how, stage in (("none", "price"), ("speed", "parse"), ("worker", "price"))
    )
    assert other.result.mean < without.result.mean - 4
    assert other.answer() == pytest.approx(without.answer(), rel=0.005)
    assert right.answer() > 1.2 * without.answer()
    assert "because of stock" in right.describe()  # the bottleneck has moved


def test_a_stage_that_is_not_there_cannot_be_helped():
    lab = PipelineLab(stages=3)
    lab.state = {"help": "worker", "helped": "send"}
    assert lab._error == "helped is 'send', but the 3 stages are accept, parse, price"
    assert lab.help == "none"


def test_the_table_holds_throughput_and_times():
    table = PipelineLab().table()
    assert table["load"].unique().tolist() == RATES
    simulated, exact = (table[table["source"] == source].set_index("load") for source in ("simulation", "theory"))
    assert np.allclose(simulated["throughput"], exact["throughput"], rtol=0.03)
    assert simulated["mean"].isna().tolist() == exact["mean"].isna().tolist()


def test_the_scene_takes_every_request_through_every_stage():
    scene = PipelineLab(stages=6).scene()
    assert [station.name for station in scene.stations] == ["users", *NAMES]
    for thing in (0, 149):
        assert scene.station[scene.thing == thing].tolist() == list(range(7))
