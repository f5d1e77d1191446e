"""How long sorting and looking up really take on this machine, held against the curves that count steps."""

from __future__ import annotations

import bisect
import datetime as dt
import math
import platform
import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport import checks, theory
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.progress import Progress
from labsupport.systems.timing import timed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ARRANGEMENTS", "compare", "record", "recorded"]

SIZES = (1, 3, 10, 30, 100, 300, 1_000)
MOST_ITEMS = 5_000  # bubble sort takes seconds for more
ARRANGEMENTS = ("random", "sorted", "reversed")
REPEATS = 9  # each shown by its median and its quartiles
LEAST = 0.001  # seconds that are timed in one go: less is too short for the clock
ASKED = 200  # lookups that are timed together, at random places
COLUMNS = ["source", "what", "items", "median_us", "low_us", "high_us"]
SEED = 505

Curve = Callable[[int], float]

_SQUARE: Curve = lambda items: items * items  # noqa: E731 - a table of curves is clearest as expressions
_LINE: Curve = lambda items: items  # noqa: E731
_SORT: Curve = lambda items: items * math.log2(items)  # noqa: E731
_FLAT: Curve = lambda items: 1  # noqa: ARG005, E731


def _bubble_sort(items: list[int]) -> list[int]:
    end = len(items)
    while end > 1:
        last = 0
        for place in range(1, end):
            if items[place - 1] > items[place]:
                items[place - 1], items[place] = items[place], items[place - 1]
                last = place
        end = last  # behind the last exchange, all is in order
    return items


def _insertion_sort(items: list[int]) -> list[int]:
    for place in range(1, len(items)):
        item, before = items[place], place - 1
        while before >= 0 and items[before] > item:
            items[before + 1] = items[before]
            before -= 1
        items[before + 1] = item
    return items


def _merge_sort(items: list[int]) -> list[int]:
    if len(items) < 2:
        return items
    middle = len(items) // 2
    left, right = _merge_sort(items[:middle]), _merge_sort(items[middle:])
    merged, one, other = [], 0, 0
    while one < len(left) and other < len(right):
        if left[one] <= right[other]:
            merged.append(left[one])
            one += 1
        else:
            merged.append(right[other])
            other += 1
    return merged + left[one:] + right[other:]


_SORTS: dict[str, tuple[Callable[[list[int]], list[int]], Curve, Curve]] = {  # each with its curve at random, and in order
    "bubble sort": (_bubble_sort, _SQUARE, _LINE),
    "insertion sort": (_insertion_sort, _SQUARE, _LINE),
    "merge sort": (_merge_sort, _SORT, _SORT),
    "built-in sort": (sorted, _SORT, _LINE),
}


def _find_in_list(items: list[int], asked: list[int]) -> int:
    return sum(item in items for item in asked)


def _find_in_table(items: set[int] | dict[int, int], asked: list[int]) -> int:
    return sum(item in items for item in asked)


def _find_by_halves(items: list[int], asked: list[int]) -> int:
    return sum(items[bisect.bisect_left(items, item)] == item for item in asked)


