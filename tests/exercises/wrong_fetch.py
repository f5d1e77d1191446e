"""Wrong solutions of the exercise on a bounded fetch, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "fetch-solution"
BOUNDED, POLITE, PATIENT = ALL = ("fetch-bounded", "fetch-polite", "fetch-patient")

_WHO_MAY_NOT_START_BLOCKS_THOSE_BEHIND = '''def fetch(requests, limit, per_host=None, timeout=None):
    """Return what happens, in order: [time, "start" or "end" or "cut", number]."""
    ### BEGIN SOLUTION
    line = [(number, 0) for number in range(len(requests))]
    open_now, told, now = [], [], 0
    while line or open_now:
        for entry in [entry for entry in open_now if entry[0] == now]:
            open_now.remove(entry)
            _, what, number, tries = entry
            told.append([now, what, number])
            if what == "cut" and tries == 0:
                line.append((number, 1))
        staying, limit_reached = [], False
        for number, tries in line:
            host, takes = requests[number]
            busy = sum(requests[other][0] == host for _, _, other, _ in open_now)
            if not limit_reached and len(open_now) < limit and (per_host is None or busy < per_host):
                cut = timeout is not None and takes[tries] > timeout
                told.append([now, "start", number])
                lasts = timeout if cut else takes[tries]
                open_now.append((now + lasts, "cut" if cut else "end", number, tries))
            else:
                staying.append((number, tries))
                limit_reached = True
        line = staying
        now = min((entry[0] for entry in open_now), default=now)
    return told
    ### END SOLUTION'''
_TRIES_FOR_EVER = '''def fetch(requests, limit, per_host=None, timeout=None):
    """Return what happens, in order: [time, "start" or "end" or "cut", number]."""
    ### BEGIN SOLUTION
    line = [(number, 0) for number in range(len(requests))]
    open_now, told, now = [], [], 0
    while line or open_now:
        for entry in [entry for entry in open_now if entry[0] == now]:
            open_now.remove(entry)
            _, what, number, tries = entry
            told.append([now, what, number])
            if what == "cut" and tries < 9:
                line.append((number, tries + 1))
        staying = []
        for number, tries in line:
            host, takes = requests[number]
            busy = sum(requests[other][0] == host for _, _, other, _ in open_now)
            if len(open_now) < limit and (per_host is None or busy < per_host):
                cut = timeout is not None and takes[min(1, tries)] > timeout
                told.append([now, "start", number])
                lasts = timeout if cut else takes[min(1, tries)]
                open_now.append((now + lasts, "cut" if cut else "end", number, tries))
            else:
                staying.append((number, tries))
        line = staying
        now = min((entry[0] for entry in open_now), default=now)
    return told
    ### END SOLUTION'''
_THE_SECOND_TRY_TAKES_AS_LONG_AS_THE_FIRST = '''def fetch(requests, limit, per_host=None, timeout=None):
    """Return what happens, in order: [time, "start" or "end" or "cut", number]."""
    ### BEGIN SOLUTION
    line = [(number, 0) for number in range(len(requests))]
    open_now, told, now = [], [], 0
    while line or open_now:
        for entry in [entry for entry in open_now if entry[0] == now]:
            open_now.remove(entry)
            _, what, number, tries = entry
            told.append([now, what, number])
            if what == "cut" and tries == 0:
                line.append((number, 1))
        staying = []
        for number, tries in line:
            host, takes = requests[number]
            busy = sum(requests[other][0] == host for _, _, other, _ in open_now)
            if len(open_now) < limit and (per_host is None or busy < per_host):
                cut = timeout is not None and takes[0] > timeout
                told.append([now, "start", number])
                lasts = timeout if cut else takes[0]
                open_now.append((now + lasts, "cut" if cut else "end", number, tries))
            else:
                staying.append((number, tries))
        line = staying
        now = min((entry[0] for entry in open_now), default=now)
    return told
    ### END SOLUTION'''
_A_WRAPPER_OF_THE_SIMULATOR = """
from labsupport.simulators import scheduling


def fetch(requests, limit, per_host=None, timeout=None):
    if not requests:
        return []
    result = scheduling.simulate("self_scheduling", [takes[0] for _, takes in requests], limit)
    told = [[float(time), "start", n] for n, time in enumerate(result.starts)]
    return sorted(told + [[float(time), "end", n] for n, time in enumerate(result.finishes)])
"""
_RIGHT_ON_THE_VISIBLE_TESTS_ONLY = """
def fetch(requests, limit, per_host=None, timeout=None):
    if len(requests) == 3 and limit == 2:
        return [[0, "start", 0], [0, "start", 1], [10, "end", 1], [10, "start", 2], [30, "end", 0], [30, "end", 2]]
    return []
