"""The region of the edge: users, sites and a data centre on a map, and how long requests are on their way between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks
from labsupport.simulators.anatomy import LIGHT_IN_FIBRE
from labsupport.simulators.numbering import read_only

Floats = NDArray[np.float64]

DETOUR = 1.5  # how much longer cables are than the straight line
LAST_MILE = 10.0  # ms there and back between a user and the network


@dataclass(frozen=True, eq=False)
class Map:
    """Users, the sites that could be opened, and the data centre, in kilometres.

    Attributes
    ----------
    users : ndarray of float, shape (users, 2)
    weights : ndarray of float, shape (users,)
        The share of all requests that comes from each; together 1.
    sites : ndarray of float, shape (sites, 2)
    centre : ndarray of float, shape (2,)
    """

    users: Floats
    weights: Floats
    sites: Floats
    centre: Floats


def region(users: int = 160, sites: int = 12, seed: int = 0, *, width: float = 2_400.0, height: float = 1_000.0, far: float = 0.0) -> Map:
    """Draw a region: cities of unequal size with users around them, a site on the northern edge of each, and the data centre in the west.

    Parameters
    ----------
    users : int, default 160
        How many, at least 1; in the larger cities more.
    sites : int, default 12
        How many cities, at least 1.
    seed : int, default 0
        Same seed, same region.
    width, height : float
        Of the map, in kilometres.
    far : float, default 0
        By how many kilometres the data centre lies farther west than a tenth of the width beyond the border.

    Returns
    -------
    Map

    Raises
    ------
    ValueError, TypeError
        If a number is outside its range.

    Examples
    --------
    >>> region(users=3, sites=2, seed=1).users.shape
    (3, 2)
    """
    users, sites = checks.integer("users", users, minimum=1), checks.integer("sites", sites, minimum=1)
    size = np.array([checks.number("width", width, above=0), checks.number("height", height, above=0)])
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    cities = np.empty((0, 2))
    while len(cities) < sites:  # the farthest of some places, so that no two cities coincide
        places = generator.uniform(0.06, 0.94, (8, 2)) * size
        apart = np.linalg.norm(places[:, None] - cities[None], axis=2).min(axis=1) if len(cities) else np.zeros(8)
        cities = np.vstack((cities, places[np.argmax(apart)]))
    shares = 1 / np.arange(1, sites + 1) ** 0.8
    home = generator.choice(sites, users, p=shares / shares.sum())
    around = np.clip(cities[home] + generator.normal(0, 0.05 * size[1], (users, 2)), 0, size)
    weights = generator.uniform(0.5, 1.5, users)
    centre = np.array([-0.1 * size[0] - checks.number("far", far, minimum=0), size[1] / 2])
    edges = cities + np.array([0.0, 0.1 * size[1]])
    return Map(read_only(around), read_only(weights / weights.sum()), read_only(edges), read_only(centre))


def round_trips(places: ArrayLike, others: ArrayLike) -> Floats:
    """Return the round-trip times between places, in milliseconds: twice the way by cable at the speed of light in fibre.

    Parameters
    ----------
    places, others : array_like of float, shapes (n, 2) and (m, 2)
        In kilometres.

    Returns
    -------
    ndarray of float, shape (n, m)

    Raises
    ------
    ValueError
        If an argument is wrong.

    Examples
    --------
    >>> round_trips([[0, 0]], [[0, 1_000], [300, 400]]).round(1)
    array([[14.7,  7.3]])
    """
    ends = []
    for name, value in (("places", places), ("others", others)):
        end = np.asarray(value, dtype=np.float64)
        if end.ndim != 2 or end.shape[1] != 2 or not np.isfinite(end).all():
            raise ValueError(f"{name} must be finite places of two numbers each, but has shape {end.shape}")
        ends.append(end)
    away: Floats = np.linalg.norm(ends[0][:, None] - ends[1][None], axis=2)
    return 2_000 * DETOUR * away / LIGHT_IN_FIBRE


def ways(area: Map, answered: float) -> Floats:
    """Return how long a request and its answer are on their way, on average, for each user by each site, and straight to the data centre.

    Parameters
    ----------
    area : Map
    answered : float
        The share of requests that a site answers itself, from 0 to 1.

    Returns
    -------
    ndarray of float, shape (users, sites + 1)
        Milliseconds; the last column is the data centre.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> area = Map(np.zeros((1, 2)), np.ones(1), np.array([[0.0, 100.0]]), np.array([0.0, 1_100.0]))
    >>> ways(area, answered=0.8).round(1)
    array([[14.4, 26.2]])
    """
    answered = checks.number("answered", answered, 0, 1)
    near = round_trips(area.users, area.sites)
    onward = (1 - answered) * round_trips(area.sites, area.centre[None])[:, 0]
    return np.hstack((near + onward, round_trips(area.users, area.centre[None]))) + LAST_MILE
