"""Wrong solutions of the trial on throughput, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "throughput-solution"
REFUTES, SUPPORTS, SLIP = ALL = ("throughput-refutes", "throughput-supports", "throughput-slip")

_REFUTES = '"refutes": {"rate": 400, "servers": 1, "patience": 0.5}'
_SUPPORTS = '"supports": {"rate": 105, "servers": 1, "patience": 10}'
_ITSELF = 'itself = ("localhost:9090", "127.0.0.1:9090")'
_IF = 'if target in itself and job["job"] != "prometheus"'
_PAIR = '[job["job"], target]'

_SWAPPED = """
def witnesses():
    return {"supports": {"rate": 10, "servers": 1, "patience": 1}, "refutes": {"rate": 105, "servers": 1, "patience": 10}}

def watches_itself(jobs):
    return [job["job"] for job in jobs]
"""


def _refutes(name: str, *settings: float) -> Wrong:
    rate, servers, patience = settings
    return wrong(name, CELL, (_REFUTES, f'"refutes": {{"rate": {rate}, "servers": {servers}, "patience": {patience}}}'), REFUTES)


def _supports(name: str, *settings: float) -> Wrong:
    rate, servers, patience = settings
    return wrong(name, CELL, (_SUPPORTS, f'"supports": {{"rate": {rate}, "servers": {servers}, "patience": {patience}}}'), SUPPORTS)


def _slip(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), SLIP)


WRONG: list[Wrong] = [
    _refutes("against: just busy", 98, 1, 10),
    _refutes("against: fairly busy", 80, 1, 10),
    _refutes("against: half busy, or a little more", 60, 1, 10),
    _refutes("against: too many, who all wait", 101, 1, 10),
    _refutes("against: no server", 100, 0, 10),
    _refutes("against: too many requests for the court", 5_000, 1, 1),
    _refutes("against: nobody", 0, 1, 1),
    _refutes("against: no patience at all", 400, 1, 0),
    _refutes("against: a share of a server", 100, 0.5, 1),
    _refutes("against: twenty servers and enough to do", 2_000, 20, 10),
    _supports("for: idle", 10, 1, 10),
    _supports("for: half busy", 50, 1, 10),
    _supports("for: fairly busy", 80, 1, 10),
    _supports("for: drowned", 400, 1, 10),
    _supports("for: nobody waits long enough", 130, 1, 0.5),
    _supports("for: too many servers", 105, 2, 10),
    _supports("for: by luck, on some days", 95, 1, 10),
    _supports("for: more patience than there is", 105, 1, 60),
    wrong("no settings", CELL, (_SUPPORTS, '"supports": {}'), SUPPORTS),
    wrong("no witness against", CELL, (_REFUTES + ",", ""), REFUTES),
    _slip("a thousand jobs at most", "for job in jobs", "for job in jobs[:1_000]"),
    _slip("a thousand targets at most", 'for target in job["targets"]', 'for target in job["targets"][:1_000]'),
    _slip("the name only", _ITSELF, 'itself = ("localhost:9090",)'),
    _slip("any port of this machine", _IF, 'if target.split(":")[0] in ("localhost", "127.0.0.1")'),
    _slip("that port on any machine", _IF, 'if target.endswith(":9090") and job["job"] != "prometheus"'),
    _slip("anything with these digits", _IF, 'if "9090" in target and job["job"] != "prometheus"'),
    _slip("names that only end so", _IF, 'if target.endswith(itself) and job["job"] != "prometheus"'),
    _slip("those that mean to, as well", _IF, "if target in itself"),
    _slip("names that only begin so", _IF, 'if target in itself and not job["job"].startswith("prometheus")'),
    _slip("the job only", _PAIR, 'job["job"]'),
    _slip("the target first", _PAIR, '[target, job["job"]]'),
    _slip("the first target of each job", 'for target in job["targets"]', 'for target in job["targets"][:1]'),
    _slip("the lecture's only", _IF, 'if job["job"] == "sample_app" and target in itself'),
    _slip("all that are fine", _IF, "if target not in itself"),
    wrong("the witnesses are swapped, and every job", CELL, ("", _SWAPPED), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