"""

WRONG: list[Wrong] = [
    wrong("all at once", CELL, ("len(open_now) < limit and ", "True and "), *ALL),
    wrong("one more at once", CELL, ("len(open_now) < limit", "len(open_now) <= limit"), *ALL),
    wrong("one fewer at once", CELL, ("len(open_now) < limit", "len(open_now) < max(1, limit - 1)"), *ALL),
    wrong(
        "in seconds",
        CELL,
        (
            """        now = min((entry[0] for entry in open_now), default=now)
    return told""",
            """        now = min((entry[0] for entry in open_now), default=now)
    return [[time / 1_000, *rest] for time, *rest in told]""",
        ),
        *ALL,
    ),
    wrong(
        "starts before ends",
        CELL,
        (
            """    return told
    ###""",
            """    return sorted(told, key=lambda event: (event[0], event[1] != "start"))
    ###""",
        ),
        *ALL,
    ),
    wrong(
        "the shortest first",
        CELL,
        (
            "    line = [(number, 0) for number in range(len(requests))]",
            "    line = [(number, 0) for number in sorted(range(len(requests)), key=lambda n: requests[n][1][0])]",
        ),
        *ALL,
    ),
    wrong("the last of the list first", CELL, ("range(len(requests))]", "range(len(requests))][::-1]"), *ALL),
    wrong(
        "ends in the order of the list",
        CELL,
        ("[entry for entry in open_now if entry[0] == now]", "sorted([entry for entry in open_now if entry[0] == now], key=lambda entry: entry[2])"),
        POLITE,
        PATIENT,
    ),
    wrong("numbers from 1", CELL, ('told.append([now, "start", number])', 'told.append([now, "start", number + 1])'), *ALL),
    wrong("starts only", CELL, ("told.append([now, what, number])", "pass"), *ALL),
    wrong("the host in place of the number", CELL, ('told.append([now, "start", number])', 'told.append([now, "start", host])'), *ALL),
    wrong("the host is not looked at", CELL, (" and (per_host is None or busy < per_host)", ""), POLITE, PATIENT),
    wrong("one more at each host", CELL, ("busy < per_host", "busy <= per_host"), POLITE, PATIENT),
    wrong("one at each host, always", CELL, ("(per_host is None or busy < per_host)", "(per_host is None or busy < 1)"), POLITE, PATIENT),
    wrong("who may not start blocks those behind", CELL, ("", _WHO_MAY_NOT_START_BLOCKS_THOSE_BEHIND), POLITE, PATIENT),
    wrong("who may not start loses the place", CELL, ("        line = staying\n", "        line = staying[::-1]\n"), *ALL),
    wrong("a place at the end for who may not start", CELL, ("        line = staying\n", "        line = staying[1:] + staying[:1]\n"), *ALL),
    wrong(
        "the limit of the host only",
        CELL,
        ("len(open_now) < limit and (per_host is None or busy < per_host)", "(len(open_now) < limit if per_host is None else busy < per_host)"),
        POLITE,
        PATIENT,
    ),
    wrong("as many at each host as at all", CELL, ("busy < per_host", "busy < limit"), POLITE, PATIENT),
    wrong("counts all hosts alike", CELL, ("sum(requests[other][0] == host for _, _, other, _ in open_now)", "len(open_now)"), POLITE, PATIENT),
    wrong("never cut", CELL, ("cut = timeout is not None and takes[tries] > timeout", "cut = False"), PATIENT),
    wrong("cut at the timeout, too", CELL, ("takes[tries] > timeout", "takes[tries] >= timeout"), PATIENT),
    wrong("no second try", CELL, ('if what == "cut" and tries == 0:', "if False:"), PATIENT),
    wrong("a second try at once", CELL, ("line.append((number, 1))", "line.insert(0, (number, 1))"), PATIENT),
    wrong("tries for ever", CELL, ("", _TRIES_FOR_EVER), PATIENT),
    wrong("the second try takes as long as the first", CELL, ("", _THE_SECOND_TRY_TAKES_AS_LONG_AS_THE_FIRST), PATIENT),
    wrong("cut, but only after the answer", CELL, ("lasts = timeout if cut else takes[tries]", "lasts = takes[tries]"), PATIENT),
    wrong("the second time it is an end", CELL, ('"cut" if cut else "end", number', '"cut" if cut and tries == 0 else "end", number'), PATIENT),
    wrong(
        "a second try only if the first was not slow by much",
        CELL,
        ('if what == "cut" and tries == 0:', 'if what == "cut" and tries == 0 and requests[number][1][0] < 2 * timeout:'),
        PATIENT,
    ),
    wrong("a wrapper of the simulator", CELL, ("", _A_WRAPPER_OF_THE_SIMULATOR), *ALL),
    wrong("right on the visible tests only", CELL, ("", _RIGHT_ON_THE_VISIBLE_TESTS_ONLY), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
