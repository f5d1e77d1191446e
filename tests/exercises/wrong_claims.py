"""Wrong solutions of the exercise on asynchronous I/O and dynamic balancing on trial, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "claims-solution"
IDLE, STALE, FRESH = ALL = ("claims-idle", "claims-stale", "claims-fresh")

_NOBODY = """
def witnesses():
    return {}
"""

WRONG: list[Wrong] = [
    wrong("the two witnesses on idling swapped", CELL, ('{"refutes": few, "supports": many}', '{"refutes": many, "supports": few}'), IDLE),
    wrong(
        "many wait, and few work",
        CELL,
        (
            'many = {"requests": 64, "work": 5.0, "wait": 50.0, "blocking": 0.0}',
            'many = {"requests": 64, "work": 0.1, "wait": 50.0, "blocking": 0.0}',
        ),
        IDLE,
    ),
    wrong(
        "just as many as needed",
        CELL,
        (
            'many = {"requests": 64, "work": 5.0, "wait": 50.0, "blocking": 0.0}',
            'many = {"requests": 11, "work": 5.0, "wait": 50.0, "blocking": 0.0}',
        ),
        IDLE,
    ),
    wrong(
        "many that block now and then",
        CELL,
        (
            'many = {"requests": 64, "work": 5.0, "wait": 50.0, "blocking": 0.0}',
            'many = {"requests": 64, "work": 5.0, "wait": 50.0, "blocking": 0.1}',
        ),
        IDLE,
    ),
    wrong(
        "a witness with too many requests",
        CELL,
        (
            'many = {"requests": 64, "work": 5.0, "wait": 50.0, "blocking": 0.0}',
            'many = {"requests": 65, "work": 5.0, "wait": 50.0, "blocking": 0.0}',
        ),
        IDLE,
    ),
    wrong(
        "work of no time",
        CELL,
        ('few = {"requests": 5, "work": 1.0, "wait": 100.0, "blocking": 0.0}', 'few = {"requests": 5, "work": 0.0, "wait": 100.0, "blocking": 0.0}'),
        IDLE,
    ),
    wrong(
        "no share of blocking",
        CELL,
        ('few = {"requests": 5, "work": 1.0, "wait": 100.0, "blocking": 0.0}', 'few = {"requests": 5, "work": 1.0, "wait": 100.0}'),
        IDLE,
    ),
    wrong(
        "a text for a number",
        CELL,
        (
            'few = {"requests": 5, "work": 1.0, "wait": 100.0, "blocking": 0.0}',
            'few = {"requests": "few", "work": 1.0, "wait": 100.0, "blocking": 0.0}',
        ),
        IDLE,
    ),
    wrong(
        "half idle is never idle",
        CELL,
        ('many = {"requests": 64, "work": 5.0, "wait": 50.0, "blocking": 0.0}', 'many = {"requests": 5, "work": 5.0, "wait": 50.0, "blocking": 0.0}'),
        IDLE,
    ),
    wrong("the two on balancing swapped", CELL, ('{"refutes": stale, "supports": fresh}', '{"refutes": fresh, "supports": stale}'), STALE, FRESH),
    wrong(
        "the news is quite new",
        CELL,
        ('stale = {"workers": 10, "load": 0.9, "age": 10.0}', 'stale = {"workers": 10, "load": 0.9, "age": 1.0}'),
        STALE,
    ),
    wrong(
        "old news, and two workers",
        CELL,
        ('stale = {"workers": 10, "load": 0.9, "age": 10.0}', 'stale = {"workers": 2, "load": 0.5, "age": 2.0}'),
        STALE,
    ),
    wrong(
        "old news does not matter",
        CELL,
        ('stale = {"workers": 10, "load": 0.9, "age": 10.0}', 'stale = {"workers": 10, "load": 0.9, "age": 0.5}'),
        STALE,
    ),
    wrong(
        "news of the moment against it",
        CELL,
        ('stale = {"workers": 10, "load": 0.9, "age": 10.0}', 'stale = {"workers": 10, "load": 0.9, "age": 0.0}'),
        STALE,
    ),
    wrong(
        "older than allowed", CELL, ('stale = {"workers": 10, "load": 0.9, "age": 10.0}', 'stale = {"workers": 10, "load": 0.9, "age": 60.0}'), STALE
    ),
    wrong(
        "a hundred workers", CELL, ('stale = {"workers": 10, "load": 0.9, "age": 10.0}', 'stale = {"workers": 100, "load": 0.9, "age": 10.0}'), STALE
    ),
    wrong(
        "an unknown setting against it",
        CELL,
        ('stale = {"workers": 10, "load": 0.9, "age": 10.0}', 'stale = {"workers": 10, "load": 0.9, "age": 10.0, "seed": 1}'),
        STALE,
    ),
    wrong(
        "too much load against it",
        CELL,
        ('stale = {"workers": 10, "load": 0.9, "age": 10.0}', 'stale = {"workers": 10, "load": 1.2, "age": 10.0}'),
        STALE,
    ),
    wrong("half an age", CELL, ('fresh = {"workers": 10, "load": 0.9, "age": 0.0}', 'fresh = {"workers": 10, "load": 0.9, "age": 1.0}'), FRESH),
    wrong("old news for it", CELL, ('fresh = {"workers": 10, "load": 0.9, "age": 0.0}', 'fresh = {"workers": 10, "load": 0.9, "age": 20.0}'), FRESH),
    wrong(
        "a text for the age", CELL, ('fresh = {"workers": 10, "load": 0.9, "age": 0.0}', 'fresh = {"workers": 10, "load": 0.9, "age": "new"}'), FRESH
    ),
    wrong("less than no age", CELL, ('fresh = {"workers": 10, "load": 0.9, "age": 0.0}', 'fresh = {"workers": 10, "load": 0.9, "age": -1.0}'), FRESH),
    wrong("one worker", CELL, ('fresh = {"workers": 10, "load": 0.9, "age": 0.0}', 'fresh = {"workers": 1, "load": 0.9, "age": 0.0}'), FRESH),
    wrong(
        "more than can be done", CELL, ('fresh = {"workers": 10, "load": 0.9, "age": 0.0}', 'fresh = {"workers": 10, "load": 1.0, "age": 0.0}'), FRESH
    ),
    wrong("age left out", CELL, ('fresh = {"workers": 10, "load": 0.9, "age": 0.0}', 'fresh = {"workers": 10, "load": 0.9}'), FRESH),
    wrong("half a worker", CELL, ('fresh = {"workers": 10, "load": 0.9, "age": 0.0}', 'fresh = {"workers": 2.5, "load": 0.9, "age": 0.0}'), FRESH),
    wrong("other names for the claims", CELL, ('"dynamic balancing": {', '"dynamic": {'), STALE, FRESH),
    wrong("only what supports", CELL, ('{"refutes": stale, "supports": fresh}', '{"supports": fresh}'), STALE),
    wrong("only what refutes", CELL, ('{"refutes": few, "supports": many}', '{"refutes": few}'), IDLE),
    wrong("a list of witnesses", CELL, ('{"refutes": few, "supports": many}', "[few, many]"), IDLE),
    wrong("nobody", CELL, ("", _NOBODY), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
