"""Kernels give the same answers compiled and as plain Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

from labsupport import kernels
from tests.support import ROOT, require

PROGRAM = """
import sys
if sys.argv[1] == "plain":
    sys.modules["numba"] = None  # importing it fails, as if it were not installed
import json
import numpy as np
from labsupport import kernels, theory, workloads
from labsupport.simulators import caching
assert kernels.COMPILED == (sys.argv[1] != "plain")
zipf = workloads.zipf_trace(1_500, 120, 0.9, 1)
trace = workloads.mixture_trace([zipf, workloads.loop_trace(500, 45)], [0.75, 0.25], 2)
far = trace * 12_345_678
answers = {"zipf": zipf.tolist(), "shifting": workloads.shifting_trace(200, 50, 1.2, 3, 3).tolist()}
for policy in caching.POLICIES:
    for capacity in (1, 2, 10, 33, 150):
        result = caching.simulate(policy, trace, capacity)
        answers[f"{policy} {capacity}"] = [np.flatnonzero(result.hits).tolist(), result.evictions]
    story = caching.replay(policy, far, 20)
    answers[f"{policy} told"] = [story.evicted.tolist(), list(story.reasons), list(story.contents(999))]
answers["distances"] = caching.stack_distances(far).tolist()
answers["curve"] = caching.miss_ratio_curve("lru", trace).miss_ratios.tolist()
writes, past = workloads.write_flags(trace.size, 0.3, 4), workloads.write_flags(trace.size, 0.1, 5)
for policy in caching.WRITE_POLICIES:
    result = caching.simulate_writes(policy, far, writes, 20, external_writes=writes & past)
    answers[policy] = [result.backend_reads, result.backend_writes, result.stale_reads, result.lost_updates, result.dirty.tolist()]
for coalescing in (False, True):
    result = caching.simulate_expiry(workloads.poisson_arrivals(500, 4.0, 6), 1.0, 0.5, coalescing)
    answers[f"expiry {coalescing}"] = [result.waits.tolist(), result.backend_reads, result.largest_stampede]
answers["erlang"] = theory.erlang_c([1, 8, 40], [0.5, 6.0, 39.0]).tolist()
answers["k of n"] = theory.k_of_n_availability([1, 2, 3], 3, 0.9).tolist()
answers["che"] = [round(ratio, 9) for ratio in theory.che_hit_ratio(workloads.zipf_popularity(120, 0.9), [1, 10, 119]).tolist()]
print(json.dumps(answers))
"""

FULL = """
try:
    with open("/full/filler", "wb", buffering=0) as file:
        while file.write(bytes(4096)) == 4096:
            pass
except OSError as error:
    print(error.strerror)
from labsupport import theory
print(round(float(theory.erlang_b(2, 1.0)), 9), type(theory.loss._erlang_b).__name__)
"""


def answers(way):
    ended = subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM, way], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_plain_python_gives_the_same_answers():
    compiled, plain = answers("compiled"), answers("plain")
    assert compiled.keys() == plain.keys()
    for name, answer in compiled.items():
        assert plain[name] == answer, name


def test_a_kernel_is_compiled_here_and_keeps_its_source():
    @kernels.kernel
    def double(value):
        return 2 * value

    assert kernels.COMPILED
    assert double(4) == double.py_func(4) == 8


def test_a_kernel_without_a_file_is_compiled_all_the_same():
    names = {"kernel": kernels.kernel}
    exec("@kernel\ndef triple(value):\n    return 3 * value\n", names)  # noqa: S102 - code without a file, as at a prompt
    assert names["triple"](4) == names["triple"].py_func(4) == 12


def test_a_full_disk_keeps_no_kernel_but_every_answer():
    require(shutil.which("bwrap"), "needs bubblewrap, for a small file system")
    small = ["bwrap", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--size", "65536", "--tmpfs", "/full"]
    cold = os.environ | {"NUMBA_CACHE_DIR": "/full"}
    done = subprocess.run([*small, sys.executable, "-c", FULL], cwd=ROOT, env=cold, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("No space left on device\n0.2 CPUDispatcher\n", "")
