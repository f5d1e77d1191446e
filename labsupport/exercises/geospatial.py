"""What the exercise on the nearest drivers needs: cities, and a referee who opens the cells that a student asks for. No search is in here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from labsupport import checks
from labsupport.exercises.expectations import NotYet

HINTS = {
    "nearest": (
        "Draw somebody near the border of a cell. Which drivers may be nearer than the nearest in the same cell? Which cells are they in?",
        "After some rounds you have seen a square of cells around the one you stand in. How far can you walk in any direction and still be "
        "sure to be inside of it?",
        "When is the last driver whom you want nearer than anybody whom you have not seen? And when must you go on, although you have enough?",
    ),
}

KINDS = ("even", "crowded", "sparse", "bordering")
MOST_ROUNDS, MOST_CELLS = 200, 40_000
SPARE = 2  # cell sides beyond the last driver in which one may look

Drivers = list[tuple[float, float]]
Ask = tuple[float, float, int]
Look = Callable[[float, float, int, float, list[int], int, list[float]], Any]


def drivers(kind: str, count: int, seed: int) -> Drivers:
    """Place drivers in a city.

    Parameters
    ----------
    kind : {"even", "crowded", "sparse", "bordering"}
        Everywhere alike; most of them at a few places; hardly any and far apart; or right at the borders of cells of 1 km.
    count : int
        How many, from 1 to 100,000.
    seed : int
        Same seed, same city.

    Returns
    -------
    list of (float, float)
        Kilometres east and north of the town hall.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> len(drivers("even", 300, 1))
    300
    """
    return _places(checks.choice("kind", kind, KINDS), checks.integer("count", count, 1, 100_000), checks.integer("seed", seed, 0), 0)


def asks(kind: str, count: int, wanted: int, seed: int) -> list[Ask]:
    """Let people ask for the nearest drivers of a city.

    Parameters
    ----------
    kind : {"even", "crowded", "sparse", "bordering"}
    count : int
        How many people.
    wanted : int
        How many drivers each wants to know.
    seed : int

    Returns
    -------
    list of (float, float, int)
        Kilometres east and north, and how many are wanted.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> asks("even", 1, 3, 1)[0][2]
    3
    """
    seats = _places(checks.choice("kind", kind, KINDS), checks.integer("count", count, 1, 100_000), checks.integer("seed", seed, 0), 1)
    return [(east, north, checks.integer("wanted", wanted, 1)) for east, north in seats]


def _places(kind: str, count: int, seed: int, whose: int) -> Drivers:
    """Draw places in a city whose crowded quarters are the same for everybody."""
    generator = np.random.default_rng([seed, 11, whose])
    places = generator.uniform(-10, 10, (count, 2)) * (5 if kind == "sparse" else 1)
    if kind == "crowded":
        middles = np.random.default_rng([seed, 12]).uniform(-8, 8, (6, 2))
        places = middles[generator.integers(0, 6, count)] + generator.normal(0, 0.6, (count, 2))
    if kind == "bordering":
        places = np.round(places) + generator.choice([-0.001, 0.0, 0.001], (count, 2))
    return [(float(east), float(north)) for east, north in places.round(4)]


def searched(look: Look, city: Drivers, side: float, people: Iterable[Ask], *, few: bool = False) -> list[list[float]]:
    """Let a student's rule look for the nearest drivers, cell by cell.

    Round by round, the rule is asked which cells to open next; when it returns none, the search is over.

    Parameters
    ----------
    look : callable
        Takes the place (east and north, km), how many drivers are wanted, the side of a cell in km, the box – the westernmost and easternmost
        column and the southernmost and northernmost row in which there are drivers –, the number of the round from 0, and the distances
        to all drivers seen so far in km, ascending. Returns a list of cells, ``[column, row]``.
    city : list of (float, float)
        The drivers.
    side : float
        Of a cell, in km. A cell holds its western and its southern border.
    people : iterable of (float, float, int)
        East, north, and how many drivers are wanted.
    few : bool, default False
        Whether to look at how many drivers were seen as well.

    Returns
    -------
    list of list of float
        The distances found, in metres, for each of the people.

    Raises
    ------
    NotYet
        If a search does not end, or sees too many drivers.

    Examples
    --------
    >>> searched(lambda *_: [], [(0.5, 0.5)], 1.0, [(0.2, 0.2, 1)])
    [[]]
    """
    cells = _sorted(city, side)
    found = []
    for person in people:
        east, north, wanted = person
        distances, _ = _seen(look, person, cells, city, side)
        found.append([round(1_000 * distance, 3) for distance in distances[:wanted]])
        if few and len(distances) >= wanted:
            reach = distances[wanted - 1] + SPARE * side + 1e-9
            allowed = sum(abs(other - east) <= reach and abs(above - north) <= reach for other, above in city)
            if len(distances) > allowed:
                raise NotYet(
                    f"almost: {len(distances):,} drivers were seen to find {wanted}, but no more than the {allowed:,} within {SPARE} cell sides of "
                    "the last of them may be. Look next: when you know that nobody nearer can be left."
                )
    return found


def cost(look: Look, city: Drivers, side: float, people: Iterable[Ask]) -> dict[str, float]:
    """Count what a student's rule looks at in a search, on average.

    Parameters
    ----------
    look, city, side, people
        As `searched` takes them.

    Returns
    -------
    dict
        ``drivers`` seen and ``cells`` opened.

    Examples
    --------
    >>> cost(lambda *_: [], [(0.5, 0.5)], 1.0, [(0.2, 0.2, 1)])
    {'drivers': 0.0, 'cells': 0.0}
    """
    cells = _sorted(city, side)
    seen = [_seen(look, person, cells, city, side) for person in people]
    return {
        "drivers": float(np.mean([len(distances) for distances, _ in seen])),
        "cells": float(np.mean([opened for _, opened in seen])),
    }


def _sorted(city: Drivers, side: float) -> dict[tuple[int, int], list[int]]:
    """Put the drivers into cells."""
    cells: dict[tuple[int, int], list[int]] = {}
    for number, (east, north) in enumerate(city):
        cells.setdefault((math.floor(east / side), math.floor(north / side)), []).append(number)
    return cells


def _seen(look: Look, person: Ask, cells: dict[tuple[int, int], list[int]], city: Drivers, side: float) -> tuple[list[float], int]:
    """Open cells until the rule wants no more; return how far the drivers are who were seen, and how many cells were opened."""
    east, north, wanted = person
    columns, rows = zip(*cells, strict=True)
    box = [min(columns), max(columns), min(rows), max(rows)]
    opened: set[tuple[int, int]] = set()
    distances: list[float] = []
    for number in range(MOST_ROUNDS):
        asked = look(east, north, wanted, side, list(box), number, list(distances))
        if not isinstance(asked, (list, tuple)) or not all(isinstance(cell, (list, tuple)) and len(cell) == 2 for cell in asked):
            raise NotYet("almost: a list of cells, such as [[0, 0], [0, 1]], is asked for, and something else came. Look next: what is returned.")
        wished = {(checks.integer("column", column), checks.integer("row", row)) for column, row in asked} - opened
        if not asked:
            return distances, len(opened)
        opened |= wished
        if len(opened) > MOST_CELLS:
            raise NotYet(f"almost: more than {MOST_CELLS:,} cells were opened for one search. Look next: how far there are drivers at all.")
        new = [city[driver] for cell in wished for driver in cells.get(cell, ())]
        distances = sorted(distances + [math.hypot(other - east, above - north) for other, above in new])
    raise NotYet(f"almost: a search had not ended after {MOST_ROUNDS} rounds. Look next: when nothing is left to be opened.")
