"""What happened step by step: events that the front end plays, pauses and steps through without asking the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """One thing that happened.

    Attributes
    ----------
    label : str
        What came, in a letter or two.
    good : bool
        Whether it went well, such as a hit.
    contents : sequence of str
        What the store holds afterwards.
    left : str
        What went out for it; empty where nothing did.
    sentence : str
        What happened and why.
    """

    label: str
    good: bool
    contents: Sequence[str]
    left: str
    sentence: str


@dataclass(frozen=True)
class Steps:
    """A short story of steps, with the words for its picture.

    Attributes
    ----------
    title : str
    places : int
        How many things the store can hold.
    good, bad : str
        What the two outcomes are called.
    steps : sequence of Step

    Examples
    --------
    >>> Steps("In a cache of 1", 1, "hit", "miss", [Step("A", False, ["A"], "", "A comes in.")]).message()["steps"]
    [['A', 0, ['A'], '', 'A comes in.']]
    """

    title: str
    places: int
    good: str
    bad: str
    steps: Sequence[Step]

    def message(self) -> dict[str, Any]:
        """Put the story into plain lists for the front end.

        Returns
        -------
        dict
        """
        rows = [[step.label, int(step.good), list(step.contents), step.left, step.sentence] for step in self.steps]
        return {"title": self.title, "places": self.places, "good": self.good, "bad": self.bad, "steps": rows}
