"""Wrong solutions of the exercise on a spike and its job, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "spike-solution"
SPIKES, SUSPECT = ALL = ("spike-spikes", "spike-suspect")

_ABOVE = "if value > threshold:"
_LONG = "if number - begin >= least:"
_WALK = "enumerate([*cpu, threshold])"
_PAIR = "found.append([begin, number])"
_NAMES = 'sorted({job["name"] for job in jobs})'
_RUNS = 'row[job["begin"] : job["end"]] = 1'
_KNOWN = "if row.std() > 0 and np.std(cpu) > 0:"
_FOUND = "found = np.corrcoef(row, cpu)[0, 1]"
_BETTER = "if found > most + 1e-9 or (best is None and found >= most):"

_VISIBLE_ONLY = """
def spikes(cpu, threshold, least):
    return [[1, 3], [6, 9]] if len(cpu) > 2 else []

def suspect(cpu, jobs):
    return "report" if len(jobs) > 1 else None
"""
_PICTURE = """
def spikes(cpu, threshold, least):
    return [cpu.index(max(cpu))] if cpu else []

def suspect(cpu, jobs):
    top = cpu.index(max(cpu))
    return next((job["name"] for job in jobs if job["begin"] <= top < job["end"]), None)
"""


def _spikes(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), SPIKES)


def _suspect(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), SUSPECT)


WRONG: list[Wrong] = [
    _spikes("at the threshold", _ABOVE, "if value >= threshold and number < len(cpu):"),
    _spikes("below", _ABOVE, "if value < threshold:"),
    _spikes("longer than enough", _LONG, _LONG.replace(">=", ">")),
    _spikes("one less is enough", _LONG, _LONG.replace(">= least", ">= least - 1")),
    _spikes("however short", _LONG, "if True:"),
    _spikes("what lasts until the end is lost", _WALK, "enumerate(cpu)"),
    _spikes("end is the last above", _PAIR, "found.append([begin, number - 1])"),
    _spikes("counted from 1", _PAIR, "found.append([begin + 1, number + 1])"),
    _spikes("length instead of end", _PAIR, "found.append([begin, number - begin])"),
    _spikes("the first only", _PAIR, "found = found or [[begin, number]]"),
    _spikes("the begin is forgotten", "begin = number if begin is None else begin", "begin = number"),
    _spikes("how many", "    return found\n", "    return len(found)\n"),
    _suspect("correlation to the other side", _FOUND, "found = abs(np.corrcoef(row, cpu)[0, 1])"),
    _suspect("whoever is best, however little", "best, most = None, 0.5", "best, most = None, -1.0"),
    _suspect("at least 0.3", "best, most = None, 0.5", "best, most = None, 0.3"),
    _suspect("at least 0.8", "best, most = None, 0.5", "best, most = None, 0.8"),
    _suspect("the mean CPU meanwhile", _FOUND, "found = np.mean(np.array(cpu)[row > 0]) / 100"),
    _suspect("the last run of a name only", _RUNS, "row[:] = 0\n                " + _RUNS),
    _suspect("one measurement more", _RUNS, 'row[job["begin"] : job["end"] + 1] = 1'),
    _suspect("one measurement less", _RUNS, 'row[job["begin"] : job["end"] - 1] = 1'),
    _suspect("runs are counted", _RUNS, 'row[job["begin"] : job["end"]] += 1'),
    _suspect("alike: the last in the alphabet", _NAMES, _NAMES.replace("jobs})", "jobs}, reverse=True)")),
    _suspect("every name runs for all", 'if job["name"] == name:', "if True:"),
    _suspect("the correlation, too", "    return best\n", "    return [best, most]\n"),
    _suspect("the least of all", _BETTER, "if best is None or found < most:"),
    _suspect("the first that will do", _BETTER, "if best is None and found >= most:"),
    _suspect("those that always run are guilty", _KNOWN, "if row.all():\n            return name\n        if row.std() > 0 and np.std(cpu) > 0:"),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("whoever runs at the peak", CELL, ("", _PICTURE), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
