"""Regions of the exercise on edge sites, what is no choice of sites, and what the library's own choices are worth there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.edge import HOPELESS, OWN_REGIONS, own_region, region_of, site_numbers


def test_a_region_is_plain_and_comes_again() -> None:
    region = region_of(8, 1)
    assert region == region_of(8, 1)
    assert region != region_of(8, 2)
    assert all(len(user["ways"]) == 9 for user in region["users"])
    assert all(min(user["ways"]) >= 10 for user in region["users"])
    assert sum(user["rate"] for user in region["users"]) < region["centre"]
    assert {type(site[key]) for site in region["sites"] for key in ("rate", "rent")} == {float}


@pytest.mark.parametrize("sites", [0, 16])
def test_a_region_has_one_to_fifteen_sites(sites: int) -> None:
    with pytest.raises(ValueError, match=f"sites is {sites}"):
        region_of(sites, 1)


def fewest_late(region: dict[str, Any]) -> float:
    """Return the smallest share of late requests that any choice of sites leads to, by trying all at once."""
    count = len(region["sites"])
    ways, rates = np.array([user["ways"] for user in region["users"]]), np.array([user["rate"] for user in region["users"]])
    able = np.array([*(site["rate"] for site in region["sites"]), region["centre"]])
    there = (np.arange(1 << count)[:, None] >> np.arange(count + 1) & 1).astype(bool)
    there[:, count] = True
    gone = np.where(there[:, None], ways, np.inf).argmin(axis=2)
    comes = np.stack([(rates * (gone == place)).sum(axis=1) for place in range(count + 1)], axis=1)
    spare = np.take_along_axis(np.maximum(0, able - comes), gone, axis=1)
    left = np.maximum(0, region["goal"] - ways[np.arange(len(ways)), gone]) / 1_000
    return float((rates * np.exp(-spare * left)).sum(axis=1).min() / rates.sum())


def test_in_a_region_of_ones_own_the_promise_can_be_kept() -> None:
    kept = {number for number in range(OWN_REGIONS) if fewest_late(region := region_of(8, number)) <= region["late"]}
    assert set(range(OWN_REGIONS)) - kept == HOPELESS
    assert own_region(3_387_085_033) == region_of(8, 33)
    for number in (*HOPELESS, OWN_REGIONS - 1):
        assert any(own_region(number) == region_of(8, (number + more) % OWN_REGIONS) for more in range(5) if (number + more) % OWN_REGIONS in kept)


def test_a_choice_is_none_or_numbers_in_order() -> None:
    assert site_numbers(None, 8) is None
    assert site_numbers((), 8) == []
    assert site_numbers(np.array([5, 1]), 8) == [1, 5]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("01", "a list of whole numbers"),
        ([1.0], "a list of whole numbers"),
        ([True], "a list of whole numbers"),
        ([8], "8 came"),
        ([-1], "-1 came"),
        ([3, 3], "one came twice"),
    ],
)
def test_what_is_no_choice(found: object, said: str) -> None:
    with pytest.raises(NotYet, match=said):
        site_numbers(found, 8)
