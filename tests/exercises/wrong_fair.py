"""Wrong solutions of the exercise on fair shares, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "fair-solution"
ALIKE, WEIGHTS, RUNNING = ALL = ("fair-alike", "fair-weights", "fair-running")

_ENDS_WHEN_ONE_DOES_NOT_FIT = '''def share(capacity, users):
    """Return the names of the users in the order in which they get a task."""
    ### BEGIN SOLUTION
    return top_up(capacity, users, {user["name"]: 0 for user in users})
    ### END SOLUTION


def top_up(capacity, users, running):
    """Return the names of those who get a task now, in order."""
    ### BEGIN SOLUTION
    has = dict(running)
    free = dict(capacity)
    for user in users:
        for kind, amount in user["needs"].items():
            free[kind] -= amount * has[user["name"]]
    granted = []
    while True:
        chosen, least = None, None
        for user in users:
            tasks, needs = has[user["name"]], user["needs"]
            if tasks >= user["wants"]:
                continue
            rank = max(tasks * needs[kind] / capacity[kind] for kind in needs) / user["weight"]
            if chosen is None or rank < least - 1e-9:
                chosen, least = user, rank
        if chosen is None:
            return granted
        if any(chosen["needs"][kind] > free[kind] for kind in chosen["needs"]):
            return granted
        granted.append(chosen["name"])
        has[chosen["name"]] += 1
        for kind, amount in chosen["needs"].items():
            free[kind] -= amount
    ### END SOLUTION'''
_FAIR_FROM_THE_START_LESS_WHAT_RUNS = '''def share(capacity, users):
    """Return the names of the users in the order in which they get a task."""
    ### BEGIN SOLUTION
    return whole(capacity, users, {user["name"]: 0 for user in users})
    ### END SOLUTION


def whole(capacity, users, running):
    """Return the names of those who get a task now, in order."""
    ### BEGIN SOLUTION
    has = dict(running)
    free = dict(capacity)
    for user in users:
        for kind, amount in user["needs"].items():
            free[kind] -= amount * has[user["name"]]
    granted = []
    while True:
        chosen, least = None, None
        for user in users:
            tasks, needs = has[user["name"]], user["needs"]
            if tasks >= user["wants"] or any(needs[kind] > free[kind] for kind in needs):
                continue
            rank = max(tasks * needs[kind] / capacity[kind] for kind in needs) / user["weight"]
            if chosen is None or rank < least - 1e-9:
                chosen, least = user, rank
        if chosen is None:
            return granted
        granted.append(chosen["name"])
        has[chosen["name"]] += 1
        for kind, amount in chosen["needs"].items():
            free[kind] -= amount
    ### END SOLUTION

def top_up(capacity, users, running):
    order, left = share(capacity, users), dict(running)
    granted = []
    for name in order:
        if left.get(name, 0):
            left[name] -= 1
        else:
            granted.append(name)
    return granted
'''
_ONE_TASK_AFTER_THE_OTHER_BY_RECURSION = """
def share(capacity, users):
    return top_up(capacity, users, {user["name"]: 0 for user in users})


def top_up(capacity, users, running):
    free = dict(capacity)
    for user in users:
        for kind, amount in user["needs"].items():
            free[kind] -= amount * running[user["name"]]

    def rank(user):
        needs = user["needs"]
        share = max(running[user["name"]] * needs[kind] / capacity[kind] for kind in needs)
        return round(share / user["weight"], 9)

    able = [
        user
        for user in users
        if running[user["name"]] < user["wants"]
        and all(amount <= free[kind] for kind, amount in user["needs"].items())
    ]
    if not able:
        return []
    name = min(able, key=rank)["name"]
    return [name] + top_up(capacity, users, {**running, name: running[name] + 1})
"""
_A_WRAPPER_OF_THE_SIMULATOR = """
from labsupport.simulators import fairness


def share(capacity, users):
    demands = [[user["needs"][kind] for kind in capacity] for user in users]
    result = fairness.share(list(capacity.values()), demands, weights=[user["weight"] for user in users])
    return [users[number]["name"] for number in result.order]


def top_up(capacity, users, running):
    return share(capacity, users)
"""
_RIGHT_ON_THE_VISIBLE_TESTS_ONLY = """
def share(capacity, users):
    if users[0]["name"] == "dan":
        return ["dan", "cleo", "cleo", "dan", "cleo", "cleo"]
    return ["ana", "ben", "ben"] if users[0]["wants"] == 1 else ["ana", "ben", "ana", "ben", "ana"]


def top_up(capacity, users, running):
    return ["fay", "fay", "eve", "fay"] if capacity["cpu"] == 10 else []
