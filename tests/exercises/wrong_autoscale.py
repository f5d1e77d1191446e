"""Wrong solutions of the exercise on settings of an autoscaler, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "autoscale-solution"
SERVES, CALM, CHEAP = ALL = ("autoscale-serves", "autoscale-calm", "autoscale-cheap")

_NEVER_WAITS_BEFORE_PODS_GO = '''from labsupport.exercises.autoscaling import simulated


def choose(yesterday, startup):
    """Return settings of the autoscaler for a day like yesterday."""
    ### BEGIN SOLUTION
    found = []
    for target in (0.85, 0.75, 0.65, 0.55, 0.45, 0.35):
        for minimum in (2, 5, 10):
            settings = {"target": target, "minimum": minimum, "maximum": 200, "window": 0}
            result = simulated(yesterday, settings, startup)
            if result.turned_away <= 0.001 and result.reversals <= 30:
                found.append((result.core_hours, target, minimum))
    _, target, minimum = min(found, default=(0, 0.35, 10))
    return {"target": target, "minimum": minimum, "maximum": 200, "window": 0}
    ### END SOLUTION'''
_WAITS_FOR_AN_HOUR = '''from labsupport.exercises.autoscaling import simulated


def choose(yesterday, startup):
    """Return settings of the autoscaler for a day like yesterday."""
    ### BEGIN SOLUTION
    found = []
    for target in (0.6, 0.5, 0.4, 0.35):
        for minimum in (2, 5, 10):
            settings = {"target": target, "minimum": minimum, "maximum": 200, "window": 300}
            result = simulated(yesterday, settings, startup)
            if result.turned_away <= 0.001 and result.reversals <= 30:
                found.append((result.core_hours, target, minimum))
    _, target, minimum = min(found, default=(0, 0.35, 10))
    return {"target": target, "minimum": minimum, "maximum": 200, "window": 3_600}
    ### END SOLUTION'''
_TWENTY_FIVE_PODS_AT_LEAST = '''from labsupport.exercises.autoscaling import simulated


def choose(yesterday, startup):
    """Return settings of the autoscaler for a day like yesterday."""
    ### BEGIN SOLUTION
    found = []
    for target in (0.85, 0.75, 0.65, 0.55, 0.45, 0.35):
        for minimum in (25,):
            settings = {"target": target, "minimum": minimum, "maximum": 200, "window": 300}
            result = simulated(yesterday, settings, startup)
            if result.turned_away <= 0.001 and result.reversals <= 30:
                found.append((result.core_hours, target, minimum))
    _, target, minimum = min(found, default=(0, 0.35, 25))
    return {"target": target, "minimum": minimum, "maximum": 200, "window": 300}
    ### END SOLUTION'''
_FLAPS_WHEN_THE_LOAD_DOES = """
from labsupport.exercises.autoscaling import simulated


def choose(yesterday, startup):
    for target in (0.85, 0.75, 0.65, 0.55, 0.45, 0.35):
        for minimum in (2, 5, 10):
            settings = {"target": target, "minimum": minimum, "maximum": 200, "window": 0}
            if simulated(yesterday, settings, startup).turned_away < 0.001:
                return settings
"""
_CALM_BY_A_WINDOW_OF_A_MINUTE = """
from labsupport.exercises.autoscaling import simulated


def choose(yesterday, startup):
    for target in (0.85, 0.75, 0.65, 0.55, 0.45, 0.35):
        for minimum in (2, 5, 10):
            settings = {"target": target, "minimum": minimum, "maximum": 200, "window": 60}
            if simulated(yesterday, settings, startup).turned_away < 0.001:
                return settings
"""
_RIGHT_ON_THE_VISIBLE_TESTS_ONLY = """
from labsupport.exercises.autoscaling import simulated


def choose(yesterday, startup):
    if startup == 60.0:
        return {"target": 0.85, "minimum": 2, "maximum": 200, "window": 300}
    target = 0.55 if yesterday[0] > 2 else 0.9
    return {"target": target, "minimum": 10, "maximum": 200, "window": 300}
"""
_A_WRAPPER_OF_THE_AUTOSCALER = """
from labsupport.simulators import autoscaling


def choose(yesterday, startup):
    return autoscaling.desired_replicas([load / 100 for load in yesterday], 0.5)
"""

WRONG: list[Wrong] = [
    wrong(
        "Kubernetes' defaults",
        CELL,
        (
            "    found = []\n",
            """    return {"target": 0.5, "minimum": 2, "maximum": 100, "window": 300}
    found = []
