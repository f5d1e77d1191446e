"""What every lab has, tested on the smallest lab there can be."""

from __future__ import annotations

import base64

import pytest

from labsupport.labs.base import Lab
from labsupport.labs.controls import Slider
from labsupport.predictions import predict
from tests.labs.flow import FlowLab
from tests.labs.squares import SquaresLab


@pytest.fixture
def lab() -> SquaresLab:
    return SquaresLab()


def test_a_control_is_a_keyword_an_attribute_and_a_widget(lab: SquaresLab) -> None:
    assert SquaresLab(side=3).side == 3
    lab.side = 4
    assert lab.answer() == 16
    assert lab._words["sentence"].startswith("A side of 4 gives 16.")
    lab.set_state({"side": 5})  # as the front end does
    assert lab._words["sentence"].startswith("A side of 5 gives 25.")


@pytest.mark.parametrize("name", ["keys", "layout", "tabbable", "comm", "log", "title", "state", "prediction"])
def test_a_control_whose_name_is_taken_is_refused_when_the_lab_is_written(name: str) -> None:
    with pytest.raises(TypeError, match=f"Lost.{name}: a control cannot be called '{name}'"):
        type("Lost", (SquaresLab,), {name: Slider("lost", [1, 2], default=1)})


def test_state_restores_another_lab(lab: SquaresLab) -> None:
    lab.side, lab.power = 7, "one"
    assert SquaresLab(**lab.state).describe() == lab.describe()
    other = SquaresLab()
    other.state = lab.state
    assert other.describe() == lab.describe()
    assert other._frame == lab._frame


def test_a_state_is_drawn_once_and_only_as_a_whole(lab: SquaresLab) -> None:
    drawn = []
    lab.observe(drawn.append, names="_frame")
    lab.state = {"side": 8, "power": "one"}
    assert len(drawn) == 1
    with pytest.raises(ValueError, match="power is 'three'"):
        lab.state = {"side": 9, "power": "three"}
    with pytest.raises(ValueError, match="state holds 'sides'"):
        lab.state = {"sides": 9}
    assert lab.state == {"side": 8, "power": "one"}


@pytest.mark.parametrize(
    ("side", "kind"), [(0, ValueError), (101, ValueError), (2.5, ValueError), ("3", ValueError), (None, ValueError), (True, ValueError)]
)
def test_a_wrong_value_raises_is_shown_and_changes_nothing(lab: SquaresLab, side: object, kind: type[Exception]) -> None:
    before = lab._frame
    with pytest.raises(kind, match=r"side is .* whole number from 1 to 100"):
        lab.side = side
    assert "whole number from 1 to 100" in lab._error
    assert lab.side == 10
    assert lab._frame == before


def test_a_keyword_is_checked_like_an_attribute() -> None:
    with pytest.raises(ValueError, match="Did you mean 'one'"):
        SquaresLab(power="ones")
    with pytest.raises(TypeError, match="no control 'sides'; it has side, power"):
        SquaresLab(sides=3)


@pytest.mark.parametrize("message", [{"side": 500}, {"side": "many"}, {"power": "three"}, {"side": 11, "power": None}])
def test_nonsense_from_the_front_end_is_shown_in_the_lab_and_undone(lab: SquaresLab, message: dict[str, object]) -> None:
    lab.set_state(message)
    assert lab._error
    assert lab.state == {"side": 10, "power": "two"}
    lab.set_state({"side": 12})
    assert lab._error == ""
    assert lab.answer() == 144


def test_a_simulator_that_fails_leaves_the_lab_as_it_was(lab: SquaresLab) -> None:
    before = lab._frame
    lab.side = 66
    assert lab._error == "there is no square of 66"
    assert lab.side == 10
    assert lab._frame == before
    assert lab.answer() == 100


@pytest.mark.parametrize("part", ["chart", "describe", "steps", "scene"])
def test_whatever_fails_leaves_all_of_the_lab_as_it_was(part: str) -> None:
    class Failing(FlowLab):
        pass

    def fail(lab: Failing) -> object:
        if lab.side == 50:
            raise ValueError(f"no {part} of 50")
        return getattr(FlowLab, part)(lab)

    setattr(Failing, part, fail)
    Failing.scene_key = Failing.steps_key = lambda lab: lab.side
    lab = Failing(side=10)
    before = {name: getattr(lab, name) for name in ("_frame", "_words", "_steps", "_scene")}
    lab.side = 50
    assert lab._error == f"no {part} of 50"
    assert lab.side == 10
    assert {name: getattr(lab, name) for name in before} == before
    lab.side = 11
    assert lab._words["sentence"] == lab.describe()


def test_a_state_code_brings_another_lab_into_the_same_state(lab: SquaresLab) -> None:
    assert lab.code == ""
    lab.side = 7
    assert lab.code == lab._code == "side=7"
    other = SquaresLab(side=99, power="one")
    other.code = lab.code
    assert other.state == lab.state
    other.set_state({"_code": " power=one  side=8 "})
    assert other.state == {"side": 8, "power": "one"}
    assert other._code == "side=8 power=one"


