"""Predictions: what a student commits to before a lab shows the answer.

A prediction is an ordinary function call in an ordinary code cell. That way it is saved with the notebook,
which the state of a widget is not.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from types import EllipsisType
from typing import Any

import numpy as np

from labsupport import checks

# What is saved in the notebook's outputs, for `labsupport.diary` to read: a prediction as it was made, and the answer that a lab gave.
PREDICTION = "application/vnd.labsupport.prediction+json"
ANSWER = "application/vnd.labsupport.answer+json"


@dataclass(frozen=True)
class Prediction:
    """A range that somebody expects a number to fall into, and how sure they are.

    Attributes
    ----------
    question : str
        The number of the question, such as ``"04.3"``.
    low, high : float
        The range, ends included, in the unit the question names.
    confidence : float
        The probability, between 0 and 1, that the range holds.

    Examples
    --------
    >>> Prediction("04.3", 0.2, 0.4, 0.8)
    Noted for 04.3: between 0.2 and 0.4, and 80 % sure.
    """

    question: str
    low: float
    high: float
    confidence: float

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies in the range.

        Parameters
        ----------
        value : float
            What came out.

        Returns
        -------
        bool

        Examples
        --------
        >>> Prediction("04.3", 0.2, 0.4, 0.8).holds(0.4)
        True
        """
        return self.low <= value <= self.high

    @property
    def words(self) -> str:
        """What was predicted, as a sentence."""
        return f"You said {self.low:g} to {self.high:g}, {self.confidence * 100:.0f} % sure."

    def verdict(self, value: float) -> str:
        """Say in one sentence how the prediction fared.

        Parameters
        ----------
        value : float
            What came out.

        Returns
        -------
        str

        Examples
        --------
        >>> Prediction("04.3", 0.2, 0.4, 0.8).verdict(0.5)
        'You said 0.2 to 0.4, 80 % sure; it is 0.5, above your range.'
        """
        where = "inside" if self.holds(value) else "above" if value > self.high else "below"
        outcome = np.format_float_positional(value, precision=3, fractional=False, trim="-")
        return f"{self.words[:-1]}; it is {outcome}, {where} your range."

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Show the sentence, and save the numbers beside it: the notebook file is the lasting record."""
        return {"text/plain": repr(self), PREDICTION: asdict(self)}

    def __repr__(self) -> str:
        return f"Noted for {self.question}: between {self.low:g} and {self.high:g}, and {self.confidence * 100:.0f} % sure."


# The kernel's memory of what was predicted in this session; the notebook file is the lasting record.
_made: dict[str, Prediction] = {}


def predict(question: str, low: float | EllipsisType, high: float | EllipsisType, confidence: float = 0.8) -> Prediction | None:
    """Commit to a range before seeing the answer. It is shown beside the result, and never graded.

    As long as dots stand where a number belongs, as in a notebook that nobody has worked on, nothing is noted.

    Parameters
    ----------
    question : str
        The number of the question, such as ``"04.3"``.
    low, high : float
        The range you expect the answer in, ends included.
    confidence : float, default 0.8
        How sure you are that the range holds, between 0 and 1.

    Returns
    -------
    Prediction or None
        None if there are dots.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind, ``low`` exceeds ``high``, or ``confidence`` is no probability.

    Examples
    --------
    >>> predict("04.3", low=0.2, high=0.4, confidence=0.8)
    Noted for 04.3: between 0.2 and 0.4, and 80 % sure.
    >>> predict("04.3", low=..., high=..., confidence=0.8)
    Nothing is noted for 04.3 yet: put numbers in place of the dots, and run this cell again.
    """
    if not isinstance(question, str) or not question:
        raise TypeError(f"question is {question!r}, but must be the number of a question, such as '04.3'")
    if isinstance(low, EllipsisType) or isinstance(high, EllipsisType):
        _made.pop(question, None)
        print(f"Nothing is noted for {question} yet: put numbers in place of the dots, and run this cell again.")  # noqa: T201 - to the student
        return None
    low, high = checks.number("low", low), checks.number("high", high)
    if low > high:
        raise ValueError(f"low is {low:g} and high is {high:g}, but low must not exceed high")
    confidence = checks.number("confidence", confidence, minimum=0, maximum=1)
    _made[question] = Prediction(question, low, high, confidence)
    return _made[question]


def made(question: Any) -> Prediction | None:
    """Return the last prediction made for ``question`` in this session, or ``None``.

    Parameters
    ----------
    question : str
        The number of the question.

    Returns
    -------
    Prediction or None

    Examples
    --------
    >>> predict("00.1", low=1, high=2)
    Noted for 00.1: between 1 and 2, and 80 % sure.
    >>> made("00.1").high
    2.0
    >>> made("never asked") is None
    True
    """
    return _made.get(question)
