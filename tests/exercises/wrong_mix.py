"""Wrong solutions of the exercise on the cheapest servers, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "mix-solution"
LATE, CHOICE, EVERY = ALL = ("mix-late", "mix-choice", "mix-all")
CHOSEN = (CHOICE, EVERY)

_SPARE = 'spare = speed - tender["rate"] * part / 100 / servers if servers else 0'
_SUM = 'late += part / 100 * (math.exp(-spare * tender["target"]) if spare > 0 else 1)'
_NUMBERS = 'range(tender["most"] + 1), tender["prices"]'
_SORT = "key=lambda mix: mix[0] * prices[0] + mix[1] * prices[1]"
_PERCENTS = "for percent in range(101):"
_MEETS = "if late_share(fast, slow, percent, tender) <= 0.01:"
_MIXES = "mixes = [(fast, slow) for fast in numbers for slow in numbers]"
_NONE = "                return [fast, slow, percent]\n    return None"

_VISIBLE_ONLY = """
def late_share(fast, slow, percent, tender):
    return {100: 0.36787944117144233, 80: 0.08822839934527577, 60: 0.4298722410207184}[percent]

def cheapest(tender):
    return {63: [1, 2, 66], 62: [6, 0, 100], 9: None, 90: [1, 1, 78]}[tender["rate"]]
"""
_WRAPPERS = """
from labsupport import theory

def late_share(fast, slow, percent, tender):
    return theory.mmc_response_tail(tender["rate"], tender["speeds"][0], fast or 1, tender["target"])

def cheapest(tender):
    for fast in range(1, 11):
        if tender["rate"] < fast * tender["speeds"][0] and late_share(fast, 0, 100, tender) <= 0.01:
            return [fast, 0, 100]
"""


def _late(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *(loses or ALL))


def _choice(name: str, old: str, new: str, *loses: str) -> Wrong:
    return wrong(name, CELL, (old, new), *(loses or CHOSEN))


WRONG: list[Wrong] = [
    _late("every server gets all requests of its kind", _SPARE, _SPARE.replace(" / servers if", " if")),
    _late("the kinds as one line each", _SPARE, _SPARE.replace("speed -", "servers * speed -").replace(" / servers if", " if")),
    _late("all requests are spread over all servers", _SPARE, 'spare = speed - tender["rate"] / (fast + slow) if servers else 0'),
    _late("shares are not weighted", _SUM, _SUM.replace("part / 100 * ", "")),
    _late("the mean of both kinds", _SUM, _SUM.replace("part / 100 * ", "0.5 * ")),
    _late("the slower kind decides", _SUM, 'late = max(late, math.exp(-spare * tender["target"]) if spare > 0 else 1)'),
    _late("overloaded servers are never late", _SUM, _SUM.replace("else 1)", "else 0)")),
    _late("the formula at any load", _SUM, 'late += part / 100 * math.exp(-spare * tender["target"])', LATE),
    _late("one overloaded kind makes all late", _SUM, "if spare <= 0:\n            return 1.0\n        " + _SUM, LATE),
    _late("a kind without servers takes no requests", "if part == 0:", "if part == 0 or not servers:"),
    _late("a kind without servers is an error", " if servers else 0", ""),
    _late("the mean response", _SUM, "late += part / 100 / spare if spare > 0 else 1"),
    _late("those that are in time", "    return late\n", "    return 1 - late\n"),
    _late("percent for the slow ones", "(percent, 100 - percent)", "(100 - percent, percent)"),
    _late("in percent", "    return late\n", "    return 100 * late\n"),
    _choice("fast servers only", _MIXES, "mixes = [(fast, 0) for fast in numbers]"),
    _choice("slow servers only", _MIXES, "mixes = [(0, slow) for slow in numbers]"),
    _choice("one of each kind at least", _MIXES, "mixes = [(fast, slow) for fast in numbers[1:] for slow in numbers[1:]]"),
    _choice("the fewest servers", _SORT, "key=sum"),
    _choice("the fewest fast servers", _SORT, "key=lambda mix: mix"),
    _choice("the dearest", _SORT, "reverse=True, " + _SORT),
    _choice(
        "in proportion to the speeds",
        _PERCENTS,
        'for percent in [round(100 * fast * tender["speeds"][0] / max(1, fast * tender["speeds"][0] + slow * tender["speeds"][1]))]:',
    ),
    _choice("half and half", _PERCENTS, "for percent in (0, 50, 100):"),
    _choice("in steps of ten", _PERCENTS, "for percent in range(0, 101, 10):"),
    _choice("never all of them", _PERCENTS, "for percent in range(1, 100):"),
    _choice("never 100", _PERCENTS, "for percent in range(100):"),
    _choice("one in ten may be late", _MEETS, _MEETS.replace("0.01", "0.1")),
    _choice("one in a thousand may be late", _MEETS, _MEETS.replace("0.01", "0.001")),
    _choice("whatever keeps up", _MEETS, _MEETS.replace("<= 0.01", "< 1")),
    _choice("one server fewer", _NUMBERS, 'range(tender["most"]), tender["prices"]', EVERY),
    _choice("up to ten, whatever may be had", _NUMBERS, 'range(11), tender["prices"]', EVERY),
    _choice("all that can be had where nothing meets it", _NONE, _NONE.replace("return None", 'return [tender["most"], tender["most"], 50]'), EVERY),
    _choice("an empty list where nothing meets it", _NONE, _NONE.replace("return None", "return []"), EVERY),
    _choice("an error where nothing meets it", _NONE, _NONE.replace("return None", "raise ValueError"), EVERY),
    _choice("the price, too", "return [fast, slow, percent]", "return [fast, slow, percent, fast * prices[0] + slow * prices[1]]"),
    _choice("a share and no percentage", "return [fast, slow, percent]", "return [fast, slow, percent / 100]"),
    wrong("right on the visible tests only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("wrappers of formulas", CELL, ("", _WRAPPERS), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
