"""The sharding lab: which shard each key lives on, who gets the work, and what moves when a shard joins or leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Line, Mark, Panel, Role, Rule
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.relocation import MOST_POINTS, relocation
from labsupport.labs.scene import Scene
from labsupport.labs.schemes import (
    KEYS_PER_QUERY,
    LAST_ONLY,
    REQUESTS,
    Assign,
    Scheme,
    Workload,
    asked,
    balances,
    distribution,
    moved_share,
    movement,
    new_workload,
)
from labsupport.simulators import sharding

MOST_SHARDS = 16
SHARDS = range(2, MOST_SHARDS + 1)
KEYS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000]
POINTS = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000]

STRATEGIES = {
    "range": "ranges of keys",
    "modulo": "hash modulo shards",
    "consistent": "consistent hashing, a ring",
    "rendezvous": "rendezvous hashing",
    "jump": "jump hashing",
    "directory": "a directory",
    "own": "your own",
}
NAMES = STRATEGIES | {
    "range": "ranges",
    "directory": "directory",
    "modulo": "modulo",
    "consistent": "the ring",
    "rendezvous": "rendezvous",
    "jump": "jump",
    "own": "your own",
}
WORKLOADS = {
    "users": "users, all alike",
    "skewed": "a popular few (Zipf)",
    "log": "a log, keyed by time",
}
CHANGES = {"join": "a shard joins", "leave": "a shard leaves", "none": "none"}

STORY: dict[str, dict[str, Any]] = {
    "Modulo, one shard more": {"strategy": "modulo", "shards": 10, "change": "join"},
    "The ring, one shard more": {"strategy": "consistent", "shards": 10, "virtual_nodes": 20, "change": "join"},
    "A ring with few points": {"strategy": "consistent", "shards": 10, "virtual_nodes": 1, "change": "leave", "leaving": 9},
    "A celebrity": {"strategy": "rendezvous", "shards": 10, "workload": "skewed", "skew": 1.5},
    "A log in ranges": {"strategy": "range", "shards": 10, "workload": "log"},
}


@lru_cache(maxsize=1024)
def _balance_in_theory(strategy: str, workload: str, keys: int, virtual_nodes: int, shards: int) -> float | None:
    """Return the expected balance, where a closed form is known: all keys alike, and each anywhere."""
    if workload == "skewed" or strategy in ("directory", "own"):
        return None
    if strategy == "consistent":
        return theory.consistent_hashing_balance(shards, virtual_nodes)
    if strategy == "range":  # all the log goes to the last range; users fall into equal ranges, request by request
        return shards if workload == "log" else theory.expected_maximum_load(REQUESTS, shards) * shards / REQUESTS
    return theory.expected_maximum_load(keys, shards) * shards / keys


def _roomy(value: float, ends: Sequence[float]) -> float:
    """Return the first end of an axis that has room for a value."""
    return next((end for end in ends if value <= end), ends[-1])


@dataclass(frozen=True)
class ShardingLabResult:
    """What the sharding lab's simulators said.

    Attributes
    ----------
    distribution : Distribution
        How the requests are spread over the shards.
    movement : Movement
        Which of the stored keys move by the change.
    shards_per_query : float
        How many shards a query for ten keys must ask, on average.
    shards_per_range : float
        How many shards a query for all keys in a hundredth of the key space must ask, on average.
    """

    distribution: sharding.Distribution
    movement: sharding.Movement
    shards_per_query: float
    shards_per_range: float


class ShardingLab(Lab[ShardingLabResult]):
    """Choose how keys are divided among shards, and see who gets the work and what moves when a shard joins or leaves.

    Behind every picture stand 100,000 simulated requests. Shards are called 1, 2, 3, …; one that joins gets the next number.

    Parameters
    ----------
    strategy : str, default "modulo"
        Where a key lives: range, modulo, consistent, rendezvous, jump or directory; own if an own function is given.
    shards : int, default 10
        From 2 to 16.
    virtual_nodes : int, default 100
        Points of each shard on the ring of consistent hashing, from 1 to 1,000.
    workload : str, default "users"
        What is asked for: users (all alike), skewed (by Zipf's law) or log (each request is stored under the second it comes in, at
        the end of a year; ranges divide the year).
    skew : float, default 1.0
        Exponent of Zipf's law, 0 to 2, where the workload has one.
    distinct_keys : int, default 10,000
        How many different keys there are, from 100 to 10,000.
    change : str, default "join"
        What happens to the shards: join, leave or none.
    leaving : int, default 1
        Which shard leaves, from 1 to 16; the last, if there are fewer or if the strategy knows shards by number only.
    own : callable, optional
        Your own ``assign(keys: list, shards: int) -> list`` that returns for each key the shard it lives on, from 0 to ``shards − 1``.
    prediction : str, optional
        See `Lab`. The question is which share of the stored keys moves.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value, or the own function returns no shards.

    Examples
    --------
    >>> lab = ShardingLab(strategy="modulo", shards=10)
    >>> print(lab.describe().split(". ", 1)[1])
    When shard 11 joins, 90 of 100 keys move where 9 would do; a query asks 6.7 shards for 10 keys, and all of them for a range of keys.
    >>> ShardingLab(own=lambda keys, shards: [key % shards for key in keys]).result.movement.share
    0.909
    """

    title = "Sharding"
    question = "On which shard should each key live, and what must move when a shard joins or leaves?"

    strategy = Choice("strategy", STRATEGIES, default="modulo")
    shards = Slider("shards", list(SHARDS), default=10)
    virtual_nodes = Slider("points on the ring", POINTS, default=100, unit="a shard")
    change = Choice("change", CHANGES, default="join")
    leaving = Slider("shard that leaves", list(range(1, MOST_SHARDS + 1)), default=1)
    workload = Choice("requests for", WORKLOADS, default="users")
    distinct_keys = Slider("different keys", KEYS, default=10_000)
    skew = Slider("Zipf exponent", [round(0.1 * step, 1) for step in range(21)], default=1.0)

    def __init__(self, *, own: Assign | None = None, **controls: Any) -> None:
        if own is not None and not callable(own):
            raise TypeError(f"own is {own!r}, but must be a function assign(keys, shards)")
        self._own = own
        super().__init__(**({} if own is None else {"strategy": "own"}) | controls)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of five settings."""
        return STORY

    def declarations(self) -> list[dict[str, Any]]:
        """Say what the front end needs of each control; without a function of one's own, that strategy is not offered."""
        declared = super().declarations()
        if self._own is None:
            offered = next(control for control in declared if control["name"] == "strategy")
            offered["options"] = [option for option in offered["options"] if option[0] != "own"]
        return declared

    def idle(self) -> list[str]:
        """Name the controls that the strategy, the workload or the change has no use for."""
        resting = {
            "virtual_nodes": self.strategy != "consistent",
            "leaving": self.change != "leave" or self.strategy in LAST_ONLY,
            "skew": self.workload != "skewed",
        }
        return [name for name, rests in resting.items() if rests]

    @property
    def _workload(self) -> Workload:
        return new_workload(self.workload, self.distinct_keys, self.skew if self.workload == "skewed" else 1.0)

    def _scheme(self, strategy: str) -> Scheme:
        if strategy == "own" and self._own is None:
            raise ValueError("strategy is 'own', but the lab was given no function: use ShardingLab(own=assign)")
        return Scheme(strategy, self.virtual_nodes if strategy == "consistent" else 0, self._workload, self._own if strategy == "own" else None)

    @property
    def _leaves(self) -> int:
        return self.leaving if self.change == "leave" else 1

    def _share_moved(self, strategy: str, shards: int) -> float:
        return moved_share(self._scheme(strategy), shards, self.change, self._leaves)

    def simulate(self) -> ShardingLabResult:
        """Place the keys, send the requests, change the shards, and ask queries."""
        scheme = self._scheme(self.strategy)
        moves = movement(scheme, self.shards, self.change, self._leaves)
        return ShardingLabResult(distribution(scheme, self.shards), moves, *asked(scheme, self.shards))

    def answer(self) -> float:
        """Give the share of the stored keys that move."""
        return self.result.movement.share

    def chart(self) -> Chart:
        """Show the load of each shard, how even it is for every number of shards, and what moves."""
        return Chart((self._loads(), self._balances(), self._moves()))

    def _loads(self) -> Panel:
        spread, workload = self.result.distribution, self._workload
        stored = np.bincount(self.result.movement.before, minlength=self.shards) / workload.stored.size
        shares = spread.loads / REQUESTS
        expected = self._expected_balance(self.shards)
        marks: list[Mark] = [] if self.workload == "users" else [_skyline("keys stored", stored, "reference")]  # else they look alike
        marks.append(_skyline("requests", shares))
        marks.append(Rule(f"fair: {100 / self.shards:.3g} %", 100 / self.shards, "y", "reference"))
        if expected is not None and self.workload == "users":
            marks.append(Rule(f"expected peak: {100 * expected / self.shards:.3g} %", 100 * expected / self.shards, "y", "theory"))
        room = _roomy(100 * max(shares.max(), stored.max()), (10, 20, 40, 60, 100))
        x = Axis("shard", (0.5, _roomy(self.shards, (5, 10, MOST_SHARDS)) + 0.5))
        return Panel("Who gets the work", x, Axis("share", (0, room), unit="%"), tuple(marks))

    def _balances(self) -> Panel:
        curves = {strategy: [balances(self._scheme(strategy), shards)[0] for shards in SHARDS] for strategy in self._strategies}
        least = [balances(self._scheme(self.strategy), shards)[1] for shards in SHARDS]
        expected = [self._expected_balance(shards) for shards in SHARDS]
        marks: list[Mark] = [Line("hottest key alone", SHARDS, least, "reference")] if self.workload == "skewed" else []
        marks += [Line(NAMES[strategy], SHARDS, curve, self._role if strategy == self.strategy else "other") for strategy, curve in curves.items()]
        if None not in expected:
            marks.append(Line("expected (theory)", SHARDS, [value for value in expected if value is not None], "theory"))
        marks.append(Rule(f"{self.shards} shards: {self.result.distribution.balance:.2f}", self.shards))
        room = _roomy(max(map(max, curves.values())), (1.5, 2, 3, 5, 10, MOST_SHARDS))
        y = Axis("fullest shard / fair share", (1, room))
        return Panel("How even it is", Axis("number of shards", (SHARDS[0], SHARDS[-1])), y, tuple(marks))

    def _moves(self) -> Panel:
        words = {"join": "one joins", "leave": "one leaves", "none": "nothing changes"}[self.change]
        marks = self._guess_band()
        if self.change != "none":
            marks.append(Line("least possible", SHARDS, [self._least(shards) for shards in SHARDS], "reference"))
        for strategy in self._strategies:
            role: Role = self._role if strategy == self.strategy else "other"
            marks.append(Line(NAMES[strategy], SHARDS, [self._share_moved(strategy, shards) for shards in SHARDS], role))
        if self.strategy in theory.sharding.STRATEGIES:
            marks.append(Line("expected (theory)", SHARDS, [self._expected_share(shards) for shards in SHARDS], "theory"))
        marks.append(Rule(f"{self.shards} shards: {self.answer():.2f}", self.shards))
        return Panel(f"What moves when {words}", Axis("number of shards", (SHARDS[0], SHARDS[-1])), Axis("share of keys moved", (0, 1)), tuple(marks))

    @property
    def _strategies(self) -> list[str]:
        """The strategies that are drawn: with one's own, two from the textbook beside it."""
        return ["modulo", "consistent", "own"] if self.strategy == "own" else [self.strategy]

    @property
    def _role(self) -> Role:
        return "own" if self.strategy == "own" else "main"

    def _least(self, shards: int) -> float:
        """Return the share of the keys that must move under any strategy that spreads them evenly before and after."""
        return 1 / (shards + 1) if self.change == "join" else 1 / shards

    def _expected_balance(self, shards: int) -> float | None:
        return _balance_in_theory(self.strategy, self.workload, self.distinct_keys, self.virtual_nodes, shards)

    def _expected_share(self, shards: int) -> float:
        after = self._scheme(self.strategy).names_after(shards, self.change, self.leaving)
        return theory.expected_moved_share(self.strategy, list(range(1, shards + 1)), after)

    def describe(self) -> str:
        """Say who gets the work, what moves, and how many shards a query must ask."""
        spread, moves = self.result.distribution, self.result.movement
        first = f"With {self._in_words()}, the fullest of {self.shards} shards gets {100 * spread.hot_shard_share:.3g} % of the requests"
        first += f", {spread.balance:.2f} times its fair share"
        if spread.best_balance > 1:
            first += f"; one key alone gets {100 * spread.hot_key_share:.2g} %, so no strategy can go below {spread.best_balance:.2f}"
        gone = next(iter({*moves.names_before} - {*moves.names_after}), None)
        second = f"When shard {self.shards + 1 if gone is None else gone} {'joins' if gone is None else 'leaves'}"
        second += f", {100 * moves.share:.0f} of 100 keys move"
        if moves.share > 1.5 * self._least(self.shards):
            second += f" where {100 * self._least(self.shards):.0f} would do"
        in_range = "all of them" if self.result.shards_per_range == self.shards else f"{self.result.shards_per_range:.2g}"
        queries = f"a query asks {self.result.shards_per_query:.1f} shards for {KEYS_PER_QUERY} keys, and {in_range} for a range of keys"
        return f"{first}. {'No key moves' if self.change == 'none' else second}; {queries}."

    def _in_words(self) -> str:
        if self.strategy == "consistent":
            return f"a ring and {self.virtual_nodes:,} point{'s' if self.virtual_nodes > 1 else ''} a shard"
        return "your own strategy" if self.strategy == "own" else STRATEGIES[self.strategy]

    def table(self) -> pd.DataFrame:
        """Give the numbers of all three pictures.

        Returns
        -------
        pandas.DataFrame
            Columns ``measure`` (load, balance, moved), ``source`` (simulation, theory), ``name``, ``number`` and ``value``. The number is
            that of the shard for a load, which is its share of the requests, and the number of shards for the others.
        """
        rows: list[tuple[str, str, str, int, float]] = []
        for shard, load in enumerate(self.result.distribution.loads.tolist(), 1):
            rows.append(("load", "simulation", NAMES[self.strategy], shard, load / REQUESTS))
        for measure, panel in (("balance", self._balances()), ("moved", self._moves())):
            for line in panel.marks:
                if isinstance(line, Line):
                    source = "theory" if line.role in ("theory", "reference") else "simulation"
                    rows += [(measure, source, line.label, int(x), y) for x, y in zip(line.x, line.y, strict=True)]
        return pd.DataFrame(rows, columns=["measure", "source", "name", "number", "value"])

    def scene(self) -> Scene:
        """Let some of the keys find their shards, and those move that the change moves."""
        scheme, shown = self._scheme(self.strategy), self._workload.shown
        spread, moves = self.result.distribution, scheme.moved(shown, self.shards, self.change, self.leaving)
        loads = {name: load / REQUESTS for name, load in zip(spread.names, spread.loads.tolist(), strict=True)}
        rings = None
        if self.strategy == "consistent":
            rings = sharding.ring(moves.names_before, self.virtual_nodes), sharding.ring(moves.names_after, self.virtual_nodes)
        gone = {*moves.names_before} - {*moves.names_after}
        event = "" if self.change == "none" else f", and shard {gone.pop()} leaves" if gone else f", and shard {self.shards + 1} joins"
        title = f"{shown.size} of the keys find their shards ({STRATEGIES[self.strategy]}){event}"
        if rings is not None and max(each.positions.size for each in rings) > MOST_POINTS:
            title += f"; the ring's {self.virtual_nodes * self.shards:,} points are too many to draw"
        return relocation(title, shown, self._workload.requests_for(shown), moves, loads, self._workload.space, rings, self._clicks(moves))

    def _clicks(self, moves: sharding.Movement) -> dict[Any, dict[str, Any]]:
        """Say what a click on each shard sets: it leaves, if it can, and another click brings it back; one that joins goes."""
        changed = {*moves.names_before} ^ {*moves.names_after}
        leavers = [self.shards] if self.strategy in LAST_ONLY else range(1, self.shards + 1)
        return {name: {"change": "leave", "leaving": name} for name in leavers} | {name: {"change": "none"} for name in changed}


def _skyline(label: str, shares: NDArray[np.float64], role: Role = "main") -> Line:
    """Draw a pillar for each shard, as high as its share in percent."""
    middles = np.arange(1, shares.size + 1)
    x = (middles[:, None] + np.array([-0.4, -0.4, 0.4, 0.4])).ravel()
    y = (100 * shares[:, None] * np.array([0, 1, 1, 0])).ravel()
    return Line(label, x.tolist(), y.tolist(), role)
