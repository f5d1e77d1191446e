"""Autoscaling rules: how fast the number of pods may change in one direction, as Kubernetes has it in a manifest's ``behavior``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

KINDS = ("pods", "percent")
SELECTIONS = ("max", "min", "disabled")


@dataclass(frozen=True)
class Policy:
    """How much the number of replicas may change in one direction within a period.

    Attributes
    ----------
    kind : {"pods", "percent"}
        Whether ``value`` is a number of pods, or percent of those there were when the period began.
    value : int
        At least 1.
    period : float
        Seconds, above 0 and at most 1,800.
    """

    kind: str
    value: int
    period: float

    def __post_init__(self) -> None:
        checks.choice("kind", self.kind, KINDS)
        checks.integer("value", self.value, 1, 2**31 - 1)
        checks.number("period", self.period, above=0, maximum=1_800)


@dataclass(frozen=True)
class Rules:
    """What holds in one direction.

    Attributes
    ----------
    window : float
        Seconds, 0 to 3,600, for which earlier recommendations count: going down, the highest of them; going up, the lowest.
    policies : sequence of Policy
        At least one.
    select : {"max", "min", "disabled"}
        Whether the policy that allows most counts, or the one that allows least; or that nothing changes in this direction.
    """

    window: float
    policies: Sequence[Policy]
    select: str = "max"

    def __post_init__(self) -> None:
        checks.number("window", self.window, 0, 3_600)
        checks.choice("select", self.select, SELECTIONS)
        if not self.policies:
            raise ValueError("policies is empty, but must hold at least one policy")
        object.__setattr__(self, "policies", tuple(self.policies))

    @property
    def table(self) -> NDArray[np.float64]:
        """One row for each policy: whether it counts in percent, its value and its period."""
        return np.array([[KINDS.index(policy.kind), policy.value, policy.period] for policy in self.policies], dtype=np.float64)


#: What holds unless said otherwise: at once up, by doubling or by 4 pods in 15 s, and down after 5 minutes.
UP = Rules(0, (Policy("percent", 100, 15), Policy("pods", 4, 15)))

DOWN = Rules(300, (Policy("percent", 100, 15),))
