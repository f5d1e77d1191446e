"""Questions: what the base of every lab asks of a lab, each with the answer of one that has none of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from labsupport.labs.chart import Chart
from labsupport.labs.scene import Scene
from labsupport.labs.steps import Steps

if TYPE_CHECKING:
    import pandas as pd

Result = TypeVar("Result")


class Questions(Generic[Result]):
    """What a lab answers."""

    def simulate(self) -> Result:
        """Run the simulator with the controls as they stand.

        Returns
        -------
        Result
            What the simulator returned, frozen.
        """
        raise NotImplementedError

    def chart(self) -> Chart:
        """Say what is drawn.

        Returns
        -------
        Chart
        """
        raise NotImplementedError

    def describe(self) -> str:
        """Say in two sentences made from the data what happened and what to notice.

        Returns
        -------
        str
            The caption, the alternative text, and what a screen reader hears.
        """
        raise NotImplementedError

    def table(self) -> pd.DataFrame:
        """Give the numbers behind the picture.

        Returns
        -------
        pandas.DataFrame
        """
        raise NotImplementedError

    def answer(self) -> float:
        """Give the number that the lab's question asks for, to hold a prediction against.

        Returns
        -------
        float
        """
        raise NotImplementedError

    def steps(self) -> Steps | None:
        """Tell a short story, step by step, where the lab has one.

        Returns
        -------
        Steps or None
        """
        return None

    def steps_key(self) -> Any:
        """Name what the story depends on, so that it is told anew only when that changes."""
        return None

    def scene(self) -> Scene | None:
        """Show things on their way between stations, where the lab has any.

        Returns
        -------
        Scene or None
        """
        return None

    def idle(self) -> list[str]:
        """Name the controls that change nothing as the others stand; they are shown as resting.

        Returns
        -------
        list of str
        """
        return []

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Name settings that tell a story: a name for a button, and the controls it moves from where the lab began.

        Returns
        -------
        mapping of str to mapping
        """
        return {}
