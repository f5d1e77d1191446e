"""Messages: what a lab has to say, as its front end reads it – one part after the other while a control moves, or all at once for a page."""

from __future__ import annotations

from functools import cache
from typing import Any

from labsupport import predictions
from labsupport.labs.chart import Band, Chart, Mark
from labsupport.labs.controls import Choice, Control
from labsupport.labs.questions import Questions, Result


class Messages(Questions[Result]):
    """The parts of a lab's answer, each made from what the lab says of itself."""

    _prediction: str | None  # the number of the question
    _asked: float | None  # what it asks for
    _kept: Chart | None  # what is compared with

    @classmethod
    @cache
    def _declared(cls) -> dict[str, Control]:
        # class_traits sorts by nothing in particular; the order of declaration is the order on the screen. An update asks dozens of times.
        return {name: trait for base in reversed(cls.__mro__) for name, trait in vars(base).items() if isinstance(trait, Control)}

    @property
    def prediction(self) -> predictions.Prediction | None:
        """What was predicted in the cell above, if anything was."""
        return predictions.made(self._prediction)

    def _drawn(self) -> Chart:
        return self.chart() if self._kept is None else self.chart().beside(self._kept)

    def _pictured(self) -> dict[str, Any]:
        return {"chart": self._drawn().message(), "idle": self.idle()}

    def _worded(self) -> dict[str, Any]:
        return {"sentence": self.describe(), "guess": self._guess(), "verdict": self._verdict()}

    def _numbered(self) -> dict[str, Any]:
        table = self.table()
        return table.astype(object).where(table.notna(), None).to_dict("split", index=False)  # JSON knows no NaN

    def _told(self) -> dict[str, Any]:
        story = self.steps()
        return story.message() if story else {}

    def _answer(self) -> dict[str, Any]:
        """Give everything at once that the front end shows."""
        parts = {"_frame": self._pictured, "_words": self._worded, "_table": self._numbered, "_steps": self._told, "_scene": self._staged}
        return {name: part() for name, part in parts.items()}

    def _staged(self) -> dict[str, Any]:
        scene = self.scene()
        if scene is None:
            return {}
        choices = [name for name, control in self._declared().items() if isinstance(control, Choice)]
        for control in {station.control for station in scene.stations} - {"", *choices}:
            raise ValueError(f"a station is moved by {control!r}, but the controls with options are {', '.join(choices)}")
        for name, value in (pair for station in scene.stations for pair in station.sets.items()):
            if name not in self._declared():
                raise ValueError(f"a station sets {name!r}, but the controls are {', '.join(self._declared())}")
            self._declared()[name].checked(value)
        return scene.message()

    def _guess_band(self, scale: float = 1.0) -> list[Mark]:
        """Give the predicted range as a mark for the chart, if there is one; ``scale`` takes it into the axis' unit."""
        return [] if self.prediction is None else [Band("your prediction", scale * self.prediction.low, scale * self.prediction.high)]

    def _guess(self) -> str:
        if self._prediction is None:
            return ""
        if self.prediction is None:
            return f"No prediction yet: run predict({self._prediction!r}, …) in the cell above, then this cell again."
        return self.prediction.words

    def _verdict(self) -> str:
        return self._guess() if self.prediction is None or self._asked is None else self.prediction.verdict(self._asked)

    def _caption(self) -> str:
        return " ".join(part for part in (self.describe(), self._verdict()) if part)