@pytest.mark.parametrize("code", ["side", "sides=3", "side=many", "side=500", "power=three", "side="])
def test_a_wrong_state_code_is_shown_and_undone(lab: SquaresLab, code: str) -> None:
    lab.side = 7
    lab.set_state({"_code": code})
    assert lab._error
    assert lab._code == "side=7"
    assert lab.side == 7
    with pytest.raises(ValueError, match=r"side|power"):
        lab.code = code


def test_the_last_preset_is_the_way_back() -> None:
    lab = SquaresLab(side=20)
    assert lab._presets == [["Small", {"side": 2, "power": "two"}], ["Reset", {"side": 20, "power": "two"}]]
    lab.set_state(lab._presets[0][1])
    assert lab.answer() == 4
    lab.set_state(lab._presets[-1][1])
    assert lab.state == {"side": 20, "power": "two"}


def test_two_settings_are_compared_on_shared_axes(lab: SquaresLab) -> None:
    lab.compare()
    lab.power = "one"
    kept = [mark for mark in lab._frame["chart"]["panels"][0]["marks"] if mark.get("role") == "kept"]
    assert [mark["label"] for mark in kept] == ["two of it, kept", "kept"]
    assert kept[0]["y"][9] == 100
    assert "two of it, kept" in [text.get_text() for text in lab.figure().axes[0].texts]
    lab.compare()  # again: what is kept is what is there now
    assert next(mark["label"] for mark in lab._frame["chart"]["panels"][0]["marks"] if mark.get("role") == "kept") == "one of it, kept"
    lab.compare(False)
    assert not any(mark.get("role") == "kept" for mark in lab._frame["chart"]["panels"][0]["marks"])


def test_the_table_is_sent_only_when_it_is_looked_at(lab: SquaresLab) -> None:
    assert lab._table == {}
    lab.set_state({"_tabled": True})
    assert lab._table["columns"] == ["side", "area"]
    assert lab._table["data"][2] == [3, 9.0]
    lab.power = "one"
    assert lab._table["data"][2] == [3, 3.0]
    lab.set_state({"_tabled": False})
    assert lab._table == {}


def test_the_story_is_told_anew_only_when_it_changes(lab: SquaresLab) -> None:
    told = []
    lab.observe(told.append, names="_steps")
    lab.side = 20
    assert not told
    lab.power = "one"
    assert not told  # the same story in the same words need not be sent again
    assert lab._steps["steps"][2] == ["B", 0, ["B"], "A", "B for A."]


def test_a_prediction_is_shown_at_the_reveal() -> None:
    lab = SquaresLab(prediction="00.7")
    assert lab._covered
    assert "No prediction yet" in lab._words["verdict"]
    predict("00.7", low=90, high=110, confidence=0.5)
    lab = SquaresLab(prediction="00.7")
    assert lab._words["verdict"] == "You said 90 to 110, 50 % sure; it is 100, inside your range."
    assert lab._words["guess"] == "You said 90 to 110, 50 % sure."
    lab.reveal()
    assert not lab._covered
    lab.side = 20  # the question was about the lab as it opened
    assert lab._words["verdict"] == "You said 90 to 110, 50 % sure; it is 100, inside your range."
    assert not SquaresLab()._covered


def test_the_front_end_gets_an_answer_to_whatever_it_sends() -> None:
    """Else it says after a while that the kernel has gone: also after the reveal, for which nothing is drawn anew."""
    predict("00.7", low=90, high=110, confidence=0.5)
    lab = SquaresLab(prediction="00.7")
    for message in ({"_covered": False}, {"_code": lab.code}, {"_comparing": True}, {"_tabled": True}):
        turn = lab._turn
        lab.set_state(message)
        assert lab._turn > turn, message
    lab.close()


@pytest.mark.parametrize("prediction", [4.3, ["04.3"], True])
def test_a_prediction_is_named_by_a_text(prediction: object) -> None:
    with pytest.raises(TypeError, match=r"prediction is .* such as '04\.3'"):
        SquaresLab(prediction=prediction)


def test_a_slip_of_the_pen_is_named(lab: SquaresLab) -> None:
    with pytest.raises(AttributeError, match="Did you mean 'side'"):
        lab.sides = 3


def test_every_answer_is_counted(lab: SquaresLab) -> None:
    turn = lab._turn
    lab.set_state({"side": 11})
    assert lab._turn > turn
    turn = lab._turn
    lab.set_state({"side": 500})
    assert lab._turn > turn


def test_closing_removes_every_observer(lab: SquaresLab) -> None:
    lab.close()
    frame = lab._frame
    lab.side = 50
    assert lab._frame == frame


def test_a_page_without_a_front_end_gets_a_picture_and_a_sentence(lab: SquaresLab) -> None:
    data, _ = lab._repr_mimebundle_()
    picture = base64.b64decode(data["image/png"])
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 25_000  # bytes: a fifth of a second at 1 Mbit/s
    assert data["text/plain"] == lab.describe()
    assert "application/vnd.jupyter.widget-view+json" in data


def test_a_lab_writes_itself_as_the_call_that_makes_it(lab: SquaresLab) -> None:
    assert repr(lab) == "SquaresLab(side=10, power='two')"


@pytest.mark.parametrize("question", ["simulate", "chart", "describe", "table", "answer"])
def test_a_lab_must_answer_these(question: str) -> None:
    with pytest.raises(NotImplementedError):
        getattr(Lab, question)(None)
