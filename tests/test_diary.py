"""The diary: predictions and answers come back from notebook files as they were saved, and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from labsupport.diary import COLUMNS, read_diary
from labsupport.predictions import ANSWER, PREDICTION
from tests.support import ROOT


def cell(source: str, count: int | None = None, **data: Any) -> dict[str, Any]:
    outputs = [{"output_type": "execute_result", "data": data, "execution_count": count, "metadata": {}}] if data else []
    return {"cell_type": "code", "source": source.splitlines(True), "execution_count": count, "outputs": outputs}


def predicted(question: str, low: float, high: float, count: int | None = 1, confidence: float = 0.8) -> dict[str, Any]:
    kept = {"question": question, "low": low, "high": high, "confidence": confidence}
    return cell(f'predict("{question}", low=0, high=99)', count, **{"text/plain": "Noted", PREDICTION: kept})


def answered(question: str, answer: float, count: int | None = 2) -> dict[str, Any]:
    return cell("CacheLab()", count, **{ANSWER: {"question": question, "answer": answer, "about": "Cache"}})


def write(path: Path, *cells: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "predict('00.1', 1, 2)"}, *cells]}), encoding="utf-8")
    return path


def test_a_prediction_meets_its_answer(tmp_path: Path) -> None:
    write(tmp_path / "04-techniques" / "04-techniques.ipynb", predicted("04.3", 0.2, 0.4), answered("04.3", 0.4), predicted("04.4", 1, 2))
    write(tmp_path / "03-issues" / "03-issues.ipynb", predicted("03.1", 5, 6, confidence=0.5), answered("03.1", 7.5))

    diary = read_diary(tmp_path)

    assert list(diary.columns) == list(COLUMNS)
    assert diary["question"].tolist() == ["03.1", "04.3", "04.4"]
    assert diary["notebook"].tolist() == ["03-issues", "04-techniques", "04-techniques"]
    assert diary["answer"].tolist()[:2] == [7.5, 0.4]
    assert diary["confidence"].tolist() == [0.5, 0.8, 0.8]
    assert diary["held"].tolist() == [False, True, pd.NA]
    assert diary["about"].tolist()[:2] == ["Cache", "Cache"]
    assert diary.loc[2, ["about", "answer", "held", "in_time"]].isna().all()


@pytest.mark.parametrize(("before", "after", "in_time"), [(1, 2, True), (3, 2, False), (None, 2, pd.NA), (1, None, pd.NA)])
def test_a_prediction_made_after_the_lab_ran_is_not_in_time(before: int | None, after: int | None, in_time: object, tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", predicted("04.3", 0.2, 0.4, before), answered("04.3", 0.3, after))
    assert read_diary(path)["in_time"].tolist() == [in_time]


def test_what_was_noted_counts_and_not_what_was_typed_afterwards(tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", predicted("04.3", 0.2, 0.4))
    assert read_diary(path)["high"].tolist() == [0.4]  # the source says 99


def test_of_two_predictions_the_last_one_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", predicted("04.3", 0.2, 0.4), predicted("04.3", 0.5, 0.6), answered("04.3", 0.3), answered("04.3", 0.55, 3))
    assert read_diary(path)["held"].tolist() == [True]


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ('predict("04.3", 0.2, 0.4)', [("04.3", 0.2, 0.4, 0.8)]),
        ('guess = predict("04.3", low=-1, high=2, confidence=0.5)', [("04.3", -1, 2, 0.5)]),
        ('predict("04.1", 1, 2)\npredict("04.2", 3, 4)', [("04.1", 1, 2, 0.8), ("04.2", 3, 4, 0.8)]),
        ('predict("04.3", low=..., high=..., confidence=0.8)', []),
        ('predict("04.3", low=a, high=b)', []),
        ('predict("04.3", low="0.1", high=True)', []),
        ('predict("04.3", 1)', []),
        ("predict(4.3, 1, 2)", []),
        ("predict(", []),
        ("%timeit predict('04.3', 1, 2)", []),
    ],
)
def test_without_outputs_the_source_is_read(source: str, rows: list[tuple[object, ...]], tmp_path: Path) -> None:
    diary = read_diary(write(tmp_path / "n.ipynb", cell(source)))
    assert [tuple(row) for row in diary[["question", "low", "high", "confidence"]].itertuples(index=False)] == rows


def test_an_empty_diary_has_its_columns(tmp_path: Path) -> None:
    diary = read_diary(tmp_path)
    assert len(diary) == 0
    assert diary.dtypes.equals(pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS).dtypes)


def test_copies_that_jupyter_keeps_for_itself_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / ".ipynb_checkpoints" / "n-checkpoint.ipynb", predicted("04.3", 0.2, 0.4))
    assert len(read_diary(tmp_path)) == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 3}', "\udcff", '{"cells": [{}]}'])
def test_what_is_no_notebook_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ValueError, match=r"broken\.ipynb is no notebook"):
        read_diary(path)
    with pytest.raises(FileNotFoundError, match=r"place is .*nowhere"):
        read_diary(tmp_path / "nowhere")


def test_a_notebook_that_really_ran_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract with `predict` and the labs: what they save is what is read."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    predict = 'from labsupport import predict\npredict("04.3", low=0.3, high=0.5, confidence=0.7)'
    lab = 'from labsupport.labs import CacheLab\nCacheLab(size=100, prediction="04.3")'
    cells = [nbformat.v4.new_code_cell(source) for source in (predict, 'predict("04.9", low=..., high=...)', lab, "CacheLab()")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    nbformat.write(notebook, tmp_path / "ran.ipynb")

    (entry,) = read_diary(tmp_path).to_dict("records")

    assert entry["answer"] == pytest.approx(0.42, abs=0.01)
    assert (entry["question"], entry["about"], entry["confidence"], entry["held"], entry["in_time"]) == ("04.3", "Cache", 0.7, True, True)
