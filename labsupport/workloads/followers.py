"""Followers: how many each user of a social network has, and who they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

MOST_USERS = 1_000_000
Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Network:
    """Who follows whom.

    Attributes
    ----------
    starts : ndarray of int64, shape (users + 1,)
        Where each user's followers begin in ``followers``. Read-only.
    followers : ndarray of int64, shape (follows,)
        Their numbers, one user's after the other's. Read-only.

    Examples
    --------
    User 0 is followed by 1 and 2, user 1 by 2, user 2 by nobody:

    >>> network = Network.of([[1, 2], [2], []])
    >>> network.counts, network.reversed.counts
    (array([2, 1, 0]), array([0, 1, 2]))
    """

    starts: Numbers
    followers: Numbers

    @classmethod
    def of(cls, followers: Any) -> Network:
        """Make a network from one list of followers for each user.

        Parameters
        ----------
        followers : sequence of sequence of int
            Nobody may be there twice, or follow themselves.

        Returns
        -------
        Network

        Raises
        ------
        TypeError, ValueError
            If that is not so, or a follower is no user.
        """
        if not len(followers):
            raise ValueError("followers is empty, but there must be at least one user")
        for user, names in enumerate(followers):
            listed = checks.integers("followers", names, 0, len(followers) - 1, kind="user").tolist() if len(names) else []
            if len(set(listed)) < len(listed) or user in listed:
                raise ValueError(f"followers[{user}] is {listed}, but nobody may be there twice, or follow themselves")
        starts = np.concatenate(([0], np.cumsum([len(names) for names in followers])))
        return cls(_kept(starts), _kept(np.array([name for names in followers for name in names], dtype=np.int64)))

    @property
    def users(self) -> int:
        """How many there are."""
        return self.starts.size - 1

    @cached_property
    def counts(self) -> Numbers:
        """How many followers each user has."""
        return np.diff(self.starts)

    @cached_property
    def reversed(self) -> Network:
        """The same the other way round: for each user, those whom they follow."""
        authors = np.repeat(np.arange(self.users), self.counts)
        order = np.argsort(self.followers, kind="stable")
        starts = np.concatenate(([0], np.cumsum(np.bincount(self.followers, minlength=self.users))))
        return Network(_kept(starts), _kept(authors[order]))


def _kept(values: Any) -> Numbers:
    array = np.ascontiguousarray(values, dtype=np.int64)
    array.flags.writeable = False
    return array


def follower_counts(users: int, mean: float, seed: int, *, shape: float = 1.2) -> Numbers:
    """Share out followers with a heavy tail: most users have a few, and a few have most.

    The counts are the quantiles of a Pareto distribution, cut off where everybody follows, and scaled so that their mean comes as near to
    ``mean`` as whole numbers allow. Chance only decides who has which.

    Parameters
    ----------
    users : int
        From 2 to 1,000,000.
    mean : float
        Followers on average, above 0 and at most half as many as there are users.
    seed : int
    shape : float, default 1.2
        How heavy the tail is, above 0: the smaller, the heavier.

    Returns
    -------
    ndarray of int64, shape (users,)

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Kwak, Lee, Park, Moon, "What is Twitter, a Social Network or a News Media?", WWW 2010: followers have a heavy tail.

    Examples
    --------
    >>> counts = follower_counts(1_000, mean=20, seed=1)
    >>> counts.mean().round(), np.sort(counts)[[0, 500, 990, 999]]
    (np.float64(20.0), array([  4,   8, 231, 999]))
    """
    size = checks.integer("users", users, 2, MOST_USERS)
    wanted = checks.number("mean", mean, above=0, maximum=size / 2)
    tail = (1 - (np.arange(size) + 0.5) / size) ** (-1 / checks.number("shape", shape, above=0))

    def scaled(factor: float) -> Numbers:
        return np.minimum(factor * tail, size - 1).astype(np.int64)

    low, high = 0.0, float(size)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if scaled(middle).mean() < wanted else (low, middle)
    return np.random.default_rng(checks.integer("seed", seed, 0)).permutation(scaled(high))


def follower_network(counts: Any, seed: int) -> Network:
    """Draw who follows whom: each user's followers are any of the others, all equally likely.

    Parameters
    ----------
    counts : array_like of int, shape (users,)
        How many followers each has, fewer than there are users.
    seed : int

    Returns
    -------
    Network

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> network = follower_network([2, 0, 1], seed=0)
    >>> network.starts, sorted(network.followers[:2].tolist())
    (array([0, 2, 2, 3]), [1, 2])
    """
    size = len(counts)
    wanted = checks.integers("counts", counts, 0, max(size - 1, 0), kind="count")
    generator = np.random.default_rng(checks.integer("seed", seed, 0))
    chosen = [generator.choice(size - 1, count, replace=False, shuffle=False) if count else np.zeros(0, dtype=np.int64) for count in wanted]
    lists = [np.sort(others + (others >= user)) for user, others in enumerate(chosen)]  # one number is left out: one's own
    return Network(_kept(np.concatenate(([0], np.cumsum(wanted)))), _kept(np.concatenate(lists)))
