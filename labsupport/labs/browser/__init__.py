"""What runs in the browser: plain ES modules, one for each noun, and one style sheet.

A widget carries its program as one text, and a page must not fetch anything, so the modules are joined: their imports of each
other fall away. Nothing else is done to them, and nothing is fetched.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent

#: Each after those that it uses.
MODULES = ("elements", "chart", "controls", "steps", "film", "stage", "player", "table", "lab", "page")


def script() -> str:
    """Join the modules into one.

    Returns
    -------
    str
        An ES module with ``render`` as its default export, as anywidget asks.

    Examples
    --------
    >>> "import" in script().split()
    False
    """
    text = "\n".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in MODULES)
    return re.sub(r"^export (?!default)", "", re.sub(r"^import .*\n+", "", text, flags=re.MULTILINE), flags=re.MULTILINE)


def style() -> str:
    """Read the style sheet.

    Returns
    -------
    str
    """
    return (FOLDER / "lab.css").read_text(encoding="utf-8")
