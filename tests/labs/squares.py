"""The smallest lab there can be, to test what every lab has."""

from __future__ import annotations

import pandas as pd

from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Band, Bars, Chart, Line, Panel, Points, Rule
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.steps import Step, Steps


class SquaresLab(Lab[list[float]]):
    title = "Squares"
    question = "How large is the square of the side?"

    side = Slider("side", list(range(1, 101)), default=10, unit="cm")
    power = Choice("power", {"one": "length", "two": "area"}, default="two")

    def presets(self) -> dict[str, dict[str, object]]:
        return {"Small": {"side": 2}}

    def simulate(self) -> list[float]:
        if self.side == 66:
            raise OSError("there is no square of 66")
        return [float(value ** (1 if self.power == "one" else 2)) for value in range(1, 101)]

    def answer(self) -> float:
        return self.result[self.side - 1]

    def chart(self) -> Chart:
        size = Axis("side", (1, 100), unit="cm", scale="log")
        curve = Line(f"{self.power} of it", list(range(1, 101)), self.result)
        marks = [
            curve,
            Line("theory", [1, 100], [1, 10_000], "theory"),
            Line("half", [1, 100], [0, 5_000], "reference"),
            Points("seen", [50], [2_400]),
        ]
        first = Panel("Area", size, Axis("area", (0, 10_000), unit="cm²"), (*marks, Rule(f"{self.side} cm", self.side), Band("yours", 2_000, 2_500)))
        bars = Bars(["two", "one"], [("whole", [self.answer(), 20]), ("rest", [10, 5])], ["this one", "that one"], selected=0)
        return Chart((first, Panel("Bars", Axis("length", (0, 10_100), unit="cm"), None, (bars,))))

    def describe(self) -> str:
        return f"A side of {self.side} gives {self.answer():,.0f}. Twice the side gives four times the area."

    def table(self) -> pd.DataFrame:
        return pd.DataFrame({"side": range(1, 101), "area": self.result})

    def steps_key(self) -> str:
        return self.power

    def steps(self) -> Steps:
        story = [Step("A", False, ["A"], "", "A comes in."), Step("A", True, ["A"], "", "A is there."), Step("B", False, ["B"], "A", "B for A.")]
        return Steps("A box for one thing", 1, "hit", "miss", story)
