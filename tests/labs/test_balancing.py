"""The load balancer lab: every control over its range, its numbers against simulator and theory, its stage, one journey."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.testing.compare import compare_images

from labsupport import theory
from labsupport.labs import LoadBalancerLab
from labsupport.labs import balancer_runs as runs
from labsupport.labs.balancing import POLICIES, SHOWN, STORY
from labsupport.labs.chart import Line
from labsupport.predictions import predict
from labsupport.simulators import balancing, staleness
from tests.jupyter import jupyterlab, open_notebook, run_all, write_notebook
from tests.labs import golden
from tests.labs.test_figure import assert_complete, assert_readable

LARGEST_FRAME = 8_000  # bytes, so that a slow line keeps up with a hand


class LeastOpen:
    """A balancer that counts what it has sent and not got back."""

    def __init__(self, servers: int) -> None:
        self.open = [0] * servers

    def choose(self) -> int:
        server = min(range(len(self.open)), key=self.open.__getitem__)
        self.open[server] += 1
        return server

    def replied(self, server: int, elapsed: float) -> None:  # noqa: ARG002 - what every balancer is told
        self.open[server] -= 1


@pytest.fixture(scope="module")
def lab() -> LoadBalancerLab:
    return LoadBalancerLab()


def lines(lab: LoadBalancerLab) -> dict[str, Line]:
    return {mark.label: mark for panel in lab.chart().panels for mark in panel.marks if isinstance(mark, Line)}


def sweep() -> list[tuple[str, object]]:
    """Every control with every place it can be moved to."""
    places = []
    for control in LoadBalancerLab().declarations():
        values = [word for word, _ in control["options"]] if control["kind"] == "choice" else control["stops"]
        places += [(control["name"], value) for value in values]
    return places


@pytest.fixture
def few_loads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Simulate the curves at three loads only, where other things matter."""
    kept = runs.curve, runs.in_theory
    monkeypatch.setattr(runs, "LOADS", [0.1, 0.5, 0.9])
    for function in kept:
        function.cache_clear()
    yield
    for function in kept:
        function.cache_clear()


def test_every_control_over_its_whole_range(lab: LoadBalancerLab, few_loads: None) -> None:
    first = LoadBalancerLab().state
    for name, value in sweep():
        lab.state = first
        lab.set_state({name: value})
        assert lab._error == ""
        assert getattr(lab, name) == value
        # a chart refuses numbers that are none, so a frame that was made holds none
        assert len(json.dumps(lab._frame)) <= LARGEST_FRAME
        assert "nan" not in lab.describe()
        assert not re.search(r"\binf\b", lab.describe())
        assert len(re.findall(r"\.(?:\s|$)", lab.describe())) == 2  # two sentences
        assert lab.scene().describe().startswith(f"{SHOWN} requests through")


@pytest.mark.parametrize(
    "setting",
    [
        {"policy": "weighted_least_connections", "load": 0.95},
        {"policy": "two_choices", "load": 0.95, "balancers": 10, "age": 500.0},
        {"policy": "random", "service": "pareto", "load": 0.05, "servers": 8},
        {"policy": "round_robin", "speeds": "unequal", "server": "slow", "servers": 2, "hop": 10.0},
        {"policy": "consistent_hash", "server": "down", "balancer": "down", "servers": 8, "load": 0.95},
    ],
)
def test_the_picture_is_complete_and_readable(setting: dict[str, object]) -> None:
    predict("00.8", low=20, high=60)
    lab = LoadBalancerLab(prediction="00.8", **setting)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("story", STORY)
def test_every_preset_can_be_drawn_and_compared(lab: LoadBalancerLab, story: str) -> None:
    lab.set_state(dict(lab._presets)["Reset"])
    lab.compare()
    lab.set_state(dict(lab._presets)[story])
    assert lab._error == ""
    assert {name: lab.state[name] for name in STORY[story]} == STORY[story]
    assert len(json.dumps(lab._frame)) <= LARGEST_FRAME
    assert_readable(lab.figure())
    lab.compare(False)
    other = LoadBalancerLab()
    other.code = lab.code
    assert other.state == lab.state


