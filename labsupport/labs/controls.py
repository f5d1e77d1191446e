"""Controls: declared once on a lab, they are a keyword, an attribute and something to move on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets

from labsupport import checks


class ControlError(traitlets.TraitError, ValueError):
    """A value that a control does not take. It is a ``ValueError``, and one that traitlets knows how to undo."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for this name instead of printing the stack
        return [f"ValueError: {self}"]


class Control(traitlets.TraitType[Any, Any]):
    """What every control shares: a label, a default, and a check at the border.

    Parameters
    ----------
    label : str
        What stands beside it on the screen.
    default : object
        The value it starts with.
    """

    def __init__(self, label: str, default: Any) -> None:
        super().__init__(default_value=default)
        self.label = label
        self.tag(sync=True, control=True)

    def checked(self, value: Any) -> Any:
        """Return the value as the lab uses it, or raise a ``ValueError`` or ``TypeError``."""
        raise NotImplementedError

    def parsed(self, text: str) -> Any:
        """Return the value that a text stands for, unchecked."""
        return text

    def declaration(self) -> dict[str, Any]:
        """Say what the front end needs to draw the control."""
        return {"name": self.name, "label": self.label, "default": self.default_value}

    def validate(self, obj: Any, value: Any) -> Any:
        """Check a value, as traitlets asks."""
        try:
            return self.checked(value)
        except (ValueError, TypeError) as error:
            if obj.has_trait("_error"):  # said in the lab, too, where the eyes are
                obj._error = str(error)
            raise ControlError(str(error)) from error


class Choice(Control):
    """One word out of a few.

    Parameters
    ----------
    label : str
    options : dict
        The words and what the screen calls them.
    default : str
    """

    def __init__(self, label: str, options: dict[str, str], default: str) -> None:
        super().__init__(label, default)
        self.options = options

    def checked(self, value: Any) -> str:
        """Return the word if it is known; otherwise name the nearest."""
        return checks.choice(str(self.name), value, self.options)

    def declaration(self) -> dict[str, Any]:
        """Say what the front end needs: the words with their names on the screen."""
        return super().declaration() | {"kind": "choice", "options": list(self.options.items())}


class Slider(Control):
    """A number in a range. The slider moves in steps; from Python any number in the range may be set.

    Parameters
    ----------
    label : str
    stops : sequence of int or float
        The places where the slider rests, ascending. Whole numbers make a control of whole numbers.
    default : int or float
    unit : str, default ""
    """

    def __init__(self, label: str, stops: Sequence[float], default: float, unit: str = "") -> None:
        super().__init__(label, default)
        self.stops = list(stops)
        self.unit = unit
        self.whole = all(isinstance(stop, int) for stop in self.stops)

    def checked(self, value: Any) -> float:
        """Return the number if it lies in the range."""
        name, low, high = str(self.name), self.stops[0], self.stops[-1]
        if self.whole:
            return checks.integer(name, value, int(low), int(high))
        return checks.number(name, value, low, high)

    def parsed(self, text: str) -> float:
        """Return the number that a text stands for."""
        try:
            return int(text) if self.whole else float(text)
        except ValueError:
            raise ValueError(f"{self.name} is {text!r}, but must be a {'whole ' if self.whole else ''}number") from None

    def declaration(self) -> dict[str, Any]:
        """Say what the front end needs: the stops and the unit."""
        return super().declaration() | {"kind": "slider", "stops": self.stops, "unit": self.unit}


def stops(low: int, high: int, per_decade: int = 10) -> list[int]:
    """Whole numbers that are evenly spread on a logarithmic scale, for a slider over several decades.

    Parameters
    ----------
    low, high : int
        The ends, both included.
    per_decade : int, default 10
        How many in each decade.

    Returns
    -------
    list of int

    Examples
    --------
    >>> stops(1, 100, per_decade=5)
    [1, 2, 3, 4, 6, 10, 16, 25, 40, 63, 100]
    """
    places = [low]
    step = 0
    while places[-1] < high:
        step += 1
        place = min(high, round(low * 10 ** (step / per_decade)))
        if place > places[-1]:
            places.append(place)
    return places
