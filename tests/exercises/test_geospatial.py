"""The exercise on the nearest drivers: cities of their kind, and a referee that opens the cells it is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.exercises import NotYet, fingerprint
from labsupport.exercises.geospatial import KINDS, asks, cost, drivers, searched


def everything(east, north, wanted, side, box, number, found):
    """Open the whole box."""
    return [] if number else [[column, row] for column in range(box[0], box[1] + 1) for row in range(box[2], box[3] + 1)]


@pytest.mark.parametrize("kind", KINDS)
def test_cities_are_the_same_for_the_same_seed_and_others_for_another(kind: str) -> None:
    assert fingerprint(drivers(kind, 30, 1)) == fingerprint(drivers(kind, 30, 1)) != fingerprint(drivers(kind, 30, 2))
    assert fingerprint(asks(kind, 30, 1, 1)) != fingerprint([(*place, 1) for place in drivers(kind, 30, 1)])


def test_people_of_a_crowded_city_are_where_its_drivers_are() -> None:
    town = np.array(drivers("crowded", 2_000, 7))
    for east, north, _ in asks("crowded", 20, 1, 7):
        assert np.hypot(*(town - (east, north)).T).min() < 1


def test_bordering_drivers_are_at_borders() -> None:
    town = np.array(drivers("bordering", 500, 3))
    assert np.abs(town - np.round(town)).max() <= 0.0011
    assert (town == np.round(town)).any()


def test_opening_everything_finds_the_nearest() -> None:
    town, folk = drivers("even", 200, 5), asks("even", 5, 3, 5)
    for (east, north, _), found in zip(folk, searched(everything, town, 0.7, folk), strict=True):
        expected = sorted(1_000 * np.hypot(a - east, b - north) for a, b in town)[:3]
        assert found == pytest.approx(expected, abs=0.001)
    assert cost(everything, town, 0.7, folk)["drivers"] == 200
    with pytest.raises(NotYet, match="200 drivers were seen to find 3, but no more than the"):
        searched(everything, town, 0.7, folk, few=True)


def test_a_cell_is_opened_once_however_often_it_is_asked_for() -> None:
    asked = iter([[[0, 0], (0, 0)], [[0, 0]], []])
    assert searched(lambda *_: next(asked), [(0.5, 0.5)], 1.0, [(0.5, 0.5, 2)]) == [[0.0]]


def test_the_rule_is_told_what_was_seen() -> None:
    heard = []

    def look(*arguments):
        heard.append(arguments)
        return [[arguments[5], 0]] if arguments[5] < 2 else []

    searched(look, [(0.5, 0.5), (1.5, 0.5), (3.5, -0.5)], 1.0, [(0.0, 0.5, 1)])
    assert heard[0] == (0.0, 0.5, 1, 1.0, [0, 3, -1, 0], 0, [])
    assert [call[6] for call in heard[1:]] == [[0.5], [0.5, 1.5]]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "a list of cells, such as"),
        ([[0]], "a list of cells, such as"),
        ([1, 2], "a list of cells, such as"),
        ([[0, 0]], "had not ended after"),
        ([[column, row] for column in range(250) for row in range(250)], "more than 40,000 cells"),
    ],
)
def test_rules_that_are_none_are_explained(answer: object, words: str) -> None:
    with pytest.raises(NotYet, match=words):
        searched(lambda *_: answer, [(0.5, 0.5)], 1.0, [(0.5, 0.5, 1)])


def test_a_cell_that_is_none_is_named() -> None:
    with pytest.raises(TypeError, match=r"column is 0\.5"):
        searched(lambda *_: [[0.5, 0]], [(0.5, 0.5)], 1.0, [(0.5, 0.5, 1)])
    with pytest.raises(ValueError, match="kind is 'wet'"):
        drivers("wet", 1, 1)
