"""Theory: the closed forms that the simulators are held against.

Every function takes numbers or arrays that broadcast against each other, and returns a number where all arguments are
numbers. Times and rates may be in any unit, as long as it is the same one.
"""

from labsupport.theory.balancing import choices_mean_response, choices_tail
from labsupport.theory.batching import batch_mean_latency, batch_throughput
from labsupport.theory.caching import che_hit_ratio, stampede_size, ttl_hit_ratio
from labsupport.theory.complexity import expected_inversions, fit_costs, linear_probing_probes, merge_sort_comparisons
from labsupport.theory.garbage import collection_share, leak_lifetime
from labsupport.theory.gates import gate_stops, student_quantile
from labsupport.theory.gathering import fastest_mean_response, slowest_mean_response
from labsupport.theory.general_service import (
    ggc_mean_wait,
    mg1_mean_wait,
    mg1_preemptive_mean_responses,
    mg1_priority_mean_waits,
    mg1_ps_mean_response,
)
from labsupport.theory.hedging import hedged_mean_response
from labsupport.theory.input_output import overlap_lower_bound
from labsupport.theory.laziness import expected_reads, fibonacci_calls
from labsupport.theory.load_testing import closed_throughput, closed_throughput_bound, interactive_response_time, saturation_point
from labsupport.theory.loss import erlang_b, mmck_mean_response, mmck_shares
from labsupport.theory.partitioning import expected_pages
from labsupport.theory.pipelines import bottleneck_throughput, pipeline_mean_response
from labsupport.theory.quantum_search import expected_lookups, grover_iterations, grover_success
from labsupport.theory.queueing import (
    erlang_c,
    littles_law,
    mm1_mean_response,
    mm1_mean_response_error,
    mm1_response_percentile,
    mmc_mean_wait,
    mmc_response_percentile,
    mmc_response_tail,
    mmc_wait_percentile,
)
from labsupport.theory.reliability import fanout_tail_probability, k_of_n_availability
from labsupport.theory.replication import mean_time_to_data_loss, missed_quorum_probability
from labsupport.theory.retrying import expected_attempts
from labsupport.theory.scaling import amdahl_speedup, gustafson_speedup, usl_peak, usl_throughput
from labsupport.theory.scheduling import list_scheduling_bound, longest_first_bound, makespan_lower_bound
from labsupport.theory.serverless import cold_start_share
from labsupport.theory.services import exponential_tail, lognormal_tail, pareto_tail
from labsupport.theory.sharding import consistent_hashing_balance, expected_maximum_load, expected_moved_share, expected_shards_touched
from labsupport.theory.shuffle import expected_distinct_keys
from labsupport.theory.spilling import merge_passes, sampling_error
from labsupport.theory.windowing import late_share

__all__ = [
    "amdahl_speedup",
    "batch_mean_latency",
    "batch_throughput",
    "bottleneck_throughput",
    "che_hit_ratio",
    "choices_mean_response",
    "choices_tail",
    "closed_throughput",
    "closed_throughput_bound",
    "cold_start_share",
    "collection_share",
    "consistent_hashing_balance",
    "erlang_b",
    "erlang_c",
    "expected_attempts",
    "expected_distinct_keys",
    "expected_inversions",
    "expected_lookups",
    "expected_maximum_load",
    "expected_moved_share",
    "expected_pages",
    "expected_reads",
    "expected_shards_touched",
    "exponential_tail",
    "fanout_tail_probability",
    "fastest_mean_response",
    "fibonacci_calls",
    "fit_costs",
    "gate_stops",
    "ggc_mean_wait",
    "grover_iterations",
    "grover_success",
    "gustafson_speedup",
    "hedged_mean_response",
    "interactive_response_time",
    "k_of_n_availability",
    "late_share",
    "leak_lifetime",
    "linear_probing_probes",
    "list_scheduling_bound",
    "littles_law",
    "lognormal_tail",
    "longest_first_bound",
    "makespan_lower_bound",
    "mean_time_to_data_loss",
    "merge_passes",
    "merge_sort_comparisons",
    "mg1_mean_wait",
    "mg1_preemptive_mean_responses",
    "mg1_priority_mean_waits",
    "mg1_ps_mean_response",
    "missed_quorum_probability",
    "mm1_mean_response",
    "mm1_mean_response_error",
    "mm1_response_percentile",
    "mmc_mean_wait",
    "mmc_response_percentile",
    "mmc_response_tail",
    "mmc_wait_percentile",
    "mmck_mean_response",
    "mmck_shares",
    "overlap_lower_bound",
    "pareto_tail",
    "pipeline_mean_response",
    "sampling_error",
    "saturation_point",
    "slowest_mean_response",
    "stampede_size",
    "student_quantile",
    "ttl_hit_ratio",
    "usl_peak",
    "usl_throughput",
]
