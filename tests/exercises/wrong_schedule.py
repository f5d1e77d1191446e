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

WRONG: list[Wrong] = [
    wrong("equal blocks", CELL, ("", _EQUAL_BLOCKS), BOUND, CHAINS),
    wrong(
        "all on one worker",
        CELL,
        ("idle = [worker for worker in range(workers) if free[worker] <= now]", "idle = [0] if free[0] <= now else []"),
        *ALL,
    ),
    wrong(
        "one at a time",
        CELL,
        (
            "idle = [worker for worker in range(workers) if free[worker] <= now]",
            "idle = [worker for worker in range(workers) if max(free) <= now][:1]",
        ),
        *ALL,
    ),
    wrong(
        "a worker stays idle",
        CELL,
        (
            "idle = [worker for worker in range(workers) if free[worker] <= now]",
            "idle = [worker for worker in range(max(1, workers - 1)) if free[worker] <= now]",
        ),
        *ALL,
    ),
    wrong(
        "waits until all are free",
        CELL,
        ("idle = [worker for worker in range(workers) if free[worker] <= now]", "idle = [worker for worker in range(workers) if max(free) <= now]"),
        BOUND,
        CHAINS,
    ),
    wrong("begins before the release", CELL, ('            and task["release"] <= now\n', ""), *ALL),
    wrong("begins before the others are done", CELL, ("ends.get(earlier, now + 1) <= now", "earlier in ends"), *ALL),
    wrong(
        "forgets what must be done before", CELL, ('            and all(ends.get(earlier, now + 1) <= now for earlier in task["after"])\n', ""), *ALL
    ),
    wrong("two at once by one worker", CELL, ("if free[worker] <= now]", "]"), *ALL),
    wrong("workers from 1", CELL, ("plan[number] = [worker, now]", "plan[number] = [worker + 1, now]"), *ALL),
    wrong("start and worker swapped", CELL, ("plan[number] = [worker, now]", "plan[number] = [now, worker]"), *ALL),
    wrong(
        "a dict",
        CELL,
        (
            """    return plan
    ###""",
            """    return dict(enumerate(plan))
    ###""",
        ),
        *ALL,
    ),
    wrong(
        "in the order of the starts",
        CELL,
        (
            """    return plan
    ###""",
            """    return sorted(plan, key=lambda item: item[1])
    ###""",
        ),
        *ALL,
    ),
    wrong("the first of the list first", CELL, ("possible.sort(key=lambda number: -hanging[number])", "pass"), CHAINS),
    wrong("the longest task first", CELL, ("-hanging[number])", '-tasks[number]["length"])'), CHAINS),
    wrong("the shortest task first", CELL, ("-hanging[number])", 'tasks[number]["length"])'), CHAINS),
    wrong("the least hanging first", CELL, ("-hanging[number])", "hanging[number])"), CHAINS),
    wrong("the earliest release first", CELL, ("-hanging[number])", 'tasks[number]["release"])'), CHAINS),
    wrong(
        "looks one task ahead only",
        CELL,
        ('tasks[earlier]["length"] + hanging[number])', 'tasks[earlier]["length"] + tasks[number]["length"])'),
        CHAINS,
    ),
    wrong("one too many", CELL, ("            return workers\n", "            return workers + 1\n"), FEWEST),
    wrong("before the deadline, not at it", CELL, ("<= deadline", "< deadline"), FEWEST),
    wrong(
        "at most half as many as tasks",
        CELL,
        ("for workers in range(1, max(1, len(tasks)) + 1)", "for workers in range(1, max(1, len(tasks) // 2) + 1)"),
        FEWEST,
    ),
    wrong(
        "all of them where it is too late",
        CELL,
        (
            """            return workers
    return None""",
            """            return workers
    return len(tasks)""",
        ),
        FEWEST,
    ),
    wrong(
        "zero where it is too late",
        CELL,
        (
            """            return workers
    return None""",
            """            return workers
    return 0""",
        ),
        FEWEST,
    ),
    wrong("when the last begins", CELL, ('done = [start + task["length"] for start, task in zip(starts, tasks)]', "done = starts"), FEWEST),
    wrong(
        "work over the deadline",
        CELL,
        (
            "    for workers in range(1, max(1, len(tasks)) + 1):\n",
            """    return max(1, -(-sum(task['length'] for task in tasks) // max(1, deadline)))
    for workers in range(1, max(1, len(tasks)) + 1):
""",
        ),
        FEWEST,
    ),
    wrong(
        "none for no tasks",
        CELL,
        ("    for workers in range(1, max(1, len(tasks)) + 1):\n", "    for workers in range(1, len(tasks) + 1):\n"),
        FEWEST,
    ),
    wrong("the most with which it is in time", CELL, ("range(1, max(1, len(tasks)) + 1)", "range(max(1, len(tasks)), 0, -1)"), FEWEST),
    wrong("from two on", CELL, ("range(1, max(1, len(tasks)) + 1)", "range(2, max(1, len(tasks)) + 1)"), FEWEST),
    wrong("four at most", CELL, ("range(1, max(1, len(tasks)) + 1)", "range(1, 5)"), FEWEST),
    wrong("a wrapper of the simulator", CELL, ("", _A_WRAPPER_OF_THE_SIMULATOR), *ALL),
    wrong("right on the visible tests only", CELL, ("", _RIGHT_ON_THE_VISIBLE_TESTS_ONLY), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
