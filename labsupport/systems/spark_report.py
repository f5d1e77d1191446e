"""A report that Spark makes in five ways: revenue and catalogue for each region, from orders of which one customer makes more than half."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labsupport.systems.spark import Spark, stages_of
from labsupport.workloads.spark_logs import CORES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ORDERS, CUSTOMERS, HOT = 24_000, 400, 0.55  # orders, those who order, and the share of the orders that customer 0 makes
FILES = 3  # of orders, so that a core is left for the catalogue, whichever of the two Spark submits first
REGIONS = 4
RECEIPT = 4_096  # bytes that come with each order
READ, CHECK, PAGE = 0.0008, 0.00035, 0.0155  # seconds: to read an order, to check one, and to read one page of the catalogue
PAGES = 700
WORKER_MEMORY = "104m"  # of a Python worker; what a task gathers beyond that it spills to disk


@dataclass(frozen=True)
class Run:
    """What is different in one way of making the report.

    Attributes
    ----------
    partitions : int
        Into how many the orders are gathered by their customers.
    salts : int
        Among how many of them the orders of customer 0 are spread.
    combined : bool
        Whether each task adds up its orders before they are sent.
    files : int
        In how many files the catalogue lies.
    """

    partitions: int = 8
    salts: int = 1
    combined: bool = False
    files: int = 1


WAYS: Mapping[str, Run] = {
    "plain": Run(),
    "partitions": Run(partitions=32),
    "salted": Run(salts=8),
    "combined": Run(combined=True),
    "split": Run(combined=True, files=8),
}


def server() -> Spark:
    """Return a Spark for the report, which is not started yet."""
    return Spark(cores=CORES, partitions=8, settings={"spark.python.worker.memory": WORKER_MEMORY})


def warm(session: SparkSession) -> None:
    """Let Spark load what it needs, and start its Pythons, before anything is measured."""
    session.sparkContext.setJobGroup("warm up", "warm up")
    _report(session, Run(), orders_in=40, pages=8)


def make(session: SparkSession, run: str) -> tuple[list[Any], list[dict[str, Any]]]:
    """Make the report in one of the ways, by its name; return it, and what Spark's pages say of each stage."""
    return stages_of(session, f"report {run}", lambda: _report(session, WAYS[run], ORDERS // FILES, PAGES))


@contextlib.contextmanager
def _stage(session: SparkSession, name: str) -> Iterator[None]:
    """Give the stage that ends in this block a name; else Spark would name it after a line of this file."""
    from pyspark.traceback_utils import SCCallSiteSync

    context: Any = session.sparkContext
    SCCallSiteSync._spark_stack_depth += 1
    context._jsc.setCallSite(name)
    try:
        yield
    finally:
        SCCallSiteSync._spark_stack_depth -= 1
        context._jsc.setCallSite(None)


def _report(session: SparkSession, way: Run, orders_in: int, pages: int) -> list[Any]:
    """Make the report: revenue and catalogue for each region, from so many orders in each file and so many pages."""
    customers, hot, regions, receipt = CUSTOMERS, HOT, REGIONS, RECEIPT
    read, check, page, files, salts, combined = READ, CHECK, PAGE, way.files, way.salts, way.combined
    context = session.sparkContext

    # Functions that Spark sends to its workers stand in here, so that they carry all they need with them.
    def orders(number: int) -> Iterator[tuple[tuple[int, int], tuple[int, bytes]]]:
        import random
        import time

        chance = random.Random(number)  # noqa: S311 - orders, no secrets
        time.sleep(read * orders_in)
        for order in range(orders_in):
            customer = 0 if chance.random() < hot else chance.randrange(1, customers)
            yield (customer, order % salts if customer == 0 else 0), (chance.randrange(100), chance.randbytes(receipt))

    def checked(parts: Iterator[tuple[tuple[int, int], Any]]) -> Iterator[tuple[int, int]]:
        import time

        for (customer, _), group in parts:
            if combined:
                count, amount = group
            else:
                amounts = [each[0] for each in group]
                count, amount = len(amounts), sum(amounts)
                time.sleep(check * count)
            yield customer % regions, amount

    def one(order: tuple[int, bytes]) -> tuple[int, int]:
        return 1, order[0]

    def more(total: tuple[int, int], order: tuple[int, bytes]) -> tuple[int, int]:
        return total[0] + 1, total[1] + order[0]

    def both(total: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
        return total[0] + other[0], total[1] + other[1]

    def catalogue(number: int) -> Iterator[tuple[int, int]]:
        import time

        own = range(number, pages, files)
        time.sleep(page * len(own))
        for sheet in own:
            yield sheet % regions, 0

    def placed(key: tuple[int, int]) -> int:
        return key[0] + key[1]

    def added(one: int, other: int) -> int:
        return one + other

    with _stage(session, "orders"):
        read_orders = context.parallelize(range(FILES), FILES).flatMap(orders)
        if combined:
            gathered: Any = read_orders.combineByKey(one, more, both, way.partitions, placed)
        else:
            gathered = read_orders.groupByKey(way.partitions, placed)
    with _stage(session, "customers"):
        revenue = gathered.mapPartitions(checked).reduceByKey(added, REGIONS)
    with _stage(session, "catalogue"):
        sheets = context.parallelize(range(files), files).flatMap(catalogue).reduceByKey(added, REGIONS)
    with _stage(session, "report"):
        return sorted(revenue.union(sheets).groupByKey(REGIONS).mapValues(sum).collect())
