"""The exercise on fair shares: the clusters that it makes."""

from __future__ import annotations

import pytest

from labsupport.exercises import fingerprint
from labsupport.exercises.fairness import cluster


def test_clusters_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    one, again, other = (fingerprint(cluster(4, seed)["users"]) for seed in (1, 1, 2))
    assert one == again != other


@pytest.mark.parametrize("seed", range(5))
def test_users_need_something_and_count_alike_if_asked_to(seed: int) -> None:
    alike = cluster(6, seed, weighted=False)["users"]
    assert {user["weight"] for user in alike} == {1}
    assert all(0 < max(user["needs"].values()) <= 16 for user in alike)
    assert {user["weight"] for user in cluster(60, seed)["users"]} == {1, 2, 3}


def test_nothing_is_made_of_nonsense() -> None:
    with pytest.raises(ValueError, match="users is 0"):
        cluster(0, 1)
