"""The anatomy lab: parts that add up, words that follow from the numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import AnatomyLab
from labsupport.labs.anatomy import REMEDIES, WARM_UP
from labsupport.labs.marks import Bars, Line
from labsupport.simulators.anatomy import LIGHT_IN_FIBRE, PARTS
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.fixture(scope="module")
def lab() -> AnatomyLab:
    return AnatomyLab()


@pytest.mark.parametrize(
    "state", [{"distance": 20_000, "setup": "tls", "size": 10_000, "bandwidth": 10}, {"requests": 1_000}, {"size": 1, "work": 1}]
)
def test_the_extremes_are_readable(state: dict[str, object]) -> None:
    lab = AnatomyLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_parts_are_the_simulators() -> None:
    lab = AnatomyLab(distance=5_000, setup="tcp", size=1_000, requests=20)
    table = lab.table().set_index("part")
    assert table["mean"][list(PARTS)].sum() == pytest.approx(table["mean"]["latency"])
    assert table["mean"]["latency"] == lab.answer()
    assert table["mean"]["propagation"] == pytest.approx(2 * 2_000 * 5_000 / LIGHT_IN_FIBRE)
    assert table["p99"]["latency"] == np.percentile(lab.result.latencies[WARM_UP:], 99)
    bars = lab.chart().panels[0].marks[0]
    assert isinstance(bars, Bars)
    assert bars.parts[0][1] == pytest.approx(table["mean"][list(PARTS)].tolist())
    assert [mean + more for mean, more in zip(bars.parts[0][1], bars.parts[1][1], strict=True)] == pytest.approx(table["p99"][list(PARTS)].tolist())


def test_the_three_words_for_time_are_told_apart() -> None:
    lab = AnatomyLab()
    service, response, latency = (mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line))
    assert (np.array(service.x) <= np.array(response.x) + 1e-9).all()
    assert (np.array(response.x) <= np.array(latency.x) + 1e-9).all()
    for line, times in ((service, lab.result.parts["service"]), (response, lab.result.response_times), (latency, lab.result.latencies)):
        for time, share in list(zip(line.x, line.y, strict=True))[10::10]:
            if time > 1:
                assert np.mean(times[WARM_UP:] > time) == pytest.approx(share, abs=2e-4)


@pytest.mark.parametrize(
    ("story", "largest", "remedy"),
    [
        ("In the same room", "queueing", "queueing"),
        ("From another continent", "propagation", "propagation"),
        ("A film, not a page", "queueing", "link"),
        ("A busy evening", "queueing", "queueing"),
    ],
)
def test_the_sentence_names_the_largest_part_and_what_would_help(lab: AnatomyLab, story: str, largest: str, remedy: str) -> None:
    lab.set_state(dict(lab._presets)["Reset"])
    lab.set_state(dict(lab._presets)[story])
    assert f"of which {largest} is" in lab.describe()
    assert REMEDIES[remedy] in lab.describe()
    assert f"The server is idle {100 * (1 - lab.result.server.load):.0f} %" in lab.describe()


@pytest.mark.parametrize("state", [{"distance": 16_500, "setup": "tls"}, {"servers": 4, "requests": 500}])
def test_the_scene_takes_as_long_as_the_latency(state: dict[str, object]) -> None:
    lab = AnatomyLab(**state)
    scene = lab.scene()
    for thing in range(0, 150, 10):
        stays = scene.thing == thing
        assert scene.leave[stays].max() - scene.enter[stays].min() == pytest.approx(lab.result.latencies[thing])
        assert scene.value[stays][-1] == lab.result.latencies[thing]
        assert scene.station[stays].tolist() == [0, 1, 2, 0]


def test_too_much_is_said() -> None:
    assert "No steady state: the server is offered" in AnatomyLab(requests=500).describe()
    assert "No steady state: the link is offered" in AnatomyLab(bandwidth=32, size=1_000, serialisation=3_162).describe()


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="distance is -1, but must be a whole number from 0 to 20,000"):
        AnatomyLab(distance=-1)
    with pytest.raises(ValueError, match="setup is 'udp'"):
        AnatomyLab(setup="udp")
