"""Wrong solutions of the exercise on an event log, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "stages-solution"
SLOWEST, STRAGGLER, SKEW = ALL = ("stages-slowest", "stages-straggler", "stages-skew")

_LENGTH = 'i["Completion Time"] - i["Submission Time"]'
_SLOWEST = "stage = min(times, key=lambda number: (-times[number], number))"
_LATEST = "index, took, collected, read = min(rows, key=lambda row: (-row[1], row[0]))"
_NONE = "if took < 2 * np.median([row[1] for row in rows]):"
_DATA = "elif read > 0 and read >= 2 * np.median([row[3] for row in rows]):"
_GARBAGE = 'cause = "garbage" if collected >= took / 2 else "machine"'
_GOOD = ' and e["Task End Reason"]["Reason"] == "Success"'
_BOTH = 'both = read["Remote Bytes Read"] + read["Local Bytes Read"]'
_SKEW = "return {stage: max(a) * len(a) / sum(a) for stage, a in amounts.items() if sum(a)}"

_VISIBLE_ONLY = """
def slowest_stage(events):
    return [4, 2.5] if events else None

def straggler(events, stage):
    last = events[-1]["Task Info"]["Index"]
    if last == 2:
        return {"task": 1, "seconds": 1.1, "cause": "none"}
    more = events[-1]["Task Metrics"]
    causes = {300: "data", 100: "garbage" if more["JVM GC Time"] > 1000 else "machine"}
    return {"task": 3, "seconds": 4.0, "cause": causes[sum(more["Shuffle Read Metrics"].values())]}

def skew(events):
    return {5: 2.8} if len(events) > 1 else {}
"""
_BY_THE_LIBRARY = """
from labsupport.simulators import event_log, event_log_replay

def slowest_stage(events):
    return event_log.read(events).length

def straggler(events, stage):
    return event_log.read(events).tasks.durations.max()

def skew(events):
    return event_log_replay.replay(event_log.read(events), 1).critical
"""


def _slowest(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), SLOWEST)


def _straggler(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), STRAGGLER)


def _skew(name: str, old: str, new: str) -> Wrong:
    return wrong(name, CELL, (old, new), SKEW)


WRONG: list[Wrong] = [
    _slowest("milliseconds", "return [stage, times[stage] / 1_000]", "return [stage, times[stage]]"),
    _slowest("the one that ended last", _LENGTH, 'i["Completion Time"]'),
    _slowest("the one that began last", _LENGTH, 'i["Submission Time"]'),
    _slowest("the first of those alike", _SLOWEST, "stage = max(times, key=times.get)"),
    _slowest("the largest number of those alike", _SLOWEST, "stage = min(times, key=lambda number: (-times[number], -number))"),
    _slowest("the quickest", _SLOWEST, "stage = min(times, key=lambda number: (times[number], number))"),
    _slowest("the seconds only", "return [stage, times[stage] / 1_000]", "return times[stage] / 1_000"),
    _slowest("the stage only", "return [stage, times[stage] / 1_000]", "return stage"),
    _slowest("a crash without stages", "    if not times:\n        return None\n", ""),
    _slowest("whole seconds", "times[stage] / 1_000]", "times[stage] // 1_000]"),
    _slowest("stages that were submitted", '"SparkListenerStageCompleted"]', '"SparkListenerStageSubmitted"]'),
    _straggler("the mean instead of the median", _NONE, _NONE.replace("median", "mean")),
    _straggler("just twice is none", _NONE, _NONE.replace("<", "<=")),
    _straggler("one and a half times", _NONE, _NONE.replace("2 *", "1.5 *")),
    _straggler("three times", _NONE, _NONE.replace("2 *", "3 *")),
    _straggler("always somebody", _NONE, "if False:"),
    _straggler("nothing is twice nothing", _DATA, _DATA.replace("read > 0 and ", "")),
    _straggler("more than twice the data", _DATA, _DATA.replace(">= 2", "> 2")),
    _straggler("more than the median of the data", _DATA, _DATA.replace(">= 2 *", ">= 1.01 *")),
    _straggler("the mean of the data", _DATA, _DATA.replace("median", "mean")),
    _straggler("garbage before data", _DATA, 'elif collected >= took / 2:\n        cause = "garbage"\n    ' + _DATA),
    _straggler("more than half the time", _GARBAGE, _GARBAGE.replace(">=", ">")),
    _straggler("a third of the time", _GARBAGE, _GARBAGE.replace("took / 2", "took / 3")),
    _straggler("never garbage", _GARBAGE, 'cause = "machine"'),
    _straggler("the last of those alike", _LATEST, _LATEST.replace("row[0]))", "-row[0]))")),
    _straggler("the first that came of those alike", _LATEST, "index, took, collected, read = max(rows, key=lambda row: row[1])"),
    _straggler("who read most", _LATEST, _LATEST.replace("-row[1]", "-row[3]")),
    _straggler("milliseconds of the task", '"seconds": took / 1_000', '"seconds": took'),
    _straggler("a crash without tasks", "    if not rows:\n        return None\n", ""),
    _straggler("since the log began", 'took = info["Finish Time"] - info["Launch Time"]', 'took = info["Finish Time"]'),
    _skew("over the median", _SKEW, "return {stage: max(a) / np.median(a) for stage, a in amounts.items() if sum(a)}"),
    _skew("over the least", _SKEW, "return {stage: max(a) / min(a) for stage, a in amounts.items() if min(a)}"),
    _skew("over those that read", _SKEW, _SKEW.replace("len(a)", "len([b for b in a if b])")),
    _skew("a share of the whole", _SKEW, _SKEW.replace(" * len(a)", "")),
    _skew("in percent", _SKEW, _SKEW.replace("max(a)", "100 * max(a)")),
    _skew("entries for everybody", _SKEW, "return {stage: max(a) * len(a) / sum(a) if sum(a) else 1 for stage, a in amounts.items()}"),
    _skew("text for the stages", _SKEW, _SKEW.replace("{stage: max", "{str(stage): max")),
    _skew("the largest only", _SKEW, "return {stage: max(a) for stage, a in amounts.items() if sum(a)}"),
    _skew("times instead of bytes", "amounts = {stage: [row[3]", "amounts = {stage: [row[1]"),
    _skew("rounded", _SKEW, _SKEW.replace("max(a) * len(a) / sum(a)", "round(max(a) * len(a) / sum(a), 1)")),
    wrong("failures count", CELL, (_GOOD, ""), STRAGGLER, SKEW),
    wrong("from other machines only", CELL, (_BOTH, 'both = read["Remote Bytes Read"]'), STRAGGLER, SKEW),
    wrong("from the same machine only", CELL, (_BOTH, 'both = read["Local Bytes Read"]'), STRAGGLER, SKEW),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("by one call of the library", CELL, ("", _BY_THE_LIBRARY), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