@pytest.mark.parametrize("policy", POLICIES)
def test_the_numbers_are_the_simulators(policy: str) -> None:
    lab = LoadBalancerLab(policy=policy, load=0.6, servers=4, speeds="unequal", server="slow", hop=2.0)
    arrivals, services = runs.stream(lab.result.setting, 0.6)
    keys = {"keys": runs._keys()} if policy == "consistent_hash" else {}
    result = balancing.simulate(policy, arrivals, services, [0.25, 1, 1, 1 / 3], seed=14, **keys)
    counted = result.responses[runs.WARM_UP :] + 2.0
    assert counted.size == 100_000
    assert lab.result.mean == pytest.approx(counted.mean())
    assert lab.answer() == pytest.approx(np.percentile(counted, 99))
    assert np.array_equal(lab.result.run.servers, result.servers)
    if not result.overloaded.size:
        curve = lines(lab)["mean"]
        assert dict(zip(curve.x, curve.y, strict=True))[0.6] == pytest.approx(counted.mean())


def test_old_information_is_the_simulators() -> None:
    lab = LoadBalancerLab(policy="two_choices", age=20.0, balancers=3)
    arrivals, services = runs.stream(lab.result.setting, 0.7)
    result = staleness.simulate(arrivals, services, np.ones(6), 20.0, balancers=3, choices=2, seed=14)
    assert lab.result.mean == pytest.approx(result.responses[runs.WARM_UP :].mean())


@pytest.mark.parametrize(("policy", "name", "half_width"), [("random", "random in theory", 0.06), ("join_idle_queue", "one queue for all", 0.4)])
def test_theory_lies_on_the_simulation_or_bounds_it(policy: str, name: str, half_width: float) -> None:
    drawn = lines(LoadBalancerLab(policy=policy))
    loads = [load for load in drawn["mean"].x if load <= 0.85]  # beyond, 100,000 requests are too few
    simulated, expected = (np.interp(loads, drawn[label].x, drawn[label].y) for label in ("mean", name))
    assert (simulated <= expected * (1 + half_width)).all()
    assert (simulated >= expected * (0.94 if policy == "random" else 0.98)).all()


def test_random_over_unequal_servers_is_a_mixture_of_queues() -> None:
    drawn = lines(LoadBalancerLab(policy="random", speeds="unequal", service="deterministic"))
    loads = [load for load in drawn["random in theory"].x if load <= 0.3]
    np.testing.assert_allclose(*(np.interp(loads, drawn[label].x, drawn[label].y) for label in ("mean", "random in theory")), rtol=0.03)


def test_many_servers_come_near_to_mitzenmachers_limit() -> None:
    drawn = lines(LoadBalancerLab(policy="two_choices", servers=8))
    assert drawn["two of very many"].y[9] == pytest.approx(theory.choices_mean_response(0.05, 0.1, 2), rel=1e-3)
    loads = [load for load in drawn["mean"].x if load <= 0.8]
    np.testing.assert_allclose(*(np.interp(loads, drawn[label].x, drawn[label].y) for label in ("mean", "two of very many")), rtol=0.12)


def test_a_server_that_cannot_keep_up_is_named() -> None:
    lab = LoadBalancerLab(policy="round_robin", server="slow", load=0.5)
    assert "More comes to server 1 than can be done there" in lab.describe()
    assert any("cannot keep up" in label for label in lab.chart().panels[1].marks[0].labels)
    assert max(lines(lab)["mean"].x) < 0.3  # no line where there is no steady state
    assert "cannot" not in str(LoadBalancerLab(policy="least_connections", server="slow", load=0.5).chart())


def test_the_death_of_the_only_balancer_takes_a_quarter_of_all_requests() -> None:
    alone, two = (LoadBalancerLab(balancer="down", balancers=count).result.lost for count in (1, 2))
    assert alone == pytest.approx(0.25, abs=0.02)
    assert two == pytest.approx(0.5 * 0.5 / 20, abs=0.002)  # one of two, for half of 20 seconds
    assert LoadBalancerLab(server="down").result.lost > 0.25 / 6 / 10  # more than its share of that half second


