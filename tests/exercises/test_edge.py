"""Regions of the exercise on edge sites, what is no choice of sites, and what the library's own choices are worth there."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.edge import region_of, site_numbers


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
