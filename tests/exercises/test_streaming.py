"""The exercise on a player: its films and lines, and a referee that plays what is decided."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.exercises import NotYet, fingerprint, streaming
from labsupport.exercises.streaming import KINDS, TITLES, film, line, near, watched


@pytest.mark.parametrize("kind", KINDS)
def test_lines_are_the_same_for_the_same_seed_and_others_for_another(kind: str) -> None:
    assert fingerprint(line(kind, "match", 1)) == fingerprint(line(kind, "match", 1)) != fingerprint(line(kind, "match", 2))


def test_films_differ_in_all_that_a_player_knows() -> None:
    made = [film(title) for title in TITLES]
    for part in ("duration", "capacity"):
        assert len({each[part] for each in made}) == len(made)
    assert len({len(each["ladder"]) for each in made}) == len(made)
    film("talk")["ladder"].append(9.0)
    assert len(film("talk")["ladder"]) == 4


def test_a_poor_line_is_poor_and_a_tunnel_dark() -> None:
    assert np.mean(np.array(line("poor", "cartoon", 3)) < 100) > 0.1
    assert max(line("poor", "cartoon", 3)) < 1_000
    assert min(line("tunnels", "match", 3)) == pytest.approx(160)


def test_bola_itself_scores_what_bola_scores() -> None:
    def bola(buffer: float, _: int, film: streaming.Film) -> int:
        return streaming.streaming_controllers._bola(film["capacity"], film["duration"])(buffer, 0.0, film["ladder"])

    for title in TITLES:
        seen = watched(bola, title, line("changing", title, 5))
        assert seen["score"] == seen["bola"]
        assert near(bola, [("poor", title, 5)]) == "near"


def test_the_player_is_told_its_buffer_and_its_last_rung() -> None:
    heard = []

    def choose(buffer: float, last: int, film: streaming.Film) -> int:
        heard.append((buffer, last))
        return len(heard) % 2

    watched(choose, "talk", [1_500.0])
    assert heard[0] == (0.0, 0)
    assert [last for _, last in heard[1:]] == [number % 2 for number in range(1, len(heard))]
    assert max(buffer for buffer, _ in heard) <= film("talk")["capacity"] - film("talk")["duration"] + 1e-9
    assert all(type(buffer) is float for buffer, _ in heard)


@pytest.mark.parametrize(
    ("rung", "kind", "words"),
    [(0, "changing", "when the buffer is nearly full"), (3, "changing", "when the buffer is nearly empty")],
)
def test_whoever_is_not_near_hears_why(rung: int, kind: str, words: str) -> None:
    with pytest.raises(NotYet, match=words):
        near(lambda *_: rung, [(kind, "talk", 1)])


def test_whoever_changes_all_the_time_hears_why() -> None:
    with pytest.raises(NotYet, match="goes up and down again"):
        near(lambda _, last, __: 1 - last, [("changing", "match", 1)])


def test_what_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="rung is 4"):
        watched(lambda *_: 4, "talk", [1_000.0])
    with pytest.raises(TypeError, match=r"rung is 1\.0"):
        watched(lambda *_: 1.0, "talk", [1_000.0])
    with pytest.raises(ValueError, match="title is 'opera'"):
        film("opera")
    with pytest.raises(ValueError, match="kind is 'wet'"):
        line("wet", "talk", 1)
