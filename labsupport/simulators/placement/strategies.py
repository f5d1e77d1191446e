"""Strategies: their names, the options of each, and how to make one of them ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labsupport import checks
from labsupport.simulators.hashing import Keys
from labsupport.simulators.placement import Placement
from labsupport.simulators.placement.consistent import MOST_POINTS, Ring, new_ring
from labsupport.simulators.placement.directory import new_directory
from labsupport.simulators.placement.jump import Jump
from labsupport.simulators.placement.modulo import Modulo
from labsupport.simulators.placement.names import Name, names_of, weights_of
from labsupport.simulators.placement.ranges import equal_ranges, equal_space, given_ranges
from labsupport.simulators.placement.rendezvous import Rendezvous

STRATEGIES = ("range", "modulo", "consistent", "rendezvous", "jump", "directory")
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "range": ("borders", "space"),
    "modulo": (),
    "consistent": ("virtual_nodes", "weights"),
    "rendezvous": ("weights",),
    "jump": (),
    "directory": ("directory", "default"),
}
VIRTUAL_NODES = 100


def _check_options(strategy: str, options: Mapping[str, Any]) -> None:
    for name in options:
        if name not in OPTIONS[strategy]:
            of = [other for other in STRATEGIES if name in OPTIONS[other]]
            words = f"belongs to {' and '.join(map(repr, of))}" if of else f"is no option of any strategy; {strategy!r} has {OPTIONS[strategy]}"
            raise TypeError(f"{name} is given, but must not be for {strategy!r}: it {words}")


def new_placement(strategy: str, keys: Keys, names: tuple[Name, ...], options: Mapping[str, Any]) -> Placement:
    """Return the strategy, ready to place keys on these shards, after a look at its options."""
    _check_options(strategy, options)
    if strategy == "range":
        if options.get("borders") is None:
            return equal_ranges(len(names), equal_space(options.get("space"), keys))
        if options.get("space") is not None:
            raise TypeError("space is given, but must not be together with borders")
        return given_ranges(len(names), options["borders"], keys)
    if strategy == "modulo":
        return Modulo(len(names))
    if strategy == "consistent":
        return ring(names, **options)
    if strategy == "rendezvous":
        return Rendezvous(names, weights_of(options.get("weights"), names))
    if strategy == "jump":
        return Jump(len(names))
    return new_directory(names, options.get("directory", {}), options.get("default"), keys)


def ring(shards: Any, virtual_nodes: int = VIRTUAL_NODES, weights: Any = None) -> Ring:
    """Return the ring of consistent hashing with the points of all shards, as `assign` uses it.

    Parameters
    ----------
    shards : int or sequence of int or str
        The number of shards, or their names.
    virtual_nodes : int
        Points for each shard of weight 1, at least 1. A shard has this number times its weight, rounded, but at least one.
    weights : sequence of float or mapping, optional
        A number above 0 for each shard, or a mapping from names to weights; 1 where left out.

    Returns
    -------
    Ring

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Karger, Lehman, Leighton, Panigrahy, Levine, Lewin, "Consistent Hashing and Random Trees", ACM STOC 1997.

    Examples
    --------
    >>> small = ring(["a", "b"], virtual_nodes=2)
    >>> small.owners
    array([0, 1, 0, 1])
    >>> small.shares.round(2)
    array([0.67, 0.33])
    """
    names = names_of("shards", shards)
    virtual_nodes = checks.integer("virtual_nodes", virtual_nodes, minimum=1, maximum=MOST_POINTS)
    return new_ring(names, virtual_nodes, weights_of(weights, names))
