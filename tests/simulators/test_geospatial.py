"""Geospatial indexes: the nearest as a full scan in plain NumPy finds them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.simulators.geospatial import INDEXES, simulate
from labsupport.simulators.sphere import EARTH


def brute(latitudes, longitudes, at, over, neighbours):
    """By the angle between vectors, which is another formula than the simulator's."""

    def vectors(up, across):
        phi, lam = np.radians(up), np.radians(across)
        return np.stack((np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)), axis=-1)

    chords = np.linalg.norm(vectors(at, over)[:, None] - vectors(latitudes, longitudes)[None], axis=-1)
    found = np.sort(2 * EARTH * np.arcsin(np.minimum(chords / 2, 1)), axis=1)[:, :neighbours]
    return np.pad(found, ((0, 0), (0, neighbours - found.shape[1])), constant_values=np.inf)


@st.composite
def cities(draw):
    generator = np.random.default_rng(draw(st.integers(0, 100_000)))
    middle = draw(st.sampled_from([(48.1, 11.5), (0.0, 0.0), (-33.9, 151.2), (78.2, 15.6), (37.8, -122.4)]))
    spread = draw(st.sampled_from([0.001, 0.05, 1.0]))
    points, queries = draw(st.integers(1, 60)), 8
    up, over = (generator.normal(place, spread, points) for place in middle)
    at, across = (generator.normal(place, 1.5 * spread, queries) for place in middle)
    if draw(st.booleans()):  # many at one place, and exactly on borders
        up, over = np.round(up / 0.0439453125) * 0.0439453125, np.round(over / 0.0439453125) * 0.0439453125
    return np.clip(up, -80, 80), over, np.clip(at, -80, 80), across


@settings(max_examples=50)
@given(cities(), st.sampled_from(INDEXES), st.integers(1, 5), st.sampled_from([0.7, 3.0, 200.0]), st.sampled_from([1, 4, 5]), st.sampled_from([1, 4]))
def test_every_index_finds_the_nearest(city, index, neighbours, size, length, room):
    if index == "grid" and np.ptp(city[0]) > 1 and size < 1:
        size = 3.0  # not thousands of empty cells
    result = simulate(index, *city, neighbours=neighbours, size=size, length=length, room=room)
    assert result.distances == pytest.approx(brute(*city, neighbours), abs=1e-6)
    careless = simulate(index, *city, neighbours=neighbours, size=size, length=length, room=room, careful=False)
    assert np.all(careless.distances >= result.distances - 1e-9)
    assert np.all(careless.candidates <= result.candidates)
    assert np.all(np.isfinite(careless.distances).sum(axis=1) == min(neighbours, city[0].size))
    assert np.all(result.candidates <= city[0].size)
    assert np.all(result.cells >= 1)


def test_who_stops_at_the_border_misses_the_nearest():
    generator = np.random.default_rng(4)
    city = [generator.normal(middle, 0.05, 3_000) for middle in (48.1, 11.5)]
    queries = [generator.normal(middle, 0.05, 400) for middle in (48.1, 11.5)]
    right = simulate("scan", *city, *queries).distances
    for index in INDEXES[1:]:
        careless = simulate(index, *city, *queries, careful=False)
        missed = np.mean(careless.distances > right + 1e-9)
        assert 0.05 < missed < 0.6, index
        careful = simulate(index, *city, *queries)
        assert careful.distances == pytest.approx(right)
        assert careful.candidates.mean() < 3_000 / 20


def test_a_grid_counts_what_lies_in_its_cells():
    # one driver in the middle of each of 5 by 5 cells of a kilometre, on the equator
    step = np.degrees(1 / EARTH)
    up, over = (axis.ravel() for axis in np.meshgrid(np.arange(5) * step, np.arange(5) * step))
    result = simulate("grid", up, over, [2.45 * step, 2.05 * step], [2.45 * step, 2.5 * step], size=1.0)
    # in the first case the driver is 0.64 km away and the border 0.45; in the second the nearest, 0.5 km away, is as far as two others
    assert result.cells.tolist() == [9, 9]
    assert result.candidates.tolist() == [9, 9]
    assert result.distances[:, 0] == pytest.approx([0.45 * 2**0.5, np.hypot(0.05, 0.5)], abs=1e-6)
    careless = simulate("grid", up, over, [2.45 * step], [2.45 * step], size=1.0, careful=False)
    assert (careless.cells[0], careless.candidates[0]) == (1, 1)


def test_a_quadtree_asks_about_as_many_as_its_cells_hold():
    generator = np.random.default_rng(5)
    candidates = []
    for count in (1_000, 10_000, 100_000):
        up, over = (generator.uniform(middle, middle + 0.2, count) for middle in (48.0, 11.4))
        result = simulate("quadtree", up, over, generator.uniform(48.05, 48.15, 200), generator.uniform(11.45, 11.55, 200), room=16)
        candidates.append(result.candidates.mean())
    assert max(candidates) < 2 * min(candidates) < 100  # however many there are


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"index": "gird"}, "Did you mean 'grid'"),
        ({"latitudes": [81.0]}, "latitudes holds 81.0, but each must be from −80 to 80 degrees"),
        ({"longitudes": [float("nan")]}, "longitudes holds nan"),
        ({"query_longitudes": [100.0]}, "longitudes span 88.5 degrees"),
        ({"longitudes": [11.5, 11.6]}, "longitudes holds 2 numbers and latitudes 1"),
        ({"latitudes": []}, "latitudes has shape"),
        ({"neighbours": 0}, "neighbours is 0"),
        ({"length": 10}, "length is 10"),
        ({"size": 0.0}, "size is 0"),
        ({"room": 0}, "room is 0"),
    ],
)
def test_bad_input_is_named(arguments, words):
    plain = {"index": "grid", "latitudes": [48.1], "longitudes": [11.5], "query_latitudes": [48.2], "query_longitudes": [11.5]}
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        simulate(**plain | arguments)


def test_input_of_a_wrong_kind_is_named():
    with pytest.raises(TypeError, match="careful is 1 "):
        simulate("grid", [0.0], [0.0], [0.0], [0.0], careful=1)
    with pytest.raises(TypeError, match="latitudes holds <U1"):
        simulate("grid", ["a"], [0.0], [0.0], [0.0])
