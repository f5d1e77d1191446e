"""Wrong solutions of the exercise on a bounded fetch, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "fetch-solution"
BOUNDED, POLITE, PATIENT = ALL = ("fetch-bounded", "fetch-polite", "fetch-patient")

#: Right, and quadratic: at each moment it goes through the whole line.
QUADRATIC = """def fetch(requests, limit, per_host=None, timeout=None):
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
                cut = timeout is not None and takes[tries] > timeout
                told.append([now, "start", number])
                lasts = timeout if cut else takes[tries]
                open_now.append((now + lasts, "cut" if cut else "end", number, tries))
            else:
                staying.append((number, tries))
        line = staying
        now = min((entry[0] for entry in open_now), default=now)
    return told
"""
_CALLS_ITSELF_AT_EACH_START = """
from collections import Counter


def fetch(requests, limit, per_host=None, timeout=None):
    line = [(number, 0) for number in range(len(requests))]
    open_now, busy, told = [], Counter(), []

    def go_on(now):
        for place, (number, tries) in enumerate(line):
            host, takes = requests[number]
            if len(open_now) == limit:
                break
            if per_host is None or busy[host] < per_host:
                del line[place]
                busy[host] += 1
                cut = timeout is not None and takes[tries] > timeout
                lasts = timeout if cut else takes[tries]
                open_now.append((now + lasts, len(told), "cut" if cut else "end", number, tries))
                told.append([now, "start", number])
                return go_on(now)
        if open_now:
            now = min(open_now)[0]
            for entry in sorted(entry for entry in open_now if entry[0] == now):
                open_now.remove(entry)
                _, _, what, number, tries = entry
                busy[requests[number][0]] -= 1
                told.append([now, what, number])
                if what == "cut" and tries == 0:
                    line.append((number, 1))
            go_on(now)

    go_on(0)
    return told
"""
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

_RETURN = "    return told\n    ###"
_LINE = "line = [(number, number, 0) for number in range(len(requests))]"
_LIMIT = "len(open_now) < limit"
_FULL = "per_host is not None and busy[host] >= per_host"
_ASIDE = "                aside[host].append((place, number, tries))\n                continue\n"
_BACK = "                heappush(line, aside[host].popleft())\n"
_CUT = "cut = timeout is not None and takes[tries] > timeout"
_LASTS = "lasts = timeout if cut else takes[tries]"
_STARTS = 'told.append([now, "start", number])'
_OPENS = 'heappush(open_now, (now + lasts, len(told), "cut" if cut else "end", number, tries))'
_AGAIN = 'if what == "cut" and tries == 0:'
_SECOND = "heappush(line, (next(places), number, 1))"

WRONG: list[Wrong] = [
    wrong("all at once", CELL, (f"while line and {_LIMIT}:", "while line:"), *ALL),
    wrong("one more at once", CELL, (_LIMIT, "len(open_now) <= limit"), *ALL),
    wrong("one fewer at once", CELL, (_LIMIT, "len(open_now) < max(1, limit - 1)"), *ALL),
    wrong("a hundred at once at most", CELL, (_LIMIT, "len(open_now) < min(limit, 100)"), *ALL),
    wrong("the first thousand requests", CELL, (_LINE, _LINE.replace("range(len(requests))", "range(min(1_000, len(requests)))")), *ALL),
    wrong("a thousand moments at most", CELL, ("while line or open_now:", "while (line or open_now) and len(told) < 2_000:"), *ALL),
    wrong("calls itself at each start", CELL, ("", _CALLS_ITSELF_AT_EACH_START), *ALL),
    wrong("in seconds", CELL, (_RETURN, "    return [[time / 1_000, *rest] for time, *rest in told]\n    ###"), *ALL),
    wrong("starts before ends", CELL, (_RETURN, '    return sorted(told, key=lambda event: (event[0], event[1] != "start"))\n    ###'), *ALL),
    wrong(
        "the shortest first",
        CELL,
        (_LINE, "line = sorted((takes[0], number, 0) for number, (_, takes) in enumerate(requests))"),
        *ALL,
    ),
    wrong("the last of the list first", CELL, (_LINE, "line = sorted((-number, number, 0) for number in range(len(requests)))"), *ALL),
    wrong("ends in the order of the list", CELL, (_OPENS, _OPENS.replace("len(told)", "number")), POLITE, PATIENT),
    wrong("numbers from 1", CELL, (_STARTS, _STARTS.replace("number", "number + 1")), *ALL),
    wrong("starts only", CELL, ("told.append([now, what, number])", "pass"), *ALL),
    wrong("the host in place of the number", CELL, (_STARTS, _STARTS.replace("number", "host")), *ALL),
    wrong("the host is not looked at", CELL, (_FULL, "False"), POLITE, PATIENT),
    wrong("one more at each host", CELL, (_FULL, _FULL.replace(">=", ">")), POLITE, PATIENT),
    wrong("one at each host, always", CELL, (_FULL, _FULL.replace(">= per_host", ">= 1")), POLITE, PATIENT),
    wrong(
        "who may not start blocks those behind",
        CELL,
        (_ASIDE, "                heappush(line, (place, number, tries))\n                break\n"),
        POLITE,
        PATIENT,
    ),
    wrong(
        "who may not start loses the place",
        CELL,
        (_BACK, "                heappush(line, (next(places), *aside[host].popleft()[1:]))\n"),
        POLITE,
        PATIENT,
    ),
    wrong("the last set aside comes back first", CELL, ("aside[host].popleft()", "aside[host].pop()"), POLITE, PATIENT),
    wrong("the limit of the host only", CELL, (_LIMIT, "(per_host is not None or len(open_now) < limit)"), POLITE, PATIENT),
    wrong("as many at each host as at all", CELL, (_FULL, _FULL.replace(">= per_host", ">= limit")), POLITE, PATIENT),
    wrong("counts all hosts alike", CELL, (_FULL, _FULL.replace("busy[host]", "len(open_now)")), POLITE, PATIENT),
    wrong("never cut", CELL, (_CUT, "cut = False"), PATIENT),
    wrong("cut at the timeout, too", CELL, (_CUT, _CUT.replace("> timeout", ">= timeout")), PATIENT),
    wrong("no second try", CELL, (_AGAIN, "if False:"), PATIENT),
    wrong("a second try at once", CELL, (_SECOND, "heappush(line, (-next(places), number, 1))"), PATIENT),
    wrong("a second try in the old place", CELL, (_SECOND, "heappush(line, (number, number, 1))"), PATIENT),
    wrong("tries again and again", CELL, (_AGAIN, 'if what == "cut" and len(told) < 5_000:'), PATIENT),
    wrong(
        "the second try takes as long as the first",
        CELL,
        (f"{_CUT}\n            {_LASTS}", f"{_CUT}\n            {_LASTS}".replace("takes[tries]", "takes[0]")),
        PATIENT,
    ),
    wrong("cut, but only after the answer", CELL, (_LASTS, "lasts = takes[tries]"), PATIENT),
    wrong("the second time it is an end", CELL, (_OPENS, _OPENS.replace("if cut else", "if cut and tries == 0 else")), PATIENT),
    wrong(
        "a second try only if the first was not slow by much",
        CELL,
        (_AGAIN, _AGAIN.replace("tries == 0", "tries == 0 and requests[number][1][0] < 2 * timeout")),
        PATIENT,
    ),
    wrong("a wrapper of the simulator", CELL, ("", _A_WRAPPER_OF_THE_SIMULATOR), *ALL),
    wrong("right on the visible tests only", CELL, ("", _RIGHT_ON_THE_VISIBLE_TESTS_ONLY), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
