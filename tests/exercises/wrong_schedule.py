"""Wrong solutions of the exercise on schedules, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "schedule-solution"
BOUND, CHAINS, FEWEST = ALL = ("schedule-bound", "schedule-chains", "schedule-fewest")

_EQUAL_BLOCKS = """
def schedule(tasks, workers):
    free, plan, ends = [0] * workers, [], []
    for number, task in enumerate(tasks):
        worker = number * workers // len(tasks)
        start = max([free[worker], task["release"], *(ends[earlier] for earlier in task["after"])])
        plan.append([worker, start])
        free[worker] = start + task["length"]
        ends.append(free[worker])
    return plan


def fewest_workers(tasks, deadline):
    for workers in range(1, max(1, len(tasks)) + 1):
        plan = schedule(tasks, workers)
        if max([start + task["length"] for (_, start), task in zip(plan, tasks)], default=0) <= deadline:
            return workers
"""
#: Right, and quadratic: at each moment it looks at every task.
QUADRATIC = """
def schedule(tasks, workers):
    hanging = [task["length"] for task in tasks]
    for number in reversed(range(len(tasks))):
        for earlier in tasks[number]["after"]:
            hanging[earlier] = max(hanging[earlier], tasks[earlier]["length"] + hanging[number])
    plan, ends, free, now = [None] * len(tasks), {}, [0] * workers, 0
    while None in plan:
        possible = [
            number
            for number, task in enumerate(tasks)
            if plan[number] is None
            and task["release"] <= now
            and all(ends.get(earlier, now + 1) <= now for earlier in task["after"])
        ]
        possible.sort(key=lambda number: -hanging[number])
        idle = [worker for worker in range(workers) if free[worker] <= now]
        for number, worker in zip(possible, idle):
            plan[number] = [worker, now]
            ends[number] = free[worker] = now + tasks[number]["length"]
        coming = [*ends.values(), *(task["release"] for task in tasks)]
        now = min((moment for moment in coming if moment > now), default=now)
    return plan


def fewest_workers(tasks, deadline):
    for workers in range(1, max(1, len(tasks)) + 1):
        starts = [start for _, start in schedule(tasks, workers)]
        done = [start + task["length"] for start, task in zip(starts, tasks)]
        if max(done, default=0) <= deadline:
            return workers
    return None
"""
_A_WRAPPER_OF_THE_SIMULATOR = """
from labsupport.simulators import scheduling


def schedule(tasks, workers):
    lengths, releases = ([task[name] for task in tasks] for name in ("length", "release"))
    result = scheduling.simulate("longest_first", lengths, workers, releases=releases)
    return [[int(worker), float(start)] for worker, start in zip(result.workers, result.starts)]


def fewest_workers(tasks, deadline):
    for workers in range(1, len(tasks) + 1):
        result = scheduling.simulate("longest_first", [task["length"] for task in tasks], workers)
        if result.makespan <= deadline:
            return workers
"""
_RIGHT_ON_THE_VISIBLE_TESTS_ONLY = """
def schedule(tasks, workers):
    return [[0, 0], [0, 3], [1, 4]]


def fewest_workers(tasks, deadline):
    return {(6, 4): 3, (6, 2): 6, (1, 7): 1}.get((len(tasks), deadline))
"""

_MISSING = '    missing = [len(task["after"]) for task in tasks]\n'
_BY_RECURSION = """
    def after(number):
        return tasks[number]["length"] + max((after(later) for later in waiting[number]), default=0)

    hanging = [after(number) for number in range(len(tasks))]
