"""The court of the claim that one server at 100 % hurts a cluster at 80 %: it simulates a witness on a seed of its own. No witness is in here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from labsupport.exercises.expectations import NotYet
from labsupport.simulators import hot_node

HINTS = {
    "hot": (
        "Who notices the hot node at all? Count the requests that ask it, once if each asks a single node, and once if each asks all of them.",
        "You may choose whom to look at: the request in the middle, or one near the slow end. Which of them sees the hot node, if one "
        "request in fifty asks it?",
        "For the last part, write down the mean response of all requests as a sum over the nodes, with one of them different. What is "
        "given, and what is asked for?",
    ),
}

HOT, OTHERS = 1.0, 0.8  # loads
HURT, UNHURT = 2.0, 1.2  # times as long as if none were hot: this or more, this or less
QUESTIONS = 120_000  # to all nodes together, so that a wide request costs no more than a narrow one

SETTINGS: Mapping[str, tuple[int, int] | tuple[float, float]] = {"nodes": (2, 50), "fanout": (1, 50), "percentile": (50.0, 99.0)}


def court(seed: int, nodes: int, fanout: int, percentile: float) -> str:
    """Compare a cluster with one node at 100 % and all others at 80 % with the same cluster without a hot node.

    Parameters
    ----------
    seed : int
        Same seed, same requests.
    nodes : int
        How many there are. Each is asked as often as the others; the hot one takes longer.
    fanout : int
        How many different nodes each request asks; it waits for the slowest answer.
    percentile : float
        Whose response is compared: 50 is the request in the middle, 99 the one that 1 in 100 exceeds.

    Returns
    -------
    {"refutes", "supports"}

    Raises
    ------
    NotYet
        If a request asks more nodes than there are, or the difference is too small to support and too large to refute.

    Examples
    --------
    >>> court(1, nodes=3, fanout=3, percentile=50)
    'supports'
    """
    if fanout > nodes:
        raise NotYet(f"almost: this witness says nothing – each request asks {fanout} nodes, and there are {nodes}. Look next: fanout.")
    generator = np.random.default_rng(seed)
    requests = QUESTIONS // fanout
    arrivals = np.cumsum(generator.standard_exponential(requests)) * fanout / nodes
    targets = (generator.integers(0, nodes, requests)[:, np.newaxis] + np.arange(fanout)) % nodes
    work = generator.standard_exponential((requests, fanout))
    speeds = np.full(nodes, 1 / OTHERS)
    even = hot_node.simulate(arrivals, work, targets, speeds).responses
    speeds[0] = 1 / HOT
    hot = hot_node.simulate(arrivals, work, targets, speeds).responses
    times = float(np.percentile(hot, percentile) / np.percentile(even, percentile))
    if times >= HURT:
        return "supports"
    if times <= UNHURT:
        return "refutes"
    raise NotYet(
        f"almost: this witness says little – the response at the percentile {percentile:g} is {times:.2f} times as long as without a hot node; "
        f"{HURT:g} times or more supports, {UNHURT:g} times or less refutes. Look next: how many requests ask the hot node, and whom you look at."
    )
