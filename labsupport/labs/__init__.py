"""Labs: mini-simulators to move with the hands, one topic a file.

>>> from labsupport.labs import CacheLab
>>> CacheLab(policy="lru", size=100).state["size"]
100
"""

from __future__ import annotations

import importlib
from typing import Any

_LABS = {
    "AllocationLab": "allocation",
    "AnatomyLab": "anatomy",
    "AnomalyLab": "anomalies",
    "AutoscalerLab": "autoscaling",
    "BatchStreamLab": "windowing",
    "BatchingLab": "batching",
    "CacheLab": "caching",
    "ComplexityLab": "complexity",
    "ContainerLab": "containers",
    "DashboardLab": "archives",
    "DatabaseTuningLab": "request_path",
    "DistributedCacheLab": "distribution",
    "EdgeLab": "edge",
    "EventTimelineLab": "event_log",
    "ExpiryLab": "expiry",
    "FairShareLab": "fairness",
    "GarbageLab": "garbage",
    "GateLab": "gates",
    "GeospatialLab": "geospatial",
    "HotNodeLab": "hot_node",
    "InputOutputLab": "input_output",
    "LazinessLab": "laziness",
    "LoadBalancerLab": "balancing",
    "LoadTestLab": "load_testing",
    "MonitoringLab": "monitoring",
    "PartitioningLab": "partitioning",
    "PipelineLab": "pipelines",
    "QuantumSearchLab": "quantum_search",
    "QueueLab": "queueing",
    "ReplicationLab": "replication",
    "ScalingLab": "scaling",
    "ScatterGatherLab": "gathering",
    "SchedulingLab": "scheduling",
    "ServerlessLab": "serverless",
    "ShardingLab": "sharding",
    "ShuffleLab": "shuffle",
    "SpillingLab": "spilling",
    "StorageLab": "storage",
    "StreamingLab": "streaming",
    "TimelinesLab": "timelines",
    "TuningLab": "tuning",
    "WholeSystemLab": "whole_system",
}

__all__ = list(_LABS)


def __getattr__(name: str) -> Any:
    if name in _LABS:
        return getattr(importlib.import_module(f"labsupport.labs.{_LABS[name]}"), name)
    raise AttributeError(f"module 'labsupport.labs' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
