"""A lab as one file for the browser: no kernel, no network, the answers computed beforehand.

The file holds style and program of ``browser/`` and, for every stop of the lab's main control, what the lab answered there. The same
code as in a notebook draws it.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
from string import Template
from typing import TYPE_CHECKING, Any

from labsupport.labs import browser
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.figure import png

if TYPE_CHECKING:
    from labsupport.labs.base import Lab

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; }
$css
</style>
</head>
<body class="lab-page">
<main></main>
<noscript><img src="data:image/png;base64,$picture" alt="$sentence"><p>$sentence</p><p>To move it, allow scripts.</p></noscript>
<script type="module">
$js
openPage("$data", document.querySelector("main"));
</script>
</body>
</html>
""")

LARGEST = 1_000_000  # bytes


def page(lab: Lab[Any]) -> str:
    """Write a lab as one page of HTML.

    Parameters
    ----------
    lab : Lab
        As it stands. It is moved over the stops of its main control meanwhile, unseen, and put back.

    Returns
    -------
    str
        Less than 1 MB: where every stop would make it larger, every second one is left out, and so on.

    Raises
    ------
    ValueError
        If the lab has no main control, or is too large even so.
    """
    control = _main(lab)
    name, here = str(control.name), lab.state[str(control.name)]
    answers = _answers(lab, name, list(control.options) if isinstance(control, Choice) else control.stops)
    while True:
        text = _written(lab, name, answers)
        if len(text.encode()) < LARGEST:
            return text
        if len(answers) <= 2:
            raise ValueError(f"the page would be {len(text):,} bytes long, but at most {LARGEST:,} are allowed: the table or the scene is too large")
        answers = [answer for index, answer in enumerate(answers) if index % 2 == 0 or answer[0] == here]


def _main(lab: Lab[Any]) -> Choice | Slider:
    declared = lab._declared()
    name = lab.main or next((name for name, control in declared.items() if isinstance(control, Slider)), "")
    control = declared.get(name)
    if not isinstance(control, (Choice, Slider)):
        raise ValueError(f"main is {name!r}, but must be a control that can be moved: one of {', '.join(declared)}")
    return control


def _answers(lab: Lab[Any], name: str, values: list[Any]) -> list[tuple[Any, dict[str, Any]]]:
    """Ask the lab at each value, and where it stands; a value that it refuses is no stop of the page."""
    here = lab.state[name]
    answers = []
    for value in [*values, *([] if here in values else [here])]:
        try:
            with lab._elsewhere({name: value}):
                answers.append((value, lab._answer()))
        except (ValueError, TypeError, OSError):
            continue
    return sorted(answers, key=lambda answer: answer[0]) if isinstance(here, (int, float)) else answers


def _written(lab: Lab[Any], name: str, answers: list[tuple[Any, dict[str, Any]]]) -> str:
    opening = dict(answers)[lab.state[name]]
    controls = lab.declarations()
    declared = next(control for control in controls if control["name"] == name)
    reached = [value for value, _ in answers]
    if "stops" in declared:
        declared["stops"] = reached
    else:
        declared["options"] = [option for option in declared["options"] if option[0] in reached]
    traits = {"_title": lab.title, "_question": lab.question, "_controls": controls, "_presets": [], "_covered": lab._covered}
    traits |= {"_error": "", "_turn": 0, "_code": "", "_comparing": False, "_tabled": False} | lab.state | opening
    changes = [[value, {part: message for part, message in answer.items() if _differs(part, answers)}] for value, answer in answers]
    stored = json.dumps({"traits": traits, "main": name, "answers": changes}, separators=(",", ":"), allow_nan=False, default=_plain)
    return PAGE.substitute(
        title=html.escape(lab.title),
        css=browser.style(),
        js=browser.script(),
        data=base64.b64encode(gzip.compress(stored.encode(), mtime=0)).decode(),
        picture=base64.b64encode(png(lab._drawn(), lab._caption())).decode(),
        sentence=html.escape(lab._caption()),
    )


def _differs(part: str, answers: list[tuple[Any, dict[str, Any]]]) -> bool:
    """Whether a part of the answer, such as the story of steps, depends on the main control at all."""
    return any(answer[part] != answers[0][1][part] for _, answer in answers)


def _plain(value: Any) -> Any:
    """Turn numpy's numbers, as tables hold them, into Python's."""
    return value.item()
