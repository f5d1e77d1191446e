"""The edge lab: sites near the users, what they save on the way and on the backhaul, and what they cost in waiting and in servers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from labsupport.labs import edge_runs as runs
from labsupport.labs import edge_scene
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.edge_runs import HEIGHT, SITES, WIDTH
from labsupport.labs.marks import Line, Mark, Points, Rule
from labsupport.labs.scene import Scene
from labsupport.labs.steps import Step, Steps
from labsupport.simulators.edge import EdgeResult

CHOICES = {"greedy": "what saves most, one by one", "exact": "the best set of all", "largest": "the largest cities"}
PLACES = {"region": "in the region", "neighbour": "3,000 km farther", "overseas": "8,000 km farther"}
VIEWS = {"latency": "where the time goes", "choices": "each way to choose", "cost": "servers and backhaul"}
NUMBERS = list(range(SITES + 1))
LETTERS = "ABCDEFGHIJKL"

STORY: dict[str, dict[str, Any]] = {
    "One site is enough": {"sites": 1},
    "The data centre is overseas": {"centre": "overseas"},
    "Many more users": {"rate": 20_000},
    "Nothing is answered on the spot": {"answered": 0, "sites": 6},
    "Which sites?": {"sites": 2, "show": "choices"},
}


class EdgeLab(Lab[EdgeResult]):
    """Open sites near the users of a region, 2,400 km wide, who are spread around twelve cities.

    A site answers a share of the requests itself, and sends the others on to the data centre. Requests are worked on for 20 ms on average,
    and at each place there are just so many servers that no more than the given share of their time is needed.

    Parameters
    ----------
    sites : int, default 12
        How many are open, 0 to 12.
    choose : str, default "greedy"
        Which: greedy, exact or largest.
    answered : int, default 80
        What a site answers itself, in percent, 0 to 100.
    centre : str, default "region"
        Where the data centre is: in the region, at its western border, or as a neighbour or overseas, farther west.
    rate : int, default 200
        Requests a second of all users together, 100 to 20,000.
    load : int, default 80
        The highest utilisation of a place, in percent, 50 to 95.
    show : str, default "latency"
        What stands beside the map: latency, choices or cost.
    prediction : str, optional
        See `Lab`. The question is the mean latency in milliseconds.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = EdgeLab()
    >>> round(lab.result.mean_way), round(lab.result.mean_wait)
    (16, 42)
    """

    title = "Edge computing"
    question = (
        "A data centre in the region answers 200 requests a second, in 63 ms on average. Now sites are opened in all twelve cities, which answer "
        "80 % of the requests themselves, each with servers enough. In how many milliseconds is a request answered on average?"
    )
    main = "sites"

    sites = Slider("sites", NUMBERS, default=12)
    choose = Choice("opened", CHOICES, default="greedy")
    answered = Slider("answered on the spot", [0, 20, 40, 60, 80, 90, 100], default=80, unit="%")
    centre = Choice("data centre", PLACES, default="region")
    rate = Slider("requests", [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000], default=200, unit="1/s")
    load = Slider("servers busy at most", [50, 60, 70, 80, 90, 95], default=80, unit="%")
    show = Choice("show", VIEWS, default="latency")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of the first site, of distance, of crowds, of what cannot be answered nearby, and of choosing."""
        return STORY

    def idle(self) -> list[str]:
        """Name what has no part in the view: all ways to choose are shown at once, and the way knows no crowd."""
        return ["choose", "rate", "load"] if self.show == "choices" else []

    def _served(self, count: int, strategy: str = "") -> EdgeResult:
        return runs.served(self.centre, int(self.answered), strategy or self.choose, count, int(self.rate), int(self.load))

    def simulate(self) -> EdgeResult:
        """Serve everybody."""
        return self._served(int(self.sites))

    def answer(self) -> float:
        """Give the mean latency in milliseconds."""
        return self.result.mean_latency

    def chart(self) -> Chart:
        """Show the map, beside what more or fewer sites would do."""
        beside = {"latency": self._latency, "choices": self._ways, "cost": self._cost}
        return Chart((self._region(), beside[self.show]()))

    def _region(self) -> Panel:
        area, result = runs.area(self.centre), self.result
        alone = result.server < 0
        marks: list[Mark] = []
        for label, which in (("by a site", ~alone), ("by the data centre", alone)):
            if which.any():
                places = area.users[which].round()
                marks.append(Points(label, places[:, 0].tolist(), places[:, 1].tolist(), "other" if label == "by the data centre" else "main"))
        marks.append(Points("data centre", [-0.1 * WIDTH], [HEIGHT / 2], "measurement", ("centre",)))
        if result.opened:
            opened = area.sites[list(result.opened)]
            names = [_name(site) for site in result.opened]
            marks.append(Points("sites", opened[:, 0].round().tolist(), opened[:, 1].round().tolist(), "own", names))
        x, y = Axis("west to east", (-600, WIDTH + 50), unit="km"), Axis("south to north", (-20, 1.12 * HEIGHT), unit="km")
        return Panel("Users, and the sites that are open", x, y, tuple(marks))

    def _latency(self) -> Panel:
        results = [self._served(count) for count in NUMBERS]
        marks: list[Mark] = [
            *self._guess_band(),
            Line("altogether", NUMBERS, [each.mean_latency for each in results]),
            Line("on the way", NUMBERS, [each.mean_way for each in results], "other"),
            Line("waiting", NUMBERS, [each.mean_wait for each in results], "theory"),
            Rule("now", float(self.sites), role="reference"),
        ]
        top = above(1.08 * max(each.mean_latency for each in results))
        return Panel("Where the time goes", self._numbers, Axis("mean time", (0, top), unit="ms"), tuple(marks))

    @property
    def _numbers(self) -> Axis:
        return Axis("sites that are open", (0, SITES))

    def _saved(self, strategy: str, count: int) -> float:
        """Return how much of what the best set of so many sites saves on the way is saved, in percent."""
        none, best = self._served(0).mean_way, self._served(count, "exact").mean_way
        return 100.0 if none - best < 1e-9 else 100 * (none - self._served(count, strategy).mean_way) / (none - best)

    def _ways(self) -> Panel:
        counts = NUMBERS[1:]
        marks: list[Mark] = [
            Line("largest cities", counts, [self._saved("largest", count) for count in counts], "other"),
            Line("one by one", counts, [self._saved("greedy", count) for count in counts]),
            Rule("one by one, at least", 100 * (1 - math.exp(-1)), axis="y", role="theory"),
            Rule("now", float(self.sites), role="reference"),
        ]
        return Panel("What is saved on the way, of the most there is", self._numbers, Axis("share", (0, 108), unit="%"), tuple(marks))

    def _cost(self) -> Panel:
        results = [self._served(count) for count in NUMBERS]
        before = int(results[0].machines.sum())
        servers = [100 * float(each.machines.sum()) / before for each in results]
        marks: list[Mark] = [
            Line("servers", NUMBERS, servers),
            Line("backhaul", NUMBERS, [100 * each.backhaul for each in results], "other"),
            Rule("now", float(self.sites), role="reference"),
        ]
        return Panel("What it takes", self._numbers, Axis("of what it takes without", (0, above(1.08 * max(servers))), unit="%"), tuple(marks))

    def describe(self) -> str:
        """Say what the sites save and cost, and what that depends on."""
        result, none = self.result, self._served(0)
        count, machines = len(result.opened), int(result.machines.sum())
        first = (
            f"With {count} site{'' if count == 1 else 's'} a request takes {result.mean_latency:.0f} ms on average, {result.mean_way:.0f} of them "
            f"on the way and {result.mean_wait:.0f} waiting, and without any {none.mean_latency:.0f}, {none.mean_way:.0f} on the way and "
            f"{none.mean_wait:.0f} waiting"
        )
        if count == 0:
            first = (
                f"The data centre answers in {none.mean_latency:.0f} ms on average, {none.mean_way:.0f} on the way and {none.mean_wait:.0f} waiting"
            )
        if self.show == "choices":
            second = self._choosing()
        elif self.show == "cost":
            second = (
                f"It takes {machines} servers instead of {int(none.machines.sum())}, and {100 * result.backhaul:.0f} % of the requests, and of what "
                "they carry, still go to the data centre"
            )
        elif self.answered == 0:
            second = "Whatever must be asked of the data centre gains nothing from a site in between: nobody goes there"
        else:
            second = self._fewest()
        return f"{first}. {second}."

    def _fewest(self) -> str:
        """Say with how many sites it would be fastest, and why not more."""
        results = [self._served(count) for count in NUMBERS]
        best = min(NUMBERS, key=lambda count: results[count].mean_latency)
        fastest = results[best].mean_latency
        if results[-1].mean_latency < fastest + 0.5:
            return (
                f"Each place has so many servers that hardly anybody waits, so further sites do no harm; with all of them it takes {fastest:.0f} ms"
            )
        fewer = "without any" if best == 0 else f"with {best} site{'' if best == 1 else 's'}"
        return f"It is fastest {fewer}, {fastest:.0f} ms: more are nearer, but a few servers at each place let requests wait longer than many in one"

    def _choosing(self) -> str:
        ways = {strategy: self._served(int(self.sites), strategy).mean_way for strategy in CHOICES}
        return (
            f"On the way it takes {ways['greedy']:.1f} ms if the sites are chosen one by one, {ways['exact']:.1f} with the best set of so many, and "
            f"{ways['largest']:.1f} in the largest cities"
        )

    def table(self) -> pd.DataFrame:
        """Give each number of sites by each way to choose.

        Returns
        -------
        pandas.DataFrame
            Columns ``choose``, ``sites``, ``opened`` with their letters, ``way``, ``wait`` and ``latency`` in milliseconds, ``servers``, and
            ``backhaul``, the share of the requests that reaches the data centre.
        """
        rows = []
        for strategy in CHOICES:
            for count in NUMBERS:
                each = self._served(count, strategy)
                letters = " ".join(_name(site) for site in each.opened)
                times = (each.mean_way, each.mean_wait, each.mean_latency)
                rows.append((strategy, count, letters, *times, int(each.machines.sum()), each.backhaul))
        return pd.DataFrame(rows, columns=["choose", "sites", "opened", "way", "wait", "latency", "servers", "backhaul"])

    def scene_key(self) -> Any:
        """Name what the scene depends on: all but the view."""
        return {name: value for name, value in self.state.items() if name != "show"}

    def scene(self) -> Scene:
        """Play requests on their way through the region."""
        return edge_scene.scene(self.result, self.centre, int(self.answered), int(self.rate), LETTERS)

    def steps_key(self) -> Any:
        """Name what the story depends on."""
        return self.centre, self.answered

    def steps(self) -> Steps:
        """Tell how sites are chosen greedily, one by one."""
        told, before = list[Step](), self._served(0, "greedy").mean_way
        for count in NUMBERS[1:]:
            result = self._served(count, "greedy")
            best, way = self._served(count, "exact").mean_way, result.mean_way
            sentence = f"{_name(result.opened[-1])} saves {before - way:.1f} ms, the most of all: {way:.1f} ms on the way."
            sentence += f" The best {count} together would give {best:.1f} ms." if best < way - 0.05 else " No other set of so many is better."
            told.append(Step(_name(result.opened[-1]), best >= way - 0.05, [_name(site) for site in result.opened], "", sentence))
            before = way
        return Steps("Step by step: what saves most is opened next", SITES, "the best set", "not the best set", told)


def _name(site: int) -> str:
    return LETTERS[site]
