"""The contract of every lab: its controls over their whole range, its stories, its picture, its words, and what it refuses."""

from __future__ import annotations

import json
import re
import time

import pytest
from matplotlib.testing.compare import compare_images

from labsupport import labs
from labsupport.labs.base import Lab
from labsupport.predictions import predict
from tests.labs import golden
from tests.labs.test_figure import assert_complete, assert_readable

LARGEST_FRAME = 8_000  # bytes, so that a slow line keeps up with a hand
MOST_PLACES = 12  # of one control that are visited: both ends, and some between

every_lab = pytest.mark.parametrize("name", labs.__all__)
opened: dict[str, Lab[object]] = {}


def lab_of(name: str) -> Lab[object]:
    """Open a lab once for all tests of this file, and bring it back to where it began."""
    lab = opened.setdefault(name, getattr(labs, name)()) if name not in opened else opened[name]
    lab.set_state(dict(lab._presets)["Reset"])
    return lab


def places(lab: Lab[object], most: int = MOST_PLACES) -> list[tuple[str, object]]:
    found = []
    for control in lab.declarations():
        values = [word for word, _ in control["options"]] if control["kind"] == "choice" else control["stops"]
        step = max(1, len(values) // most)
        found += [(control["name"], value) for value in dict.fromkeys([*values[::step], values[-1]])]
    return found


def assert_well(lab: Lab[object]) -> None:
    """The lab shows a frame of finite numbers, small enough, and says two sentences."""
    assert lab._error == ""
    assert len(json.dumps(lab._frame)) <= LARGEST_FRAME  # a chart refuses numbers that are none, so a frame that was made holds none
    assert len(json.dumps(lab._steps)) <= LARGEST_FRAME
    assert not re.search(r"\b(nan|inf|None)\b", lab.describe())
    assert len(re.findall(r"[.?!](?:\s|$)", lab.describe())) == 2, lab.describe()


@every_lab
def test_it_asks_a_question_and_describes_itself(name: str) -> None:
    lab = lab_of(name)
    assert lab.title
    assert lab.question.endswith("?")
    described = re.findall(r"^    (\w[\w, ]*) : ", getattr(labs, name).__doc__ or "", re.MULTILINE)
    assert set(lab.state) <= {control for names in described for control in names.split(", ")}
    assert lab.table().notna().any(axis=None)
    assert 3 <= len(lab.presets()) <= 5


@every_lab
def test_every_control_over_its_whole_range(name: str, record_property: pytest.RecordProperty) -> None:
    lab, took = lab_of(name), []
    stories = [state for _, state in lab._presets]
    for begin, most in ((stories[-1], MOST_PLACES), (stories[-2], 1)):  # from where the lab began, and from its last story
        for control, value in places(lab, most):
            lab.set_state(begin)
            start = time.perf_counter()
            lab.set_state({control: value})
            took.append((time.perf_counter() - start, control, value))
            assert getattr(lab, control) == value
            assert_well(lab)
    record_property("slowest update in ms", [round(1000 * max(took)[0]), *max(took)[1:]])  # reported; judged in benchmarks/


@every_lab
def test_every_story_is_told_compared_and_passed_on(name: str) -> None:
    lab, other = lab_of(name), getattr(labs, name)()
    for story, controls in lab.presets().items():
        lab.set_state(dict(lab._presets)["Reset"])
        lab.compare()
        lab.set_state(dict(lab._presets)[story])
        assert {control: lab.state[control] for control in controls} == dict(controls)
        assert_well(lab)
        assert_readable(lab.figure())
        lab.compare(False)
        assert_complete(lab)
        other.code = lab.code
        assert other.state == lab.state
        assert other.describe() == lab.describe()
    other.close()


@every_lab
def test_its_scene_plays_what_was_simulated(name: str) -> None:
    lab = lab_of(name)
    scene = lab.scene()
    if scene is None:
        assert lab.steps() is not None or name in STILL
        return
    assert scene.describe().startswith(scene.title)
    assert len(json.dumps(scene.message())) < 100_000
    assert {station.control for station in scene.stations} - {""} <= set(lab.state)


STILL = ("PartitioningLab", "StorageLab")  # nothing moves, and nothing happens one by one


@every_lab
def test_a_prediction_is_held_against_the_answer(name: str) -> None:
    predict("00.9", low=-1e9, high=1e9, confidence=0.8)
    lab = getattr(labs, name)(prediction="00.9")
    assert lab._covered
    assert isinstance(lab.answer(), float)
    assert lab._words["verdict"]
    assert_readable(lab.figure())
    lab.close()


@every_lab
def test_it_refuses_what_it_does_not_take_and_stays_as_it_was(name: str) -> None:
    lab = lab_of(name)
    before, picture = lab.state, lab._frame
    for control in lab.declarations():
        for wrong in (float("nan"), "no such thing", None, [], -1):
            lab.set_state({control["name"]: wrong})
            assert control["name"] in lab._error
            assert lab.state == before
    assert lab._frame == picture
    with pytest.raises(TypeError, match="no control 'colour'"):
        getattr(labs, name)(colour="red")


@pytest.mark.parametrize("name", golden.LABS)
def test_it_looks_as_it_did(name: str, tmp_path) -> None:
    # After a wanted change: python -m tests.labs.golden, and look at the pictures before committing them.
    golden.draw(tmp_path / "drawn.png", name)
    assert compare_images(golden.picture(name), tmp_path / "drawn.png", tol=2.0) is None


def test_every_lab_has_its_picture() -> None:
    assert {type(make()).__name__ for make in golden.LABS.values()} == set(labs.__all__)