"""
_RANK = "(-hanging[number], number)"
_LATER = 'max(hanging[earlier], tasks[earlier]["length"] + hanging[number])'
_IDLE = "[*range(workers)]"
_COMES = 'max(now, tasks[later]["release"])'
_FIRST = '(task["release"], number) for number, task in enumerate(tasks) if not task["after"]'
_WHO = "while possible and idle:"
_PUT = "plan[number] = [idle.pop(), now]"
_RETURN = "    return plan\n    ###"
_COUNTS = "range(1, max(1, len(tasks)) + 1)"
_TOO_LATE = "        return None\n"
_FEWEST = "return next(workers for workers in possible if done(tasks, workers) <= deadline)"
_DONE = 'max([start + task["length"] for start, task in zip(starts, tasks)], default=0)'

WRONG: list[Wrong] = [
    wrong("equal blocks", CELL, ("", _EQUAL_BLOCKS), BOUND, CHAINS),
    wrong("all on one worker", CELL, (_IDLE, "[0]"), *ALL),
    wrong("one at a time", CELL, (_WHO, "while possible and idle and not running:"), *ALL),
    wrong("a worker stays idle", CELL, (_IDLE, "[*range(max(1, workers - 1))]"), *ALL),
    wrong("at most a hundred workers", CELL, (_IDLE, "[*range(min(100, workers))]"), *ALL),
    wrong("waits until all are free", CELL, (_WHO, f"if len(idle) < workers:\n            continue\n        {_WHO}"), BOUND, CHAINS),
    wrong("begins before the release", CELL, (_FIRST, _FIRST.replace('task["release"]', "0")), *ALL),
    wrong("begins as soon as the others are done, before the release", CELL, (_COMES, "now"), BOUND, CHAINS),
    wrong("begins when one of the others is done", CELL, ("if missing[later] == 0:", 'if missing[later] == len(tasks[later]["after"]) - 1:'), *ALL),
    wrong("forgets what must be done before", CELL, (_FIRST, _FIRST.removesuffix(' if not task["after"]')), *ALL),
    wrong("two at once by one worker", CELL, ("idle.pop(), now]", "idle[0], now]"), *ALL),
    wrong("workers from 1", CELL, (_PUT, "plan[number] = [idle.pop() + 1, now]"), *ALL),
    wrong("start and worker swapped", CELL, (_PUT, "plan[number] = [now, idle.pop()]"), *ALL),
    wrong("a dict", CELL, (_RETURN, "    return dict(enumerate(plan))\n    ###"), *ALL),
    wrong("in the order of the starts", CELL, (_RETURN, "    return sorted(plan, key=lambda item: item[1])\n    ###"), *ALL),
    wrong("the first of the list first", CELL, (_RANK, "(0, number)"), CHAINS),
    wrong("the longest task first", CELL, (_RANK, '(-tasks[number]["length"], number)'), CHAINS),
    wrong("the shortest task first", CELL, (_RANK, '(tasks[number]["length"], number)'), CHAINS),
    wrong("the least hanging first", CELL, (_RANK, "(hanging[number], number)"), CHAINS),
    wrong("the earliest release first", CELL, (_RANK, '(tasks[number]["release"], number)'), CHAINS),
    wrong("looks one task ahead only", CELL, (_LATER, _LATER.replace("+ hanging[number]", '+ tasks[number]["length"]')), CHAINS),
    wrong("what hangs on a task, by a function that calls itself", CELL, (_MISSING, _MISSING + _BY_RECURSION), CHAINS),
    wrong("one too many", CELL, (_FEWEST, _FEWEST + " + 1"), FEWEST),
    wrong("before the deadline, not at it", CELL, (_FEWEST, _FEWEST.replace("<=", "<")), FEWEST),
    wrong("at most half as many as tasks", CELL, (_FEWEST, _FEWEST.replace("next(", "min(len(tasks) // 2, next(") + ")"), FEWEST),
    wrong("all of them where it is too late", CELL, (_TOO_LATE, "        return len(tasks)\n"), FEWEST),
    wrong("zero where it is too late", CELL, (_TOO_LATE, "        return 0\n"), FEWEST),
    wrong("when the last begins", CELL, (_DONE, "max(starts, default=0)"), FEWEST),
    wrong("work over the deadline", CELL, (_FEWEST, "return max(1, -(-work // max(1, deadline)))"), FEWEST),
    wrong("none for no tasks", CELL, (_FEWEST, f"{_FEWEST} if tasks else None"), FEWEST),
    wrong("the most with which it is in time", CELL, (_FEWEST, _FEWEST.replace("in possible", "in reversed([*possible])")), FEWEST),
    wrong("from two on", CELL, (_FEWEST, _FEWEST.replace("return ", "return max(2, ") + ")"), FEWEST),
    wrong("four at most", CELL, (_FEWEST, _FEWEST.replace("return ", "return min(4, ") + ")"), FEWEST),
    wrong("a hundred at most", CELL, (_FEWEST, _FEWEST.replace("return ", "return min(100, ") + ")"), FEWEST),
    wrong("a wrapper of the simulator", CELL, ("", _A_WRAPPER_OF_THE_SIMULATOR), *ALL),
    wrong("right on the visible tests only", CELL, ("", _RIGHT_ON_THE_VISIBLE_TESTS_ONLY), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