def compare(sizes: Sequence[int] = SIZES, arrangement: str = "random", *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Time four ways to sort and four ways to look up on this machine, and fit to each the curve that theory gives it.

    Bubble, insertion and merge sort are written in Python; the fourth is Python's own, in C. Looked up are items that are there,
    at random places. Each time is the median of nine, with the quartiles beside it. A curve has two constants: what a call
    costs at once, and what each step costs. Where nothing is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`), the
    recorded run is shown.

    Parameters
    ----------
    sizes : sequence of int, optional
        How many items, from 1 to 5,000, rising, at least two sizes.
    arrangement : {"random", "sorted", "reversed"}, optional
        How the items lie before they are sorted.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement, theory), ``what``, ``items``, ``median_us``, ``low_us``, ``high_us``
        (microseconds: of a whole sort, or of one lookup) and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.

    References
    ----------
    D. E. Knuth, *The Art of Computer Programming*, vol. 3, 2nd ed., 1998, sections 5.2 and 6.4.

    Examples
    --------
    >>> sorted(set(compare([1, 4]).table["source"]))
    ['measurement', 'theory']
    """
    items = checks.integers("sizes", sizes, 1, MOST_ITEMS, kind="number of items").tolist()
    if items != sorted(set(items)) or len(items) < 2:
        raise ValueError(f"sizes is {items}, but must rise, and hold two sizes at least")
    arrangement = checks.choice("arrangement", arrangement, ARRANGEMENTS)
    reason = comparison.reason_not_to_measure()
    if reason:
        return recorded(reason)
    with Progress("Sorting and looking up") as line:
        return _measured(items, arrangement, progress or line)


def recorded(notice: str = "") -> Comparison:
    """Return the comparison that is shipped with the course, labelled as recorded.

    Parameters
    ----------
    notice : str, optional
        What to say before the words that label it as recorded.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> recorded().recorded
    True
    """
    return comparison.recorded("complexity", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine, with items in random order; it takes some seconds.

    Parameters
    ----------
    directory : pathlib.Path, optional
        Where to write; by default the folder that :func:`recorded` reads.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Examples
    --------
    Too long for an example that runs; this is what it wrote:

    >>> recorded().about["command"]
    'python -m labsupport record complexity'
    """
    return _measured(list(SIZES), "random", lambda _: None).save("complexity", directory)


def _measured(sizes: list[int], arrangement: str, show: Callable[[float], None]) -> Comparison:
    """Measure at every size, fit the curves, and say what came out."""
    import pandas as pd

    rows: list[tuple[str, str, int, float, float, float]] = []
    curves: dict[str, Curve] = {}
    for number, count in enumerate(sizes):
        show(number / len(sizes))
        for what, work, curve in [*_sorts(count, arrangement), *_lookups(count)]:
            curves[what] = curve
            rows.append(("measurement", what, count, *timed(work, REPEATS, LEAST, ASKED if what.startswith("in a") else 1)))
    for what, curve in curves.items():
        measured = {count: median for _, name, count, median, *_ in rows if name == what}
        fixed, each = theory.fit_costs([curve(count) for count in measured], list(measured.values()))
        rows += [("theory", what, count, fixed + each * curve(count), math.nan, math.nan) for count in measured]
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False).round(3)
    about = {
        "system": f"Python {platform.python_version()} ({platform.python_implementation()})",
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "arrangement": arrangement,
    }
    return Comparison(table, _reconcile(table), about, summary=_summary(table))


def _sorts(count: int, arrangement: str) -> list[tuple[str, Callable[[], object], Curve]]:
    items = list(range(count))
    if arrangement == "random":
        random.Random(SEED).shuffle(items)  # noqa: S311 - an experiment, not a secret
    elif arrangement == "reversed":
        items.reverse()
    in_order = arrangement == "sorted"
    runs = arrangement != "random"  # Python's own sort finds runs, those that fall, too
    found = list[tuple[str, Callable[[], object], Curve]]()
    for what, (sort, usual, ordered) in _SORTS.items():
        curve = ordered if in_order or (runs and sort is sorted) else usual
        found.append((what, partial(_sort_a_copy, sort, items), curve))
    return found


def _sort_a_copy(sort: Callable[[list[int]], list[int]], items: list[int]) -> list[int]:
    return sort(list(items))


def _lookups(count: int) -> list[tuple[str, Callable[[], object], Curve]]:
    chance = random.Random(SEED)  # noqa: S311 - an experiment, not a secret
    items = sorted(chance.sample(range(10 * count), count))
    asked = chance.choices(items, k=ASKED)
    return [
        ("in a list", partial(_find_in_list, items, asked), _LINE),
        ("in a sorted list, by halves", partial(_find_by_halves, items, asked), lambda items: math.log2(items) + 1),
        ("in a set", partial(_find_in_table, set(items), asked), _FLAT),
        ("in a dict", partial(_find_in_table, dict.fromkeys(items, 0), asked), _FLAT),
    ]


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put measurement and theory beside each other: one line for what was done, at the smallest, a middle and the largest size."""
    sizes = sorted(set(table["items"]))
    shown = list(dict.fromkeys([sizes[0], sizes[len(sizes) // 2], sizes[-1]]))
    lines = []
    for what in dict.fromkeys(table["what"]):
        line: dict[str, Any] = {"what": what}
        for count in shown:
            at = table[(table["what"] == what) & (table["items"] == count)].set_index("source")
            measured = at.loc["measurement"]
            size = f"{count:,} item{'s' if count > 1 else ''}"
            low, median, high = (_short(measured[name]) for name in ("low_us", "median_us", "high_us"))
            line[f"{size}: median µs (quartiles)"] = f"{median} ({low}–{high})"
            line[f"{size}: fitted curve"] = _short(at.loc["theory", "median_us"])
        lines.append(line)
    import pandas as pd

    return pd.DataFrame(lines)


def _short(microseconds: float) -> str:
    """Return three digits that count, and none behind the point where there are enough before it."""
    return f"{microseconds:.3g}" if microseconds < 1_000 else f"{float(f'{microseconds:.3g}'):,.0f}"


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the numbers, where the curves cross, how far they are from the times, and why."""
    measured = table[table["source"] == "measurement"].pivot_table(index="items", columns="what", values="median_us")
    fitted = table[table["source"] == "theory"].pivot_table(index="items", columns="what", values="median_us")
    off = measured / fitted
    worst = (off - 1).abs().max().idxmax()
    where = int((off[worst] - 1).abs().argmax())
    return (
        f"{_crossing(measured, 'insertion sort', 'merge sort', '')} {_crossing(measured, 'in a list', 'in a set', 'looking up ')} "
        f"Half of the times lie within {(off - 1).abs().stack().median():.0%} of their fitted curves; the worst is "
        f"{off[worst].iloc[where]:.2g} times its curve ({worst}, {off.index[where]:,} items)."
        "\n\nThe shape of a curve follows from counting steps; its two constants, what a call costs at once and what a step costs, belong to "
        "this machine and this program. What the curves leave out: steps of one kind do not all cost the same, since items that no longer "
        "fit into the processor's caches cost more. And constants decide much: the built-in sort has the exponent of merge sort, and wins "
        "because its steps are in C. A difference smaller than the quartiles are apart is none."
    )


def _crossing(measured: pd.DataFrame, simple: str, clever: str, doing: str) -> str:
    """Say up to which size the simple way was quicker than the clever one."""
    quicker = measured[simple] < measured[clever]
    text = f"{doing}{simple} was quicker than {clever} at"
    text = text[0].upper() + text[1:]
    if not quicker.any():
        return f"{text} none of the sizes."
    if quicker.all():
        return f"{text} every size."
    sizes = [f"{count:,}" for count in measured.index[quicker]]
    return f"{text} {', '.join(sizes)} {'item' if sizes == ['1'] else 'items'}, and at no other size."
