"""The sharding lab: its numbers against simulator and theory, its scene against its numbers."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import ShardingLab
from labsupport.labs.chart import Line
from labsupport.labs.relocation import CHANGE, MOST_POINTS, STAYS
from labsupport.labs.schemes import REQUESTS, Scheme, new_workload
from labsupport.labs.sharding import SHARDS, STORY, STRATEGIES, WORKLOADS
from labsupport.predictions import predict
from labsupport.simulators import sharding
from tests.jupyter import jupyterlab, open_notebook, run_all, write_notebook
from tests.labs.test_browser import OVERLAPS
from tests.labs.test_figure import assert_complete, assert_readable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TEXTBOOK = [strategy for strategy in STRATEGIES if strategy != "own"]


def by_digest(keys: list[int], shards: int) -> list[int]:
    return [int(hashlib.md5(str(key).encode()).hexdigest(), 16) % shards for key in keys]  # noqa: S324 - to spread keys, not to keep secrets


@pytest.mark.parametrize(
    ("strategy", "workload", "shards", "change"),
    [
        *((strategy, "users", 2, "join") for strategy in STRATEGIES),
        *(("own", workload, 16, "leave") for workload in WORKLOADS),
        ("range", "log", 16, "none"),
        ("modulo", "skewed", 10, "leave"),
    ],
)
def test_the_picture_is_complete_and_readable(strategy: str, workload: str, shards: int, change: str) -> None:
    predict("00.8", low=0.2, high=0.4)
    own = by_digest if strategy == "own" else None
    lab = ShardingLab(own=own, prediction="00.8", strategy=strategy, workload=workload, shards=shards, change=change, distinct_keys=500, skew=1.6)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("strategy", TEXTBOOK)
def test_the_numbers_are_the_simulators(strategy: str) -> None:
    lab = ShardingLab(strategy=strategy, shards=5, distinct_keys=1_000, workload="skewed")
    table = lab.table().query("source == 'simulation'").set_index(["measure", "number"])["value"]
    result = lab.result.distribution
    assert table["load"].tolist() == pytest.approx((result.loads / REQUESTS).tolist())
    assert result.loads.sum() == REQUESTS
    assert table["balance"][5] == pytest.approx(result.balance)
    assert table["moved"][5] == lab.answer() == lab.result.movement.share
    if strategy != "directory":
        options = {"range": {"space": 1_000}, "consistent": {"virtual_nodes": 100}}.get(strategy, {})
        assert lab.answer() == sharding.moved(strategy, range(1_000), range(1, 6), range(1, 7), **options).share


@pytest.mark.parametrize("strategy", ["range", "modulo", "rendezvous", "jump"])
@pytest.mark.parametrize("change", ["join", "leave"])
def test_theory_lies_on_the_simulation(strategy: str, change: str) -> None:
    lab = ShardingLab(strategy=strategy, change=change, leaving=2)
    lines = {(panel.title, mark.role): mark for panel in lab.chart().panels for mark in panel.marks if isinstance(mark, Line)}
    for title, half_width in ((lab.chart().panels[1].title, 0.05), (lab.chart().panels[2].title, 0.02)):
        simulated, expected = lines[title, "main"], lines[title, "theory"]
        assert np.abs(np.array(simulated.y) - expected.y).max() < half_width  # 10,000 keys, seed 4


def test_more_points_bring_the_ring_to_theory_and_near_to_even() -> None:
    balances = [
        np.mean([ShardingLab(strategy="consistent", virtual_nodes=points, shards=n).result.distribution.balance for n in SHARDS])
        for points in (1, 20, 1_000)
    ]
    expected = [np.mean([theory.consistent_hashing_balance(n, points) for n in SHARDS]) for points in (1, 20, 1_000)]
    assert balances[0] > balances[1] > balances[2]
    assert balances == pytest.approx(expected, rel=0.35)  # one ring, of which larger ones are made: with one point each, a matter of luck


def test_a_directory_is_the_most_even_and_moves_the_least() -> None:
    for workload, change in itertools.product(WORKLOADS, ("join", "leave")):
        lab = ShardingLab(strategy="directory", workload=workload, change=change, distinct_keys=1_000)
        moved = lab.table().query("measure == 'moved'").pivot_table(index="number", columns="name", values="value")
        if workload != "skewed" or change == "join":  # where a celebrity lives, there are few other keys to leave
            assert (moved["directory"] - moved["least possible"]).abs().max() < 0.02
        assert lab.result.distribution.balance == pytest.approx(lab.result.distribution.best_balance, abs=0.01)
        assert not lab.result.movement.needless.any()


def test_all_of_today_goes_to_the_last_range() -> None:
    result = ShardingLab(strategy="range", workload="log", shards=7).result
    assert result.distribution.loads.tolist() == [0] * 6 + [REQUESTS]
    assert ShardingLab(strategy="modulo", workload="log", shards=7).result.distribution.balance < 1.1
    assert result.shards_per_range < 2
    assert ShardingLab(strategy="modulo", shards=7).result.shards_per_range == 7


def test_a_query_for_a_few_keys_asks_as_many_shards_as_expected() -> None:
    for shards in (2, 10, 16):
        asked = ShardingLab(strategy="rendezvous", shards=shards).result.shards_per_query
        assert asked == pytest.approx(theory.expected_shards_touched(10, shards), abs=0.35)  # 100 queries, seed 7


def test_only_the_last_shard_leaves_where_shards_are_known_by_number() -> None:
    for lab in (ShardingLab(strategy="jump", change="leave", leaving=2), ShardingLab(own=by_digest, change="leave", leaving=2)):
        assert lab.result.movement.names_after == tuple(range(1, 10))
        assert "leaving" in lab.idle()
    assert ShardingLab(strategy="modulo", change="leave", leaving=2).result.movement.names_after == (1, *range(3, 11))
    assert ShardingLab(strategy="modulo", change="leave", leaving=16, shards=4).result.movement.names_after == (1, 2, 3)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("change", ["join", "leave", "none"])
def test_the_scene_shows_what_was_computed(strategy: str, change: str) -> None:
    lab = ShardingLab(own=by_digest if strategy == "own" else None, strategy=strategy, change=change, shards=6, virtual_nodes=20, leaving=3)
    scene, workload = lab.scene(), lab._workload
    moves = Scheme(strategy, lab.virtual_nodes, workload, lab._own).moved(workload.shown, 6, change, 3)
    names = [station.name.removeprefix("shard ") for station in scene.stations]
    assert names.pop() == ("ring" if strategy == "consistent" else "key space")
    assert len(names) == 6 + (change == "join")
    for thing in range(workload.shown.size):
        rows = np.flatnonzero(scene.thing == thing)
        stations = [names[station] for station in scene.station[rows[1:]]]
        assert stations[0] == str(moves.names_before[moves.before[thing]])
        assert stations[-1] == str(moves.names_after[moves.after[thing]])
        assert (scene.kind[rows[-1]] != STAYS) == moves.moved[thing] == (len(rows) == 3)
        assert scene.enter[rows[-1]] > CHANGE or not moves.moved[thing]
    points = np.unique(scene.thing).size - workload.shown.size
    assert points == (20 * len(names) if strategy == "consistent" else 0) <= MOST_POINTS
    assert [state for _, _, state in scene.changes] == {"join": ["up"], "leave": ["absent"], "none": []}[change]


def test_a_click_on_a_shard_lets_it_leave_and_another_brings_it_back() -> None:
    lab = ShardingLab(shards=4)

    def click(shard: int) -> None:
        lab.set_state(lab._scene["stations"][shard - 1]["sets"])

    click(3)
    assert (lab.change, lab.result.movement.names_after) == ("leave", (1, 2, 4))
    click(1)
    assert lab.result.movement.names_after == (2, 3, 4)
    click(1)
    assert (lab.change, lab._error) == ("none", "")
    lab.strategy = "jump"
    assert [shard for shard, station in enumerate(lab._scene["stations"], 1) if "sets" in station] == [4]  # it knows shards by number
    lab.change = "join"
    click(5)
    assert lab.change == "none"


def test_keys_stand_on_the_ring_before_their_shards_point() -> None:
    scene = ShardingLab(strategy="consistent", virtual_nodes=1, shards=5).scene()
    assert scene.ring is not None
    standing = ~np.isnan(scene.spots[:, 0])
    across, down = (scene.spots[standing] - [scene.ring.x, scene.ring.y]).T * np.array([[2.4], [1.0]])
    assert np.hypot(across, down) == pytest.approx(scene.ring.radius, abs=1e-4)


def test_own_strategy_is_drawn_beside_the_textbook() -> None:
    lab = ShardingLab(own=by_digest)
    assert lab.strategy == "own"
    drawn = {mark.label: mark.role for mark in lab.chart().panels[2].marks if isinstance(mark, Line)}
    assert drawn == {"least possible": "reference", "modulo": "other", "the ring": "other", "your own": "own"}
    assert lab.answer() == pytest.approx(10 / 11, abs=0.01)
    assert lab.result.distribution.balance == pytest.approx(theory.expected_maximum_load(10_000, 10) / 1_000, abs=0.05)
    lab.strategy = "modulo"
    assert "your strategy" not in lab.describe()


def test_own_keys_are_a_list_of_their_own() -> None:
    def empties(keys: list[int], shards: int) -> list[int]:
        places = [key % shards for key in keys]
        keys.clear()
        return places

    assert ShardingLab(own=empties, distinct_keys=100).result.distribution.loads.min() > 0


def test_without_an_own_strategy_it_is_not_offered() -> None:
    lab = ShardingLab()
    assert "own" not in [word for word, _ in next(c for c in lab.declarations() if c["name"] == "strategy")["options"]]
    lab.strategy = "own"
    assert "no function" in lab._error
    assert lab.strategy == "modulo"


def stops(keys: list[int], shards: int) -> list[int]:
    raise KeyError(shards, len(keys))


def always(answer: object) -> Callable[[list[int], int], object]:
    return lambda keys, _: [answer] * len(keys)


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"shards": 1}, "shards is 1, but must be a whole number from 2 to 16"),
        ({"strategy": "modula"}, "Did you mean 'modulo'"),
        ({"skew": float("nan")}, "skew is nan"),
        ({"keys": 5}, "no control 'keys'"),
        ({"own": 3}, "own is 3, but must be a function assign(keys, shards)"),
        ({"own": stops}, "stopped with KeyError: (10, 10000)"),
        ({"own": lambda *_: [0]}, "returned 1 entries, but must return a list with one shard for each of the 10,000 keys"),
        ({"own": lambda *_: None}, "returned None"),
        ({"own": always(10)}, "puts the key 0 on the shard 10, but each must be a whole number from 0 to 9"),
        ({"own": always(0.5)}, "puts the key 0 on the shard 0.5"),
        ({"own": always(True)}, "puts the key 0 on the shard True"),
    ],
)
def test_bad_input_is_named(keywords: dict[str, object], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        ShardingLab(**keywords)


def test_the_same_workload_comes_again() -> None:
    for name in WORKLOADS:
        workload = new_workload(name, 500, 1.0)
        assert workload.requests.size == workload.counts.sum() == REQUESTS
        assert workload.requests_for(workload.asked).tolist() == workload.counts.tolist()
        assert np.array_equal(workload.requests, new_workload.__wrapped__(name, 500, 1.0).requests)


@pytest.mark.browser
def test_a_lecture_in_the_browser(browser: Browser, tmp_path: Path, shots: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    write_notebook(tmp_path / "sharding.ipynb", "from labsupport.labs import ShardingLab\nlab = ShardingLab()\nlab")
    with jupyterlab(tmp_path) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        errors = open_notebook(page, address, "sharding.ipynb")
        run_all(page)
        shards = page.locator(".lab").get_by_label("shards", exact=True)
        shards.focus()
        page.keyboard.press("ArrowRight")
        wait_for_words(page, "With hash modulo shards, the fullest of 11 shards")
        assert page.evaluate(OVERLAPS) == []
        for story in STORY:
            words = ShardingLab(**STORY[story]).describe()
            page.locator(".lab").get_by_role("button", name=story, exact=True).click()
            wait_for_words(page, words)
            assert page.evaluate(OVERLAPS) == []
        page.locator(".lab").get_by_label("strategy", exact=True).select_option("consistent")
        page.wait_for_function("() => document.querySelector('.lab-scene')?.textContent.includes('a ring')")
        page.locator(".lab-scene").get_by_role("button", name="Step", exact=True).press("Enter")
        page.locator(".lab").screenshot(path=shots / "sharding.png")
        assert [(found["id"], found["help"]) for found in Axe().run(page, context=".lab").response["violations"]] == []
        page.close()
    assert errors == []


def wait_for_words(page: Page, words: str) -> None:
    page.wait_for_function("(words) => document.querySelector('.lab figcaption')?.textContent.startsWith(words)", arg=words, timeout=20_000)
