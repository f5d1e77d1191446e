"""Workloads: what is asked for, and when. A seed in, an array out.

A trace is an ``int64`` array of keys, one per request, in the order of the requests. Everything random comes from
``numpy.random.default_rng(seed)``: the same seed gives the same trace again.
"""

from labsupport.workloads.arrivals import poisson_arrivals
from labsupport.workloads.recording import OpenedFiles, opened_files
from labsupport.workloads.traces import (
    loop_trace,
    mixture_trace,
    scan_trace,
    shifting_trace,
    uniform_trace,
    write_flags,
    zipf_popularity,
    zipf_trace,
)

__all__ = [
    "OpenedFiles",
    "loop_trace",
    "mixture_trace",
    "opened_files",
    "poisson_arrivals",
    "scan_trace",
    "shifting_trace",
    "uniform_trace",
    "write_flags",
    "zipf_popularity",
    "zipf_trace",
]
