"""Scaling points: what was measured on larger machines than a laptop, whose two or eight cores cannot tell one law from another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ScalingPoints:
    """A table of measurements.

    Attributes
    ----------
    machine : str
        What was measured, and when.
    noun : str
        What was added.
    unit : str
        The unit of throughput.
    workers, throughput : tuple of float
    source : str
        Where it was published.
    """

    machine: str
    noun: str
    unit: str
    workers: tuple[float, ...]
    throughput: tuple[float, ...]
    source: str


BOOK = "Gunther, “Guerrilla Capacity Planning”, Springer 2007"
RECORDED = {
    "sdm": ScalingPoints(
        "Unix server with 16 processors, 1994",
        "users",
        "scripts/h",
        (1, 18, 36, 72, 108, 144, 216),
        (64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2),
        f"SPEC SDM91, Sun SPARCcenter 2000; {BOOK}",
    ),
    "rays": ScalingPoints(
        "Ray tracer on up to 64 processors",
        "processors",
        "operations/s",
        (1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64),
        (20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310),
        f"BRL-CAD benchmark, SGI Origin 2000; {BOOK}",
    ),
}
