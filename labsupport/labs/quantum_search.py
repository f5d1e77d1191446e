"""The quantum search lab: amplitudes step by step, and √N against N – a search, and no more than that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from labsupport import theory
from labsupport.labs import quantum_search_runs as runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Area, Axis, Chart, Panel, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.marks import Line, Mark, Points, Rule
from labsupport.labs.quantum_search_runs import MOST_ITERATIONS
from labsupport.labs.steps import Step, Steps
from labsupport.simulators.quantum_search import Search, search

VIEWS = {"success": "how probable a find is", "growth": "how the time grows"}
SHOWN = 24  # items whose amplitudes are drawn
SIZES = [10.0**power for power in range(1, 15)]

STORY: dict[str, dict[str, Any]] = {
    "Stop in time": {"iterations": 6},
    "Four are wanted": {"wanted": 4, "iterations": 3},
    "An iteration may fail": {"qubits": 10, "iterations": 25, "fault": 5.0},
    "How the time grows": {"iterations": 6, "show": "growth"},
    "Each takes longer": {"iterations": 6, "show": "growth", "slower": 100_000},
}


class QuantumSearchLab(Lab[Search]):
    """Search among N items in no order with Grover's algorithm: about π/4 √N questions, where looking one by one takes N / 2 on average.

    It answers one question: which item does the oracle say yes to? It does not read the items faster, knows no shortcut through a problem that has
    structure, and is no optimisation by itself; at best, whatever tries all possibilities has the square root of them to try.

    Parameters
    ----------
    qubits : int, default 6
        There are 2 to the power of so many items, 2 to 10.
    wanted : int, default 1
        How many of them are wanted, 1 to 4.
    iterations : int, default 12
        After how many iterations it is measured, 0 to 50. Each asks the oracle once.
    fault : float, default 0.0
        How probable it is that an iteration leaves nothing but noise, in percent, 0 to 20.
    slower : int, default 1
        How many ordinary looks take as long as one iteration, 1 to 1,000,000.
    show : str, default "success"
        What stands beside the amplitudes: success, or growth.
    prediction : str, optional
        See `Lab`. The question is how probable it is that the item is found, in percent.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> round(QuantumSearchLab(iterations=6).answer(), 1)
    99.7
    """

    title = "Quantum search"
    question = (
        "Among 64 items one is wanted. After 6 iterations of Grover's algorithm a quantum computer finds it with a probability of "
        "99.7 %. It makes 6 more before it is measured: with which probability, in percent, does it find the item now?"
    )
    main = "iterations"

    qubits = Slider("qubits", list(range(2, 11)), default=6)
    wanted = Slider("wanted", [1, 2, 3, 4], default=1, unit="items")
    iterations = Slider("iterations", list(range(MOST_ITERATIONS + 1)), default=12)
    fault = Slider("one goes wrong", [0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0], default=0.0, unit="%")
    slower = Slider("one takes", [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000], default=1, unit="looks")
    show = Choice("show", VIEWS, default="success")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of when to stop, of several that are wanted, of faults, and of what grows how."""
        return STORY

    def idle(self) -> list[str]:
        """Name what the panel on the right does not show."""
        return ["slower"] if self.show == "success" else ["fault"]

    @property
    def _items(self) -> int:
        return 1 << int(self.qubits)

    def _probability(self, iterations: Any) -> Any:
        return theory.grover_success(self._items, iterations, int(self.wanted), self.fault / 100)

    def simulate(self) -> Search:
        """Search."""
        return runs.run(int(self.qubits), int(self.wanted))

    def answer(self) -> float:
        """Give how probable it is that one of those wanted is found, in percent."""
        return float(100 * self._probability(self.iterations))

    def chart(self) -> Chart:
        """Show the amplitudes, beside how probable a find is or how the time grows."""
        return Chart((self._amplitudes(), self._success() if self.show == "success" else self._growth()))

    def _amplitudes(self) -> Panel:
        """Draw the amplitudes of those wanted, and of as many others as there is room for."""
        found, items = self.result, self._items
        others = np.setdiff1d(np.arange(items), found.wanted)
        room = min(SHOWN - found.wanted.size, others.size)
        shown = sorted([*found.wanted.tolist(), *others[np.arange(room) * others.size // max(room, 1)].tolist()])
        heights = found.amplitudes[self.iterations]
        marks: list[Mark] = [Rule("at the beginning", items**-0.5, axis="y", role="reference")]
        for label, wanted in (("the others", False), ("wanted", True)):
            places = [(place, float(heights[item])) for place, item in enumerate(shown) if (item in found.wanted) == wanted]
            if places:
                marks.append(_bars(label, places, wanted=wanted))
        names = [(float(place), f"{item}") for place, item in enumerate(shown) if item in found.wanted]
        title = f"Amplitudes after {_counted(int(self.iterations), 'iteration')}" + (
            f", {len(shown)} of {items:,} items" if items > len(shown) else ""
        )
        return Panel(title, Axis("item", (-1, len(shown)), names=names), Axis("amplitude", (-1.05, 1.05)), tuple(marks))

    def _success(self) -> Panel:
        best = int(theory.grover_iterations(self._items, int(self.wanted)))
        end = int(min(MOST_ITERATIONS, max(above(max(3 * best, 6)), self.iterations)))
        numbers = np.arange(end + 1)
        looked = 1 - np.array([_missed(self._items, int(self.wanted), number) for number in numbers.tolist()])
        seen = runs.measured(int(self.qubits), int(self.wanted), self.fault)[: end + 1]
        marks: list[Mark] = [
            *self._guess_band(),
            Line("theory", numbers.tolist(), (100 * self._probability(numbers)).tolist(), "theory"),
            Line("looked at one by one", numbers.tolist(), (100 * looked).tolist(), "other"),
            Points("simulated", numbers.tolist(), [100 * share for share in seen], "main"),
            Rule("now", float(self.iterations), role="reference"),
        ]
        return Panel(
            "How probable a find is",
            Axis("iterations, or items looked at", (-0.01 * end, end)),
            Axis("probability", (-2, 105), unit="%"),
            tuple(marks),
        )

    def _times(self, sizes: list[float]) -> tuple[list[float], list[float]]:
        """Return the looks that each takes on average: one by one, and by Grover's algorithm, with a look at what it found, until it is right."""
        numbers = np.array(sizes, dtype=np.int64)
        iterations = np.asarray(theory.grover_iterations(numbers)).astype(np.int64)
        quantum = (self.slower * iterations + 1) / np.asarray(theory.grover_success(numbers, iterations))
        return np.asarray(theory.expected_lookups(numbers)).tolist(), quantum.tolist()

    def _crossing(self) -> int:
        """Return the power of two from which on Grover's algorithm is faster."""
        power = next(power for power in range(1, 60) if (pair := self._times([2.0**power]))[1][0] < pair[0][0])
        return 1 << power

    def _growth(self) -> Panel:
        one_by_one, quantum = self._times(SIZES)
        marks: list[Mark] = [
            Line("one by one: N / 2", SIZES, one_by_one, "other"),
            Line("Grover: √N", SIZES, quantum),
            Line("in order: log₂ N", SIZES, [max(math.log2(size), 1.0) for size in SIZES], "reference"),
            Rule(f"faster from about {_large(self._crossing())}", float(self._crossing()), role="reference"),
        ]
        y = Axis("looks, or time in looks", (1, 1e15), scale="log", names=_decades())
        return Panel("How the time to find one grows", Axis("items, N", (1, 1e14), scale="log", names=_decades()), y, tuple(marks))

    def describe(self) -> str:
        """Say how probable a find is, and what limits it."""
        items, wanted, made = self._items, int(self.wanted), int(self.iterations)
        best = int(theory.grover_iterations(items, wanted))
        what = "the one that is wanted" if wanted == 1 else f"one of the {wanted} that are wanted"
        looked = 100 * (1 - _missed(items, wanted, made))
        first = (
            f"After {_counted(made, 'iteration')} a measurement finds {what} among {items:,} with a probability of {self.answer():.1f} %; "
            f"whoever has looked at {made} of them one by one, with one of {looked:.1f} %"
        )
        return f"{first}. {self._reason(best)}."

    def _reason(self, best: int) -> str:
        items, wanted, made = self._items, int(self.wanted), int(self.iterations)
        if self.show == "growth":
            one_by_one, quantum = self._times([2.0**30])
            longer = "as one look takes" if self.slower == 1 else f"as {self.slower:,} looks take"
            return (
                f"If an iteration takes as long {longer}, a billion items take the time of {_large(quantum[0])} looks instead of "
                f"{_large(one_by_one[0])}, and Grover's algorithm is faster from about {_large(self._crossing())} items on – but whoever keeps "
                "them in order needs 30 looks and no quantum computer"
            )
        most = 100 * float(self._probability(best))
        if self.fault:
            ideal = 100 * float(theory.grover_success(items, best, wanted))
            return (
                f"Without faults {_counted(best, 'iteration')} would give {ideal:.1f} %, with them {most:.1f} %: one fault anywhere on the way, "
                "and what is measured is chance"
            )
        if made > best:
            return (
                f"After {best} it was {most:.1f} %: each iteration turns the state by the same angle, also past the goal, and to stop in time "
                "one must know how many are wanted"
            )
        if made == best:
            return "That is the best moment: the next iteration turns the state past the goal"
        return f"The best moment comes after {_counted(best, 'iteration')}, with {most:.1f} %"

    def table(self) -> pd.DataFrame:
        """Give the probabilities after each number of iterations.

        Returns
        -------
        pandas.DataFrame
            Columns ``iterations``, ``wanted`` and ``other``, the amplitudes of each item that is wanted and of each that is not, without faults;
            ``theory``, ``simulated`` and ``one_by_one``, the probability of a find.
        """
        found, numbers = self.result, np.arange(MOST_ITERATIONS + 1)
        rest = np.setdiff1d(np.arange(self._items), found.wanted)
        return pd.DataFrame(
            {
                "iterations": numbers,
                "wanted": found.amplitudes[:, found.wanted[0]],
                "other": found.amplitudes[:, rest[0]] if rest.size else np.nan,
                "theory": self._probability(numbers),
                "simulated": runs.measured(int(self.qubits), int(self.wanted), self.fault),
                "one_by_one": [1 - _missed(self._items, int(self.wanted), number) for number in numbers.tolist()],
            }
        )

    def steps_key(self) -> str:
        """Say that the story is always the same."""
        return "one among eight"

    def steps(self) -> Steps:
        """Tell of a search for one among eight items, half an iteration at a time."""
        found, told = search(3, [5], 4), list[Step]()
        for number in range(4):
            before, chance = found.success[number], found.success[number + 1]
            turned, after = found.turned[number], found.amplitudes[number + 1]
            kept = f"Iteration {number + 1}: the oracle turns the amplitude of item 5 round. That alone changes no probability: {100 * before:.0f} %."
            told.append(Step("O", True, _hundredths(turned), "", kept))
            mirrored = f"All amplitudes are mirrored at their mean, {turned.mean():+.2f}. Item 5 would now be found with {100 * chance:.0f} %."
            told.append(Step("M", bool(chance > before), _hundredths(after), "", mirrored))
        return Steps("Step by step: the amplitudes of items 0 to 7, in hundredths; item 5 is wanted", 8, "no worse", "worse", told)


def _bars(label: str, places: list[tuple[int, float]], *, wanted: bool) -> Area:
    """Draw a bar at each place, upwards or downwards from 0."""
    x = [place + side for place, _ in places for side in (-0.4, -0.4, 0.4, 0.4)]
    heights = [part for _, height in places for part in (0.0, height, height, 0.0)]
    return Area(label, x, [min(height, 0.0) for height in heights], [max(height, 0.0) for height in heights], "main" if wanted else "other")


def _hundredths(amplitudes: Any) -> list[str]:
    return [f"{100 * amplitude:.0f}".replace("-", "−") for amplitude in amplitudes]


def _missed(items: int, wanted: int, looked: int) -> float:
    """Return the probability that none of those wanted is among so many different items."""
    return math.comb(items - wanted, looked) / math.comb(items, looked) if looked <= items else 0.0


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _decades() -> list[tuple[float, str]]:
    return [(10.0**power, name) for power, name in ((0, "1"), (3, "1,000"), (6, "million"), (9, "billion"), (12, "trillion"))]


def _large(number: float) -> str:
    """Write large numbers in words where figures would be hard to read."""
    for size, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if number >= size:
            return f"{number / size:,.3g} {name}"
    return f"{number:,.0f}"