def test_the_stage_shows_what_the_engine_did() -> None:
    lab = LoadBalancerLab(policy="two_choices", server="down", troubled=2, balancer="down", balancers=2, hop=0.5)
    scene = lab.scene()
    ran, window = runs.few(lab.result.setting, 0.7, SHOWN)
    assert [station.name for station in scene.stations] == ["balancer 1", "balancer 2", *(f"server {number}" for number in range(1, 7))]
    assert [station.control for station in scene.stations if station.control] == ["balancer"]
    served = scene.station >= 2
    assert served.sum() == ran.passed.sum()
    assert np.sum(scene.lost) == np.sum(~ran.passed) + np.sum(ran.result.lost) > 0
    np.testing.assert_allclose(np.sort(scene.value[~np.isnan(scene.value)]), np.sort((ran.result.responses + 0.5)[~ran.result.lost]))
    assert {(time, station) for time, station, _ in scene.changes} == {(time, station) for time in window for station in (0, 3)}
    through_dead = (scene.station == 0) & (scene.enter > window[0]) & (scene.enter < window[1])
    assert scene.lost[through_dead].all()


def test_a_click_brings_any_server_into_trouble_and_out_of_it() -> None:
    lab = LoadBalancerLab(policy="round_robin", servers=3)

    def click(server: int) -> tuple[int, str, list[float]]:
        lab.set_state(lab._scene["stations"][server]["sets"])
        return lab.troubled, lab.server, lab.result.setting.actual_rates.tolist()

    assert click(2) == (2, "slow", [1, 0.25, 1])
    assert click(3) == (3, "slow", [1, 1, 0.25])
    assert "More comes to server 3" in lab.describe()
    assert click(3) == (3, "down", [1, 1, 1])
    assert {station for _, station, _ in lab._scene["changes"]} == {3}
    assert click(3)[1] == "up"
    assert "troubled" in lab.idle()
    lab.state = {"server": "slow", "troubled": 8}  # the last, if there are fewer
    assert lab.result.setting.actual_rates.tolist() == [1, 1, 0.25]
    own = LoadBalancerLab(own=LeastOpen, server="down", troubled=2, servers=3).result.own
    assert set(own.servers[own.lost]) == {1}


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ({}, ["balancer"]),
        ({"balancers": 3}, ["balancer 1", "balancer 2", "balancer 3"]),
        ({"balancers": 10}, ["10 balancers"]),
        ({"balancers": 10, "balancer": "down"}, ["balancer 1", "9 others"]),
        ({"balancers": 10, "policy": "random"}, ["balancer"]),
    ],
)
def test_many_balancers_stand_together(setting: dict[str, object], names: list[str]) -> None:
    scene = LoadBalancerLab(**setting).scene()
    assert [station.name for station in scene.stations if station.slots == 0] == names
    assert set(scene.station[scene.station < len(names)]) == set(range(len(names)))


def test_a_balancer_of_ones_own_stands_beside_the_others() -> None:
    lab = LoadBalancerLab(own=LeastOpen, policy="round_robin", load=0.6)
    points = lines(lab)["your own balancer, mean"]
    assert points.role == "own"
    assert points.x == (0.5, 0.6, 0.7, 0.9)
    best = LoadBalancerLab(policy="least_connections", load=0.6).result.mean
    assert dict(zip(points.x, points.y, strict=True))[0.6] == pytest.approx(best, rel=0.1)
    assert lab.result.own.policy == "LeastOpen"
    assert_complete(lab)
    assert_readable(lab.figure())
    lab.server = "down"
    assert lab.result.own.lost.any()


def test_a_slip_in_ones_own_balancer_is_said_in_the_lab() -> None:
    class Odd(LeastOpen):
        def choose(self) -> int:
            return 5

    lab = LoadBalancerLab(own=Odd)
    lab.servers = 4
    assert lab._error == "your own balancer: ValueError: choose() is 5, but must be a whole number from 0 to 3"
    assert lab.servers == 6
    with pytest.raises(TypeError, match="own is 3, but must be a class or a function"):
        LoadBalancerLab(own=3)


