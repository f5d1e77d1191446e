"""What the exercise on edge sites needs: regions with users, sites and prices, and a look at what was chosen. No answer is in here."""

from __future__ import annotations

from typing import Any

import numpy as np

from labsupport import checks
from labsupport.exercises.expectations import NotYet
from labsupport.simulators import edge_region
from labsupport.simulators.edge_sites import MOST_SITES

HINTS = {
    "edge": (
        "Begin with where everybody goes: for each user, of the open places the one with the shortest way, whatever the queue there. "
        "What comes to each place is the sum of its users.",
        "Of the goal, a user has already spent the way. What is left for the place is different for each user of the same place – and if nothing is "
        "left, or the place gets more than it can do, how many of this user's requests are late?",
        "A further site can make things worse: it draws users from a large place into a small one. So neither the cheapest site nor the one that "
        "helps most must be part of the answer. How many sets of eight sites are there?",
    ),
}

GOAL, LATE = 60.0, 0.05
RATE, USERS, FAR = 1_000.0, 24, 1_500.0  # requests a second, places where they come from, and kilometres
OWN_SITES, OWN_REGIONS = 8, 1_000  # what students' own regions have, and how many of these there are
# Of them, those in which no choice of sites keeps the promise.
HOPELESS = frozenset((
    9, 47, 48, 50, 59, 64, 91, 98, 121, 166, 197, 203, 216, 250, 253, 271, 291, 300, 307, 310, 312, 347, 357, 372, 373, 374, 405, 457, 468,
    534, 535, 546, 557, 604, 623, 635, 639, 692, 712, 763, 786, 787, 794, 819, 830, 854, 861, 864, 873, 879, 890, 893, 898, 911, 921, 924,
    929, 991,
))  # fmt: skip


def region_of(sites: int, seed: int) -> dict[str, Any]:
    """Draw a region: where users are and how far from everything, what each site can do and costs, and what is promised.

    Parameters
    ----------
    sites : int
        How many could be opened, 1 to 15.
    seed : int
        Same seed, same region.

    Returns
    -------
    dict
        ``"users"``, a dict for each place with users, with its ``"rate"`` in requests a second and ``"ways"``, the milliseconds there and back to
        each site and last to the data centre; ``"sites"``, a dict for each, with the ``"rate"`` that it can do, in requests a second, and its
        ``"rent"``, in euros an hour; ``"centre"``, the ``"rate"`` that the data centre can do; ``"backhaul"``, the euros an hour for each request a
        second that goes to the data centre; ``"goal"``, in milliseconds, and ``"late"``, the share of the requests that may take longer.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> region = region_of(2, seed=1)
    >>> region["sites"], region["backhaul"]
    ([{'rate': 540.0, 'rent': 5.72}, {'rate': 440.0, 'rent': 4.63}], 0.0055)
    """
    sites = checks.integer("sites", sites, 1, MOST_SITES)
    area = edge_region.region(USERS, sites, checks.integer("seed", seed, minimum=0), far=FAR)
    ways = edge_region.round_trips(area.users, np.vstack((area.sites, area.centre[None]))) + edge_region.LAST_MILE
    rates = np.maximum(np.rint(RATE * area.weights), 1.0)
    generator = np.random.default_rng([seed, sites])
    able = generator.integers(12, 36, sites) * 20
    rents = np.round(able * generator.uniform(0.008, 0.014, sites), 2)
    return {
        "users": [{"rate": float(rate), "ways": way} for rate, way in zip(rates, ways.round(1).tolist(), strict=True)],
        "sites": [{"rate": float(rate), "rent": float(rent)} for rate, rent in zip(able, rents, strict=True)],
        "centre": float(rates.sum()) + 250.0,
        "backhaul": float(np.round(generator.uniform(0.003, 0.012), 4)),
        "goal": GOAL,
        "late": LATE,
    }


def own_region(seed: int) -> dict[str, Any]:
    """Draw a region with eight sites in which some choice of them keeps the promise.

    Parameters
    ----------
    seed : int
        Same seed, same region.

    Returns
    -------
    dict
        As `region_of` returns it.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> own_region(1_009) == region_of(8, seed=10)  # in the ninth nobody can keep it
    True
    """
    number = checks.integer("seed", seed, minimum=0) % OWN_REGIONS
    while number in HOPELESS:
        number = (number + 1) % OWN_REGIONS
    return region_of(OWN_SITES, number)


def site_numbers(found: Any, sites: int) -> list[int] | None:
    """Return the sites that were chosen in order, or say why they are none.

    Parameters
    ----------
    found : list of int or None
        What was returned.
    sites : int
        How many there are.

    Returns
    -------
    list of int or None

    Raises
    ------
    NotYet
        If it is neither ``None`` nor a list of different whole numbers from 0 to ``sites`` − 1.

    Examples
    --------
    >>> site_numbers([7, 3], 8)
    [3, 7]
    """
    if found is None:
        return None
    listed = found.tolist() if isinstance(found, np.ndarray) else found
    if not isinstance(listed, (list, tuple)) or not all(type(site) is int or isinstance(site, np.integer) for site in listed):
        raise NotYet("almost: the sites – a list of whole numbers is needed, or None. Look next: what your function returns.")
    outside = [site for site in listed if not 0 <= site < sites]
    if outside:
        raise NotYet(f"almost: the sites – {outside[0]} came, but there are {sites}, counted from 0. Look next: how you count them.")
    if len(set(listed)) < len(listed):
        raise NotYet("almost: the sites – one came twice, but can be opened once. Look next: how you put the list together.")
    return sorted(int(site) for site in listed)
