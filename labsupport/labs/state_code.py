"""The state code: a short text that brings another student's lab into the same state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labsupport.labs.controls import Control


def written(controls: Mapping[str, Control], state: Mapping[str, Any]) -> str:
    """Write down the controls that are not at their defaults.

    Parameters
    ----------
    controls : mapping of str to Control
        All that the lab has, by their names.
    state : mapping of str to object
        The value of each.

    Returns
    -------
    str

    Examples
    --------
    >>> from labsupport.labs.controls import Slider
    >>> written({"shards": Slider("shards", [1, 2, 3], 2)}, {"shards": 3})
    'shards=3'
    """
    return " ".join(f"{name}={value}" for name, value in state.items() if value != controls[name].default_value)


def read(controls: Mapping[str, Control], code: str) -> dict[str, Any]:
    """Return the value of every control, of those that the code does not name the default.

    Parameters
    ----------
    controls : mapping of str to Control
        All that the lab has, by their names.
    code : str
        As `written` wrote it, or a student did.

    Returns
    -------
    dict of str to object
        Values that the controls have not checked yet.

    Raises
    ------
    ValueError
        If a part of it is not a control with a value.

    Examples
    --------
    >>> from labsupport.labs.controls import Slider
    >>> read({"shards": Slider("shards", [1, 2, 3], 2)}, "shards=3")
    {'shards': 3}
    """
    values = {name: control.default_value for name, control in controls.items()}
    for part in code.split():
        name, _, value = part.partition("=")
        if name not in controls or not value:
            raise ValueError(f"{part!r} is no part of a state; write such as {next(iter(controls))}=…, of {', '.join(controls)}")
        values[name] = controls[name].parsed(value)
    return values
