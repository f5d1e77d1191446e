"""Workloads: what is asked for, and when. A seed in, an array out.

A trace is an ``int64`` array of keys, one per request, in the order of the requests. Everything random comes from
``numpy.random.default_rng(seed)``: the same seed gives the same trace again.
"""

from labsupport.workloads.arrivals import (
    bursty_arrivals,
    deterministic_arrivals,
    diurnal_arrivals,
    flash_crowd_arrivals,
    poisson_arrivals,
)
from labsupport.workloads.bandwidth import markov_bandwidth
from labsupport.workloads.days import Day, Loss, shop_day
from labsupport.workloads.followers import Network, follower_counts, follower_network
from labsupport.workloads.keys import skewed_keys, time_ordered_keys, user_id_keys
from labsupport.workloads.orders import ordered_values
from labsupport.workloads.recording import OpenedFiles, opened_files
from labsupport.workloads.services import (
    bimodal_services,
    deterministic_services,
    exponential_services,
    lognormal_services,
    pareto_services,
)
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
    "Day",
    "Loss",
    "Network",
    "OpenedFiles",
    "bimodal_services",
    "bursty_arrivals",
    "deterministic_arrivals",
    "deterministic_services",
    "diurnal_arrivals",
    "exponential_services",
    "flash_crowd_arrivals",
    "follower_counts",
    "follower_network",
    "lognormal_services",
    "loop_trace",
    "markov_bandwidth",
    "mixture_trace",
    "opened_files",
    "ordered_values",
    "pareto_services",
    "poisson_arrivals",
    "scan_trace",
    "shifting_trace",
    "shop_day",
    "skewed_keys",
    "time_ordered_keys",
    "uniform_trace",
    "user_id_keys",
    "write_flags",
    "zipf_popularity",
    "zipf_trace",
]
