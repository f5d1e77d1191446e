"""The exercises on caching: the reference earns everything, and every wrong solution loses exactly what it must."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.exercises import cells, wrong_lru, wrong_writes
from tests.exercises.cells import Notebook, Wrong
from tests.exercises.conftest import EXERCISE
from tests.support import ROOT

PATH = ROOT / "notebooks" / "04-techniques" / "04-techniques.ipynb"


@pytest.fixture(scope="module")
def reference() -> Notebook:
    return cells.read(PATH)


def test_the_reference_earns_every_point(reference: Notebook) -> None:
    said = {cell: text for cell, passed, text in reference.run() if not passed}
    assert said == {}
    assert reference.grade() == reference.points


@pytest.mark.parametrize("mistake", [*wrong_lru.WRONG, *wrong_writes.WRONG], ids=lambda mistake: f"{mistake.cell}:{mistake}")
def test_a_wrong_solution_loses_exactly_what_it_must(mistake: Wrong, reference: Notebook, record_property: Callable[[str, object], None]) -> None:
    record_property(EXERCISE, mistake.cell.removesuffix("-solution"))
    earned = reference.with_solution(mistake).grade()
    assert {cell for cell, points in earned.items() if points != reference.points[cell]} == mistake.loses
