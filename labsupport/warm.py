"""Compile every kernel before a student waits for it: ``python -m labsupport.warm``.

All kernels take some seconds to compile, and a moment to load again. This is run when the course is set up, and when an image for Binder is built.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def forget_outdated_kernels(package: Path = PACKAGE) -> bool:
    """Remove compiled kernels if the source of any kernel has changed since they were last warmed up.

    Numba compiles a kernel again when the kernel's own file has changed, but not when only the file of another
    kernel that it calls has; so after an update of the course, half of it could be old.

    Parameters
    ----------
    package : Path, optional
        The folder of the package.

    Returns
    -------
    bool
        Whether anything had changed.

    References
    ----------
    Numba documentation, "Notes on Caching": https://numba.readthedocs.io/en/stable/developer/caching.html

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     forget_outdated_kernels(Path(folder)), forget_outdated_kernels(Path(folder))
    (True, False)
    """
    sources = [path.read_bytes() for path in sorted(package.rglob("*.py"))]
    digest = hashlib.sha256(b"".join(source for source in sources if b"@kernel" in source)).hexdigest()
    known = package / "__pycache__" / "kernels.txt"
    if known.exists() and known.read_text(encoding="ascii") == digest:
        return False
    for kind in ("nbi", "nbc"):
        for path in package.rglob(f"__pycache__/*.{kind}"):
            path.unlink(missing_ok=True)
    known.parent.mkdir(exist_ok=True)
    known.write_text(digest, encoding="ascii")
    return True


def warm() -> None:
    """Run every simulator once, on next to nothing, as the labs do.

    Examples
    --------
    >>> warm()
    """
    from labsupport import theory, workloads
    from labsupport.simulators import (
        anomalies,
        autoscaling,
        balancing,
        batching,
        caching,
        complexity,
        fairness,
        garbage,
        gathering,
        gaussian_process,
        geospatial,
        hedging,
        input_output,
        laziness,
        load_testing,
        packing,
        queueing,
        replication,
        retrying,
        scaling,
        scheduling,
        serverless,
        sharding,
        spilling,
        staleness,
        streaming_optimum,
        vertical_autoscaling,
    )

    popularity = workloads.zipf_popularity(10, exponent=1.0)
    trace = workloads.zipf_trace(50, 10, exponent=1.0, seed=0)
    for policy in caching.POLICIES:
        caching.simulate(policy, trace, 4)
        caching.replay(policy, trace, 4)
        caching.miss_ratio_curve(policy, trace, capacities=[2, 4])
    caching.miss_ratio_curve("lru", trace)
    caching.optimal_distances(trace, 4)
    caching.stack_distances(trace * 1_000_000)  # far between, keys are numbered first
    writes = workloads.write_flags(50, 0.5, seed=0)
    for write_policy in caching.WRITE_POLICIES:
        caching.simulate_writes(write_policy, trace, writes, 4)
        caching.write_costs(write_policy, trace, writes)
    caching.simulate_expiry(workloads.poisson_arrivals(50, 1.0, seed=0), ttl=1.0, load_time=0.1, coalescing=True)
    arrivals = workloads.poisson_arrivals(50, 1.0, seed=0)
    for policy in balancing.POLICIES:
        balancing.simulate(policy, arrivals, arrivals, speeds=[1, 2, 3])
    balancing.simulate("consistent_hash", arrivals, arrivals, speeds=[1, 2, 3], bound=2)
    balancing.simulate("two_choices", arrivals, arrivals, speeds=[1, 2, 3], choices=3)
    staleness.simulate(arrivals, arrivals, [1, 2, 3], age=1.0)
    staleness.simulate(arrivals, arrivals, [1, 2, 3], age=1.0, choices=2)
    hedging.simulate(arrivals, arrivals, [1, 2, 3], delay=1.0)
    gathering.simulate(arrivals.reshape(10, 5))
    replication.simulate(arrivals, writes, nodes=3, uptime=5.0)
    scaling.simulate(arrivals, arrivals, workers=3)
    autoscaling.simulate(arrivals)
    input_output.simulate("blocking", arrivals, arrivals, arrivals)
    load_testing.closed_loop(2, arrivals)
    load_testing.open_loops(arrivals.reshape(10, 5), arrivals.reshape(10, 5))
    batching.simulate(arrivals, 2, 0.1, 0.1)
    laziness.call_tree(3)
    spilling.spill(trace, 3, 2)
    garbage.simulate(arrivals, arrivals, arrivals, young=100, old=100)
    serverless.simulate(arrivals, arrivals, keep_alive=1.0)
    streaming_optimum.optimum([1000.0], segments=2)
    for index in geospatial.INDEXES:
        geospatial.simulate(index, [48.1, 48.2], [11.5, 11.6], [48.1], [11.6])
    packing.pack("first_fit", [[1, 2]], [4, 4])
    fairness.share([4, 4], [[1, 2]])
    fairness.share([4, 4], [[1, 2]], divisible=True)
    vertical_autoscaling.simulate(arrivals, replicas=2)
    for policy in scheduling.POLICIES:
        scheduling.simulate(policy, arrivals, workers=3, releases=arrivals)
    retrying.simulate(arrivals, arrivals, timeout=1.0, attempts=2)
    balancing.simulate("random", arrivals, arrivals, speeds=[1, 2, 3], changes=[balancing.Change(1, 0, 0.5)])
    for discipline in queueing.DISCIPLINES:
        queueing.simulate(arrivals, arrivals, 2, discipline=discipline, priorities=range(50) if discipline.endswith("priority") else None)
    queueing.simulate(arrivals, arrivals, 2, capacity=3)
    for strategy in sharding.STRATEGIES:
        options = {"default": 0} if strategy == "directory" else {}
        for keys in (trace, [str(key) for key in trace]):
            if strategy != "range":  # texts would need borders, and there is no kernel in it
                sharding.assign(strategy, keys, 3, **options)
    sharding.assign("rendezvous", trace, 3, weights=[1, 2, 3])
    anomalies.expect("ewma", trace)
    gaussian_process.expected_improvement([0.0], [1.0], 0.0)
    sharding.scatter("modulo", [[1, 2], range(5)], 3)
    complexity.sort("merge", trace)
    complexity.search("hash", trace, trace)
    theory.che_hit_ratio(popularity, 4)
    theory.erlang_b(2, 1.0)
    theory.k_of_n_availability(2, 3, 0.9)
    theory.expected_maximum_load(10, 3)
    theory.consistent_hashing_balance(3, 2)


if __name__ == "__main__":
    forget_outdated_kernels()
    warm()
