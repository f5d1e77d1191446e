"""Where numba is absent, everything on balancing gives the same answers, and no warning."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.support import ROOT

PROGRAM = """
import sys
sys.modules["numba"] = None  # importing it fails, as if it were not installed
import json
import numpy as np
from labsupport import kernels, workloads
from labsupport.simulators import balancing, hedging, retrying, staleness
from labsupport.simulators.balancing import Change
assert not kernels.COMPILED
arrivals, services, speeds = workloads.poisson_arrivals(300, 3.0, 1), workloads.exponential_services(300, 1.0, 2), [1.0, 2.0, 0.5, 1.0]
course = [Change(20, 1, 0), Change(25, 2, 2), Change(50, 1, 1), Change(60, 0, 0)]
answers = {}
def note(name, result):
    answers[name] = [result.servers.tolist(), np.round(np.nan_to_num(result.responses, posinf=-1), 9).tolist()]
for policy in balancing.POLICIES:
    note(policy, balancing.simulate(policy, arrivals, services, speeds))
    for when_down in ("wait", "fail"):
        note(f"{policy} {when_down}", balancing.simulate(policy, arrivals, services, speeds, changes=course, when_down=when_down, notice=3))
note("three choices", balancing.simulate("two_choices", arrivals, services, speeds, choices=3))
note("bounded", balancing.simulate("consistent_hash", arrivals, services, speeds, bound=1.2, changes=course, notice=0))
note("stale", staleness.simulate(arrivals, services, speeds, 2.0, balancers=2))
note("stale choices", staleness.simulate(arrivals, services, speeds, 2.0, balancers=2, choices=2))
note("hedged", hedging.simulate(arrivals, services, speeds, 1.0))
retried = retrying.simulate(arrivals, services, timeout=5, attempts=3, backoff=1, jitter=True, budget=0.5, cancel=True)
answers["retried"] = [retried.attempts.tolist(), np.round(retried.responses, 9).tolist()]
print(json.dumps(answers))
"""


def test_plain_python_gives_the_same_answers():
    compiled = PROGRAM.replace('sys.modules["numba"] = None', "").replace("assert not", "assert")
    plain, fast = (
        json.loads(subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout)
        for code in (PROGRAM, compiled)
    )
    assert plain == fast
    assert len(plain) == 33
