"""Replication runs: what the replication lab's cluster does, simulated once for all quorums and kept.

Time is compressed, so that a few thousand seconds hold many outages: a node is repaired within 1 s on average, and a cut lasts 2 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labsupport import theory, workloads
from labsupport.simulators import replication
from labsupport.simulators.quorums import QuorumResult
from labsupport.simulators.replication import ReplicationResult

REQUESTS = 100_000
WRITE_SHARE = 0.5
REPAIR, CUT = 1.0, 2.0  # s, on average
TIMEOUT = 1.0  # s
SEED = 33


@dataclass(frozen=True)
class Cluster:
    """A cluster, as the controls have it.

    Attributes
    ----------
    nodes : int
    down : float
        Share of the time that a node is down.
    delay : int
        Mean time of a message, in milliseconds.
    cut : float
        Share of the time that the network is cut.
    rate : int
        Requests per second.
    disk_loss : bool
        Whether a node that fails loses its data.
    catch_up : bool
        Whether a node that returns copies what it missed.
    dead : tuple of int
        Nodes that were killed.
    """

    nodes: int
    down: float
    delay: int
    cut: float
    rate: int
    disk_loss: bool
    catch_up: bool
    dead: tuple[int, ...]

    @property
    def minority(self) -> int:
        """How many nodes a cut separates from the others."""
        return self.nodes // 2

    @property
    def uptime(self) -> float:
        """Mean time between a repair and the next failure, in seconds."""
        return REPAIR * (1 - self.down) / self.down if self.down else np.inf


@lru_cache(maxsize=2)
def _requests(rate: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return workloads.poisson_arrivals(REQUESTS, rate, seed=31), workloads.write_flags(REQUESTS, WRITE_SHARE, seed=32)


@lru_cache(maxsize=2)
def run(cluster: Cluster) -> ReplicationResult:
    """Simulate a cluster."""
    return replication.simulate(
        *_requests(cluster.rate),
        cluster.nodes,
        uptime=cluster.uptime,
        repair=REPAIR,
        delay=cluster.delay / 1_000,
        connected=CUT * (1 - cluster.cut) / cluster.cut if cluster.cut else np.inf,
        cut=CUT,
        minority=cluster.minority,
        disk_loss=float(cluster.disk_loss),
        catch_up=cluster.catch_up,
        dead=cluster.dead,
        seed=SEED,
    )


@lru_cache(maxsize=1)
def chances(nodes: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw again beside which node each client is, and how long its messages take in mean delays, as the simulator does."""
    generator = np.random.default_rng(SEED)
    return generator.integers(nodes, size=REQUESTS), generator.standard_exponential((REQUESTS, nodes, 2))


@lru_cache(maxsize=12)  # two write quorums, each with five read quorums: 1.4 MB each
def under(cluster: Cluster, read_quorum: int, write_quorum: int) -> QuorumResult:
    """Say how reads and writes fare under a choice of quorums."""
    return run(cluster).under(read_quorum, write_quorum, TIMEOUT)


def availability(cluster: Cluster, quorum: int) -> float:
    """Say how likely enough nodes answer: k out of n, for the nodes that a client reaches."""

    def enough(nodes: int) -> float:
        return 0.0 if quorum > nodes else float(theory.k_of_n_availability(quorum, nodes, 1 - cluster.down))

    first = sum(node not in cluster.dead for node in range(cluster.minority))
    second = sum(node not in cluster.dead for node in range(cluster.minority, cluster.nodes))
    beside_first = cluster.minority / cluster.nodes
    return (1 - cluster.cut) * enough(first + second) + cluster.cut * (beside_first * enough(first) + (1 - beside_first) * enough(second))


def losses_per_second(cluster: Cluster) -> float:
    """Say how often all copies are lost at once, on average, where a node that fails loses its data."""
    alive = cluster.nodes - len(cluster.dead)
    if not (cluster.disk_loss and cluster.down and alive):
        return 0.0
    # all but one are down, and that one fails
    return float(alive * (1 - cluster.down) * cluster.down ** (alive - 1) / cluster.uptime)