"""

WRONG: list[Wrong] = [
    wrong(
        "the smaller share",
        CELL,
        ("max(tasks * needs[kind] / capacity[kind] for kind in needs)", "min(tasks * needs[kind] / capacity[kind] for kind in needs)"),
        *ALL,
    ),
    wrong(
        "the sum of the shares",
        CELL,
        ("max(tasks * needs[kind] / capacity[kind] for kind in needs)", "sum(tasks * needs[kind] / capacity[kind] for kind in needs)"),
        *ALL,
    ),
    wrong(
        "the first resource only",
        CELL,
        ("max(tasks * needs[kind] / capacity[kind] for kind in needs)", "tasks * needs[next(iter(needs))] / capacity[next(iter(needs))]"),
        *ALL,
    ),
    wrong("equal numbers of tasks", CELL, ("max(tasks * needs[kind] / capacity[kind] for kind in needs)", "tasks"), *ALL),
    wrong("amounts, not shares", CELL, ("tasks * needs[kind] / capacity[kind] for", "tasks * needs[kind] for"), *ALL),
    wrong("shares of what is free", CELL, ("tasks * needs[kind] / capacity[kind] for", "tasks * needs[kind] / max(free[kind], 1) for"), *ALL),
    wrong("after the next task", CELL, ("max(tasks * needs", "max((tasks + 1) * needs"), *ALL),
    wrong("the most goes first", CELL, ("rank < least - 1e-9", "rank > least + 1e-9"), *ALL),
    wrong("the last of equal ones", CELL, ("rank < least - 1e-9", "rank <= least + 1e-9"), *ALL),
    wrong("ends when one does not fit", CELL, ("", _ENDS_WHEN_ONE_DOES_NOT_FIT), *ALL),
    wrong("one task after the other by recursion", CELL, ("", _ONE_TASK_AFTER_THE_OTHER_BY_RECURSION), *ALL),
    wrong("a thousand tasks at most", CELL, ("    while True:", "    for _ in range(1_000):"), *ALL),
    wrong(
        "the first thousand users",
        CELL,
        ("        for user in users:\n            tasks", "        for user in users[:1_000]:\n            tasks"),
        *ALL,
    ),
    wrong("wants are not looked at", CELL, ('tasks >= user["wants"] or ', ""), *ALL),
    wrong("one more than wanted", CELL, ('tasks >= user["wants"]', 'tasks > user["wants"]'), *ALL),
    wrong("whether it fits is not looked at", CELL, (" or any(needs[kind] > free[kind] for kind in needs)", ""), *ALL),
    wrong("one unit stays free", CELL, ("needs[kind] > free[kind] for", "needs[kind] >= free[kind] for"), *ALL),
    wrong("fits if one resource has room", CELL, ("any(needs[kind] > free[kind]", "all(needs[kind] > free[kind]"), *ALL),
    wrong("the weights are not looked at", CELL, (' / user["weight"]\n', "\n"), WEIGHTS, RUNNING),
    wrong("times the weight", CELL, (' / user["weight"]\n', ' * user["weight"]\n'), WEIGHTS, RUNNING),
    wrong("the root of the weight", CELL, (' / user["weight"]\n', ' / user["weight"] ** 0.5\n'), WEIGHTS, RUNNING),
    wrong("the weight as a head start", CELL, (' / user["weight"]\n', ' - user["weight"] / 100\n'), WEIGHTS, RUNNING),
    wrong("the heaviest first", CELL, ("rank = max(tasks", 'rank = -user["weight"] + max(tasks'), WEIGHTS, RUNNING),
    wrong("weights above two count as two", CELL, (' / user["weight"]\n', ' / min(user["weight"], 2)\n'), WEIGHTS, RUNNING),
    wrong(
        "the weight decides between equals",
        CELL,
        ("rank < least - 1e-9", 'rank < least - 1e-9 or (rank < least + 1e-9 and user["weight"] > chosen["weight"])'),
        WEIGHTS,
        RUNNING,
    ),
    wrong(
        "numbers of tasks, not names",
        CELL,
        ("            return granted", "            return [granted.count(user['name']) for user in users]"),
        *ALL,
    ),
    wrong("what runs is forgotten", CELL, ("has = dict(running)", "has = dict.fromkeys(running, 0)"), RUNNING),
    wrong("what runs takes no room", CELL, ('free[kind] -= amount * has[user["name"]]', "free[kind] -= 0"), RUNNING),
    wrong(
        "what runs takes the room of one task",
        CELL,
        ('free[kind] -= amount * has[user["name"]]', 'free[kind] -= amount * min(1, has[user["name"]])'),
        RUNNING,
    ),
    wrong(
        "what runs does not count for the share",
        CELL,
        ("tasks * needs[kind] / capacity[kind]", "(tasks - running[user['name']]) * needs[kind] / capacity[kind]"),
        RUNNING,
    ),
    wrong("what runs does not count among those wanted", CELL, ('tasks >= user["wants"]', 'tasks - running[user["name"]] >= user["wants"]'), RUNNING),
    wrong(
        "those that run are granted again",
        CELL,
        ("    granted = []\n", "    granted = [name for name in running for _ in range(running[name])]\n"),
        RUNNING,
    ),
    wrong("fair from the start, less what runs", CELL, ("", _FAIR_FROM_THE_START_LESS_WHAT_RUNS), RUNNING),
    wrong(
        "one task only",
        CELL,
        (
            '        granted.append(chosen["name"])\n',
            """        granted.append(chosen["name"])
        if any(running.values()):
            return granted
""",
        ),
        RUNNING,
    ),
    wrong("nobody who runs gets more", CELL, ('if tasks >= user["wants"]', 'if running[user["name"]] or tasks >= user["wants"]'), RUNNING),
    wrong("a wrapper of the simulator", CELL, ("", _A_WRAPPER_OF_THE_SIMULATOR), *ALL),
    wrong("right on the visible tests only", CELL, ("", _RIGHT_ON_THE_VISIBLE_TESTS_ONLY), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
