"""The calibration diary: what was predicted in notebooks, and what came out, read back from their files. No kernel is needed.

Two things that are saved in a notebook's outputs, each under a media type of its own, make an entry:

- the output of ``predict(…)`` holds ``labsupport.predictions.PREDICTION``: ``question``, ``low``, ``high``, ``confidence``;
- the output of the lab that the question is about holds ``labsupport.predictions.ANSWER``: ``question``, ``answer``, and what the lab
  is ``about``.

Where the outputs were cleared, the arguments of ``predict`` are read from the cell's source, if numbers stand there.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.predictions import ANSWER, PREDICTION, Prediction

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "notebook": "str",
    "question": "str",
    "about": "str",
    "low": "float",
    "high": "float",
    "confidence": "float",
    "answer": "float",
    "held": "boolean",
    "in_time": "boolean",
}
"""The columns of a diary, and their types."""


def read_diary(place: str | Path = ".") -> pd.DataFrame:
    """Collect every prediction in the notebooks of a folder, with what came out.

    Parameters
    ----------
    place : str or Path, optional
        A notebook, or a folder with notebooks in it and in the folders below.

    Returns
    -------
    pandas.DataFrame
        One row for each question that somebody predicted, in the order of the notebooks' names and of their cells, with the columns
        of `COLUMNS`: the ``notebook``'s name, the ``question``'s number, what it is ``about`` (the title of the lab), the range from
        ``low`` to ``high`` and the ``confidence`` in it; the ``answer``, whether the range ``held`` it, and whether the prediction was
        made ``in_time``, that is, ran before the lab did. What is not known is missing: the answer where the lab did not run, and the
        time where a cell was saved without its output.

    Raises
    ------
    FileNotFoundError
        If there is no such place.
    ValueError
        If a file is no notebook.

    Examples
    --------
    >>> import tempfile
    >>> cells = [
    ...     {"cell_type": "code", "source": 'predict("04.2", low=0.1, high=0.3)', "outputs": []},
    ...     {"cell_type": "code", "source": 'predict("04.3", low=..., high=...)', "outputs": []},
    ... ]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "04-techniques.ipynb")
    ...     _ = path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    ...     read_diary(folder)[["notebook", "question", "low", "high", "confidence"]]
            notebook question  low  high  confidence
    0  04-techniques     04.2  0.1   0.3         0.8
    """
    import pandas as pd

    place = Path(place)
    if not place.exists():
        raise FileNotFoundError(f"place is {place}, but must be a notebook or a folder with notebooks")
    paths = [place] if place.is_file() else [path for path in sorted(place.rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]
    return pd.DataFrame([entry for path in paths for entry in _entries(path)], columns=list(COLUMNS)).astype(COLUMNS)


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    """Give a notebook's entries: of predictions and answers with the same number, the last of each."""
    made: dict[str, tuple[Prediction, int | None]] = {}
    told: dict[str, tuple[dict[str, Any], int | None]] = {}
    for cell in _code_cells(path):
        outputs = [output.get("data", {}) for output in cell.get("outputs", [])]
        saved = [Prediction(**output[PREDICTION]) for output in outputs if PREDICTION in output]
        for prediction in saved or _in_source(_joined(cell["source"])):
            made[prediction.question] = prediction, cell.get("execution_count") if saved else None
        for output in outputs:
            if ANSWER in output:
                told[output[ANSWER]["question"]] = output[ANSWER], cell.get("execution_count")
    for question, (prediction, when) in made.items():
        entry = {"notebook": path.stem, "question": question, "low": prediction.low, "high": prediction.high, "confidence": prediction.confidence}
        if question in told:
            answer, afterwards = told[question]
            entry |= {"about": answer["about"], "answer": answer["answer"], "held": prediction.holds(answer["answer"])}
            entry["in_time"] = None if when is None or afterwards is None else when < afterwards
        yield entry


def _code_cells(path: Path) -> list[dict[str, Any]]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [cell for cell in cells if cell["cell_type"] == "code" and "source" in cell]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is no notebook that can be read") from None


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _in_source(source: str) -> Iterator[Prediction]:
    """Read the predictions from a cell that is Python, where numbers and a text are given as such."""
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and ast.unparse(node.func) == "predict"]
    except SyntaxError:
        return
    for call in calls:
        try:
            given = dict(zip(("question", "low", "high", "confidence"), map(ast.literal_eval, call.args), strict=False))
            given |= {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg}
            prediction = Prediction(**{"confidence": 0.8, **given})
        except (ValueError, TypeError):
            continue
        numbers = (prediction.low, prediction.high, prediction.confidence)
        if isinstance(prediction.question, str) and all(type(number) in (int, float) for number in numbers):
            yield prediction