""",
        ),
        *ALL,
    ),
    wrong(
        "the same for every day, at 90 %",
        CELL,
        (
            "    found = []\n",
            """    return {"target": 0.9, "minimum": 2, "maximum": 200, "window": 300}
    found = []
""",
        ),
        *ALL,
    ),
    wrong(
        "the same for every day, at 60 %",
        CELL,
        (
            "    found = []\n",
            """    return {"target": 0.6, "minimum": 10, "maximum": 200, "window": 300}
    found = []
""",
        ),
        *ALL,
    ),
    wrong(
        "enough for the peak",
        CELL,
        (
            "    found = []\n",
            """    most = round(max(yesterday)) + 1
    return {"target": 0.5, "minimum": most, "maximum": most, "window": 0}
    found = []
""",
        ),
        *ALL,
    ),
    wrong(
        "enough for the mean",
        CELL,
        (
            "    found = []\n",
            """    most = round(sum(yesterday) / len(yesterday))
    return {"target": 0.9, "minimum": most, "maximum": most, "window": 0}
    found = []
""",
        ),
        *ALL,
    ),
    wrong("never waits before pods go", CELL, ("", _NEVER_WAITS_BEFORE_PODS_GO), *ALL),
    wrong(
        "tried with a window, set without one",
        CELL,
        (
            """"maximum": 200, "window": 300}
    ###""",
            """"maximum": 200, "window": 0}
    ###""",
        ),
        *ALL,
    ),
    wrong("waits for an hour", CELL, ("", _WAITS_FOR_AN_HOUR), CHEAP),
    wrong("the dearest that holds", CELL, ("min(found,", "max(found,"), *ALL),
    wrong("the cheapest, whatever is lost", CELL, ("if result.turned_away <= 0.001 and result.reversals <= 30:", "if result.reversals <= 30:"), *ALL),
    wrong("ten times as much may be lost", CELL, ("turned_away <= 0.001", "turned_away <= 0.02"), *ALL),
    wrong("pods that start at once", CELL, ("simulated(yesterday, settings, startup)", "simulated(yesterday, settings, 0.0)"), *ALL),
    wrong("twenty-five pods at least", CELL, ("", _TWENTY_FIVE_PODS_AT_LEAST), *ALL),
    wrong("a low target on every day", CELL, ("(0.85, 0.75, 0.65, 0.55, 0.45, 0.35)", "(0.45, 0.35)"), *ALL),
    wrong("a target in percent", CELL, ('return {"target": target, "minimum"', 'return {"target": 100 * target, "minimum"'), *ALL),
    wrong(
        "no window",
        CELL,
        (
            """, "maximum": 200, "window": 300}
    ###""",
            """, "maximum": 200}
    ###""",
        ),
        *ALL,
    ),
    wrong(
        "too few at most",
        CELL,
        (
            """"maximum": 200, "window": 300}
    ###""",
            """"maximum": 20, "window": 300}
    ###""",
        ),
        *ALL,
    ),
    wrong(
        "a tuple",
        CELL,
        (
            """return {"target": target, "minimum": minimum, "maximum": 200, "window": 300}
    ###""",
            """return target, minimum, 200, 300
    ###""",
        ),
        *ALL,
    ),
    wrong("settings of a text", CELL, ('return {"target": target, "minimum"', 'return {"target": str(target), "minimum"'), *ALL),
    wrong("half of the day only", CELL, ("simulated(yesterday,", "simulated(yesterday[:420],"), *ALL),
    wrong("asks for the day's mean", CELL, ("simulated(yesterday,", "simulated([sum(yesterday) / len(yesterday)] * 1_440,"), *ALL),
    wrong(
        "fits yesterday just so",
        CELL,
        ("if result.turned_away <= 0.001 and result.reversals <= 30:", "if result.turned_away <= 0.0045 and result.reversals <= 60:"),
        *ALL,
    ),
    wrong("flaps when the load does", CELL, ("", _FLAPS_WHEN_THE_LOAD_DOES), CALM, CHEAP),
    wrong("calm by a window of a minute", CELL, ("", _CALM_BY_A_WINDOW_OF_A_MINUTE), CALM, CHEAP),
    wrong("right on the visible tests only", CELL, ("", _RIGHT_ON_THE_VISIBLE_TESTS_ONLY), *ALL),
    wrong("a wrapper of the autoscaler", CELL, ("", _A_WRAPPER_OF_THE_AUTOSCALER), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
