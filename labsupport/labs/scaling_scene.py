"""The scene of the scaling lab: jobs are done by workers alone, and then stand in line for what all workers share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labsupport.labs.scene import Scene, Station
from labsupport.simulators.scaling import ScalingResult

ROUNDS = 3  # jobs of each worker that are shown
FLIGHT = 0.1  # of the time alone: on the way to what is shared
ALONE, SHARED, DONE = range(3)


def scene(run: ScalingResult, parallel: NDArray[np.float64], held: NDArray[np.float64]) -> Scene:
    """Play the first jobs of a run.

    Parameters
    ----------
    run : ScalingResult
    parallel : ndarray of float64, shape (jobs,)
        How long each job takes a worker alone.
    held : ndarray of float64, shape (jobs,)
        How long it then needs what all share, with what it takes to agree.

    Returns
    -------
    Scene
    """
    shown = slice(0, ROUNDS * run.workers)
    ends, waits = run.ends[shown], run.waits[shown]
    ready = ends - held[shown] - waits
    starts = ready - parallel[shown]
    jobs = np.arange(ends.size)
    workers = f"{run.workers} worker{'' if run.workers == 1 else 's'}"
    stations = [
        Station("workers, each alone", 0.2, 0.5, slots=0, layout="heap"),
        Station("what all share", 0.72, 0.5, slots=1, queue="left"),
        Station("done", 0.92, 0.5, slots=0),
    ]
    return Scene(
        f"{ROUNDS} jobs for each of {workers}",
        stations,
        thing=np.tile(jobs, 3),
        station=np.repeat([ALONE, SHARED, DONE], jobs.size),
        enter=np.concatenate([starts, ready, ends]),
        leave=np.concatenate([np.maximum(starts, ready - FLIGHT * parallel[shown]), ends, ends]),
        kind=np.repeat([0, 1, 1], jobs.size),
        value=np.concatenate([np.full(2 * jobs.size, np.nan), ends - starts]),
        kinds=("is worked on alone", "needs what all share"),
        measure="time of a job, in that of one worker",
        noun="job",
        unit="job times",
        seconds=20,
        links=[(ALONE, SHARED), (SHARED, DONE)],
    )
