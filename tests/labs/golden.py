"""The pictures that the labs' figures are compared with; run as a program, they are drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from labsupport.labs import (
    AllocationLab,
    AnatomyLab,
    AnomalyLab,
    AutoscalerLab,
    BatchingLab,
    BatchStreamLab,
    CacheLab,
    ComplexityLab,
    ContainerLab,
    DashboardLab,
    DatabaseTuningLab,
    DistributedCacheLab,
    EdgeLab,
    EventTimelineLab,
    ExpiryLab,
    FairShareLab,
    GarbageLab,
    GateLab,
    GeospatialLab,
    HotNodeLab,
    InputOutputLab,
    LazinessLab,
    LoadBalancerLab,
    LoadTestLab,
    MonitoringLab,
    PartitioningLab,
    PipelineLab,
    QuantumSearchLab,
    QueueLab,
    ReplicationLab,
    ScalingLab,
    ScatterGatherLab,
    SchedulingLab,
    ServerlessLab,
    ShardingLab,
    ShuffleLab,
    SpillingLab,
    StorageLab,
    StreamingLab,
    TimelinesLab,
    TuningLab,
    WholeSystemLab,
)
from labsupport.labs.base import Lab

LABS: dict[str, Callable[[], Lab[Any]]] = {
    "allocation": lambda: AllocationLab(policy="larger", surprises=7, size=60, day=30),
    "anatomy": lambda: AnatomyLab(distance=5_000, setup="tls", requests=140),
    "anomalies": lambda: AnomalyLab(hold=2, glitches=1.0),
    "archives": lambda: DashboardLab(line="hottest", age="month"),
    "autoscaling": lambda: AutoscalerLab(day="crowd", target=70, startup=60),
    "balancing": lambda: LoadBalancerLab(policy="two_choices", load=0.8, balancers=2, age=20.0),
    "batching": lambda: BatchingLab(batch=20, arrivals="bursts"),
    "cache": lambda: CacheLab(policy="sieve", size=50, exponent=0.9, write_policy="write_back"),
    "complexity": lambda: ComplexityLab(size=5_000),
    "containers": lambda: ContainerLab(threads=4),
    "distribution": lambda: DistributedCacheLab(routing="modulo", lost="busiest", memory=1_600),
    "edge": lambda: EdgeLab(sites=4, choose="exact", centre="neighbour"),
    "event_log": lambda: EventTimelineLab(stage="customers"),
    "expiry": lambda: ExpiryLab(protection="coalescing", objects=100, ttl=15, load_time=0.5),
    "fairness": lambda: FairShareLab(first_cpu=2, weight=2, packing="best_fit"),
    "garbage": lambda: GarbageLab(heap=1.5, live=1_000, survival=2),
    "gates": lambda: GateLab(load=50, tests=5, limit=15.0),
    "gathering": lambda: ScatterGatherLab(fanout=40, latency="bimodal", hedge="p95", deadline=200),
    "geospatial": lambda: GeospatialLab(index="quadtree", spread="crowded", search="across", room=8),
    "hot_node": lambda: HotNodeLab(hot=95, fanout=3),
    "input_output": lambda: InputOutputLab(way="threaded", together=16, compute=1.0),
    "laziness": lambda: LazinessLab(view="calls", number=6, room=2),
    "load_testing": lambda: LoadTestLab(stall=1.0, view="sent"),
    "monitoring": lambda: MonitoringLab(hiccups=8, hold=30),
    "partitioning": lambda: PartitioningLab(storage="groups", users=100_000),
    "pipelines": lambda: PipelineLab(rate=55, stages=5, help="worker", helped="price"),
    "quantum_search": lambda: QuantumSearchLab(qubits=5, wanted=2, iterations=2),
    "queueing": lambda: QueueLab(utilization=90, servers=2),
    "replication": lambda: ReplicationLab(nodes=5, read_quorum=2, write_quorum=2, delay=100, cut=0.05),
    "request_path": lambda: DatabaseTuningLab(index="yes", cache=500, workers=2, region="near"),
    "scaling": lambda: ScalingLab(workers=32, contention=0.05, coherency=0.001, meeting="free"),
    "scheduling": lambda: SchedulingLab(policy="longest_first", workers=16, tasks=96),
    "serverless": lambda: ServerlessLab(rate=1.0, cold_start=5_000, servers=2),
    "sharding": lambda: ShardingLab(strategy="consistent", shards=6, workload="skewed", virtual_nodes=20),
    "shuffle": lambda: ShuffleLab(combiner="no", skew=1.2, speed=33),
    "storage": lambda: StorageLab(order="none", partition="day", days=14),
    "spilling": lambda: SpillingLab(memory=0.5, merged=8, way="chunk"),
    "streaming": lambda: StreamingLab(controller="bba0", view="scores"),
    "timelines": lambda: TimelinesLab(strategy="hybrid", threshold=200, reads_per_post=2),
    "tuning": lambda: TuningLab(method="bayesian", workers=8, cache=10.0),
    "whole_system": lambda: WholeSystemLab(cache=5_000, replicas=2, balancer="least_connections", minimum=4, day="flash_crowd"),
    "windowing": lambda: BatchStreamLab(way="batch", interval=15, allowed=15, outage=40),
}


def picture(name: str) -> Path:
    """Return where the picture of a lab is kept."""
    return Path(__file__).parent / f"{name}-lab.png"


PICTURE = picture("cache")


def draw(path: Path, name: str = "cache") -> None:
    LABS[name]().figure().savefig(path, dpi=80, metadata={"Software": None})


if __name__ == "__main__":
    for lab in LABS:
        draw(picture(lab), lab)
