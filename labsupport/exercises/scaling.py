"""What the exercise on scaling needs, tables of measurements, and the court of the claim “total processable data = N × X”. No answer is in here."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

import numpy as np

from labsupport import checks, workloads
from labsupport.exercises.expectations import NotYet
from labsupport.simulators import scaling

HINTS = {
    "hurts": (
        "What does a row say of the throughput, and in which unit? Only then is there something to fit.",
        "A fitted law can be asked at any number of nodes, also where nobody measured. How would you find the highest of a thousand values?",
        "Each of the 500 samples is a law that the measurements allow just as well. Ask every one of them your question, and look how far "
        "their answers agree.",
    ),
    "product": (
        "Play with the scaling lab: what share of each job may be done by one node at a time, if 100 nodes are to be kept busy? And 4 nodes?",
        "With 100 nodes, what does each of them spend on agreeing with the 99 others? Compare that with the job itself.",
        "For the last part, look at one machine only, and ask when the nodes begin to stand in line.",
    ),
}

COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
NOISE = 0.02  # of what is measured
TIME, HOLDS, FAILS = 200.0, 0.9, 0.5  # in jobs of one node; N × X holds from this share of it on, and fails up to that

SETTINGS: Mapping[str, tuple[int, int] | tuple[float, float]] = {"nodes": (2, 128), "shared": (0.005, 0.5), "agree": (0.0001, 0.02), "wait": (0, 1)}


def scaling_table(seed: int) -> list[tuple[int, int, int]]:
    """Measure a system with more and more nodes.

    Parameters
    ----------
    seed : int
        Same seed, same table.

    Returns
    -------
    list of (int, int, int)
        Nodes, jobs done, and the seconds that it took.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> scaling_table(seed=1)[:3]
    [(1, 2589, 36), (2, 6586, 50), (3, 7847, 44)]
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    rate, contention = chance.uniform(50, 200), chance.uniform(0.01, 0.1)
    coherency = math.exp(chance.uniform(math.log(1e-4), math.log(4e-3)))
    table = []
    for nodes in COUNTS:
        seconds = chance.randint(20, 60)
        done = rate * nodes / (1 + (contention + coherency * nodes) * (nodes - 1)) * seconds
        table.append((nodes, round(done * chance.gauss(1, NOISE)), seconds))
    return table


def court(seed: int, nodes: int, shared: float, agree: float, wait: int) -> str:
    """Compare what nodes process together with as many times what one of them processes alone in the same time.

    Parameters
    ----------
    seed : int
        Same seed, same jobs.
    nodes : int
        How many there are.
    shared : float
        Share of each job that needs something only one node can use at a time.
    agree : float
        Share of a job that each node needs in addition for every other one, to agree with it.
    wait : int
        1 if nobody begins a new job before all have done theirs, 0 if each goes on when it is ready.

    Returns
    -------
    {"refutes", "supports"}

    Raises
    ------
    NotYet
        If they process too little to support N × X and too much to refute it.

    Examples
    --------
    >>> court(1, nodes=2, shared=0.005, agree=0.0001, wait=0)
    'supports'
    """
    jobs = int(2 * TIME) * nodes
    own, common = (workloads.exponential_services(jobs, 1.0, 2 * seed + part) for part in (0, 1))
    run = scaling.simulate((1 - shared) * own, shared * common, nodes, exchange=agree, barrier=wait == 1)
    share = float(np.count_nonzero(run.ends <= TIME)) / (nodes * TIME)
    if share >= HOLDS:
        return "supports"
    if share <= FAILS:
        return "refutes"
    raise NotYet(
        f"almost: this witness says little – {nodes} nodes process {share:.2f} of N × X; {HOLDS:g} of it or more supports, {FAILS:g} of it or "
        "less refutes. Look next: how long the nodes stand in line for what they share, and for whom they wait."
    )