def measured() -> pd.DataFrame:
    rows = [
        ("measurement", program, policy, "steady", "all", server, speed, 100, share, recorded)
        for program, recorded in (("HAProxy 2.6.12", True), ("nginx 1.22.1", False))
        for policy in ("round_robin", "least_connections")
        for server, speed, share in zip(range(6), [3, 3, 3, 3, 1, 1], [0.195, 0.196, 0.195, 0.194, 0.111, 0.109], strict=True)
    ]
    rows.append(("measurement", "nginx 1.22.1", "round_robin", "server 0 stops at 4 s", "all", 0, 3, 100, 0.9, False))
    return pd.DataFrame(rows, columns=["source", "program", "policy", "scenario", "period", "server", "speed", "requests", "share", "recorded"])


def test_a_real_balancer_is_drawn_on_the_same_axes() -> None:
    lab = LoadBalancerLab(measured=measured(), load=0.3)
    assert (lab.servers, lab.speeds) == (6, "unequal")
    drawn = lines(lab)
    assert drawn["HAProxy, recorded"].y == pytest.approx([19.5, 19.6, 19.5, 19.4, 11.1, 10.9])
    assert drawn["nginx"].x == (1, 2, 3, 4, 5, 6)
    assert sum(drawn["least connections"].y) == pytest.approx(100)
    assert_complete(lab)
    assert_readable(lab.figure())
    lab.policy = "random"  # which was not measured
    assert_readable(lab.figure())
    with pytest.raises(TypeError, match="measured is 'x'"):
        LoadBalancerLab(measured="x")


def test_what_does_nothing_rests() -> None:
    assert LoadBalancerLab(policy="random").idle() == ["troubled", "age", "balancers"]
    assert LoadBalancerLab(policy="random", balancer="down").idle() == ["troubled", "age"]
    assert LoadBalancerLab().idle() == ["troubled"]
    assert LoadBalancerLab(server="down").idle() == ["age", "balancers"]
    assert LoadBalancerLab(policy="random", age=100.0, balancers=9).result.mean == LoadBalancerLab(policy="random").result.mean


def test_the_table_holds_the_lines() -> None:
    table = LoadBalancerLab(policy="random").table()
    assert table.columns.tolist() == ["source", "name", "load", "response_ms"]
    assert set(table["source"]) == {"simulation", "theory"}
    assert table.notna().all().all()


def test_the_picture_is_as_it_was(tmp_path: Path) -> None:
    # After a wanted change: python -m tests.labs.golden, and look at the picture before committing it.
    golden.draw(tmp_path / "drawn.png", "balancing")
    assert compare_images(golden.picture("balancing"), tmp_path / "drawn.png", tol=2.0) is None


@pytest.mark.browser
def test_a_server_is_slowed_and_brought_back_by_clicking_it(browser, tmp_path: Path, shots: Path) -> None:
    write_notebook(tmp_path / "balancing.ipynb", "from labsupport.labs import LoadBalancerLab\nLoadBalancerLab(load=0.5)")
    with jupyterlab(tmp_path) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        errors = open_notebook(page, address, "balancing.ipynb")
        run_all(page)
        says = "(words) => document.querySelector('.lab figcaption')?.textContent.includes(words)"
        page.wait_for_function(says, arg="With least connections over 6 servers at a load of 0.50")
        load = page.locator(".lab").get_by_label("load", exact=True)
        load.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(says, arg="at a load of 0.55")
        server = page.locator(".lab").get_by_label("a server is", exact=True)
        canvas = page.locator(".lab-scene canvas").first
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        canvas.click(position={"x": 0.8 * box["width"], "y": 0.14 * box["height"]})  # beside the words "server 1"
        page.wait_for_function("() => [...document.querySelectorAll('.lab select')].some((select) => select.value === 'slow')")
        page.locator(".lab").screenshot(path=shots / "balancing.png")
        server.select_option("up")
        page.locator(".lab").get_by_label("policy", exact=True).select_option("round_robin")
        page.wait_for_function(says, arg="With round robin")
        page.locator(".lab-scene").get_by_role("button", name="Play").press("Enter")
        page.wait_for_function("() => parseFloat(document.querySelector('.lab-numbers').textContent) > 1")
        assert errors == []
        page.close()
