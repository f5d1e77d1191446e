"""The line that says how far the work is: only where somebody looks, never on standard error."""

from __future__ import annotations

import io
import sys

import pytest

from labsupport.systems import progress
from labsupport.systems.progress import Progress
from tests.support import ROOT


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(progress, "QUIET", 0.0)
    monkeypatch.setattr(progress, "EVERY", 0.0)


def test_a_terminal_sees_one_line_rewritten(impatient, monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    with Progress("Counting") as line:
        line(0.5)
        line(1.0)
    assert terminal.getvalue() == "\r\033[KCounting:  50%\r\033[KCounting: 100%\r\033[KCounting: done\n"
    assert capsys.readouterr().err == ""


def test_an_interrupt_is_said(impatient, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)

    def count():
        with Progress("Counting") as line:
            line(0.25)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        count()
    assert terminal.getvalue() == "\r\033[KCounting:  25%\r\033[KCounting: stopped\n"


def test_short_work_shows_nothing(monkeypatch):
    monkeypatch.setattr(progress, "QUIET", 1_000.0)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    with Progress("Counting") as line:
        line(0.5)
    assert terminal.getvalue() == ""


def test_a_log_shows_nothing(impatient, capsys):
    with Progress("Counting") as line:
        line(0.5)
    assert capsys.readouterr() == ("", "")


def test_a_notebook_has_one_output_that_says_it_is_done():
    import nbformat
    from nbclient import NotebookClient

    source = """
from labsupport.systems import progress
progress.QUIET = progress.EVERY = 0.0
with progress.Progress("Counting") as line:
    line(0.25)
    line(0.5)
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, resources={"metadata": {"path": str(ROOT)}}).execute()
    (output,) = notebook.cells[0].outputs
    assert output["output_type"] == "display_data"
    assert output["data"] == {"text/plain": "Counting: done"}
