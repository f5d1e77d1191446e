"""The course at a glance: an index, a formula sheet and a glossary, made from the notebooks themselves so that they never lag behind."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NEW = "*This page is made anew from the notebooks whenever the course is set up: keep notes of your own elsewhere.*"

FACTS = r"\*\*Time:\*\* (.+?)\.? \*\*Builds on:\*\* (.+?)\.? \*\*Points:\*\* (.+?)\.?$"

# An idea that comes back, and the words by which a notebook that uses it is known.
THREADS = {
    "utilisation that saturates": r"hockey stick|\bM/M/1\b|utili[sz]ation|\bknee\b",
    "percentiles, and averages that hide": r"\bp99\b|99th percentile",
    "failures and delays, independent or not": r"\bindependent(ly)?\b",
    "open and closed loops": r"\b(open|closed)[- ](and closed )?loops?\b|coordinated omission",
    "what misses a cache": r"\bmiss ratios?\b|\bmisses\b",
    "skew and stragglers": r"\bskew(ed)?\b|\bstragglers?\b|\bhot (key|shard|node)",
    "more machines, more work": r"\bAmdahl|Universal Scalability|\bspeed-?up\b",
    "news that is old": r"\bstale\b|\bstaleness\b|old news",
}


@dataclass(frozen=True)
class Chapter:
    """What a notebook says of itself.

    Attributes
    ----------
    name : str
        Its folder, such as "04-techniques".
    title : str
        As it stands above it, such as "04 · Performance tuning techniques".
    time, builds_on, points : str
        In its own words.
    frames : tuple of str
        The lecture's frames, in order.
    labs : tuple of str
        The labs it opens, in order.
    formulas, words : tuple of (str, str)
        The rows of its table of formulas, and of its glossary.
    text : str
        All that it says to read.
    """

    name: str
    title: str
    time: str
    builds_on: str
    points: str
    frames: tuple[str, ...]
    labs: tuple[str, ...]
    formulas: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...]
    text: str

    @property
    def number(self) -> str:
        """The number by which other notebooks speak of it, such as "04"."""
        return self.name.partition("-")[0]

    @property
    def link(self) -> str:
        """Its title, to be clicked."""
        return f"[{self.title}]({self.name}/{self.name}.ipynb)"


def read(notebook: Path) -> Chapter:
    """Read what a notebook says of itself.

    Parameters
    ----------
    notebook : pathlib.Path
        One of the course, in the instructor's or the student's version.

    Returns
    -------
    Chapter

    Raises
    ------
    ValueError
        If it lacks a title, the line with time, what it builds on and points, or its tables.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = [("".join(cell["source"]), cell) for cell in cells]
    said = [source for source, cell in sources if cell["cell_type"] == "markdown"]
    text = "\n\n".join(said)
    [title], [time, builds_on, points] = _found(r"^# (.+)$", text), _found(FACTS, text)
    formulas, words = _table(said, "| formula | symbols |"), _table(said, "| word | meaning |")
    lacking = {"title": title, "line with Time, Builds on and Points": time, "table of formulas": formulas, "table of words": words}
    for what, found in lacking.items():
        if not found:
            raise ValueError(f"notebook is {notebook.name}, but it has no {what}")
    slides = [source for source, cell in sources if cell["metadata"].get("slideshow", {}).get("slide_type") == "slide"]
    frames = [frame[1] for slide in slides if (frame := re.search(r"^## (.+)$", slide, re.MULTILINE))]
    code = "\n".join(source for source, cell in sources if cell["cell_type"] == "code")
    labs = dict.fromkeys(re.findall(r"\b([A-Z]\w*Lab)\(", code))
    return Chapter(notebook.parent.name, title, time, builds_on, points, tuple(frames), tuple(labs), formulas, words, text)


def index(chapters: Sequence[Chapter]) -> str:
    """Write the index: every notebook with its time, what it builds on, its labs, and where each idea returns.

    Parameters
    ----------
    chapters : sequence of Chapter

    Returns
    -------
    str
        Markdown.

    Examples
    --------
    >>> one = Chapter("01-a", "01 · A", "an hour", "nothing", "20", ("Overview",), ("CacheLab",), (("$x$", "an x"),), (("x", "a thing"),), "Misses.")
    >>> print(index([one]).splitlines()[6])
    | [01 · A](01-a/01-a.ipynb) | an hour | nothing | | CacheLab |
    """
    frames = sum(len(chapter.frames) for chapter in chapters)
    points = sum(int(found[0]) for chapter in chapters if (found := re.search(r"\d+", chapter.points)))
    lines = [
        "# The course at a glance",
        f"{_counted(len(chapters), 'notebook')}, {_counted(frames, 'frame')} of the lecture, {_counted(points, 'point')}. "
        "Beside this page: the [formula sheet](formulas.ipynb) and the [glossary](glossary.ipynb). " + NEW,
        "",
        "## The notebooks",
        "| notebook | time | builds on | needed by | labs |",
        "|---|---|---|---|---|",
    ]
    for chapter in chapters:
        needed = [other.number for other in chapters if re.search(rf"\b{chapter.number}\b", other.builds_on)]
        row = [chapter.link, chapter.time, chapter.builds_on, ", ".join(needed), ", ".join(chapter.labs)]
        lines.append("| " + " | ".join(row).replace("|  |", "| |") + " |")
    lines += ["", "## Where each idea returns", "| idea | in |", "|---|---|"]
    for idea, words in THREADS.items():
        places = [chapter.number for chapter in chapters if re.search(words, chapter.text, re.IGNORECASE)]
        lines += [f"| {idea} | {' → '.join(places)} |"] if len(places) > 1 else []
    lines += ["", "## The lecture, frame by frame"]
    for chapter in chapters:
        lines += ["", chapter.link, "", *[f"{number}. {frame}" for number, frame in enumerate(chapter.frames, 1)]]
    return "\n".join(lines)


def formulas(chapters: Sequence[Chapter]) -> str:
    """Write the formula sheet: the formulas of every notebook, with their symbols and units.

    Parameters
    ----------
    chapters : sequence of Chapter

    Returns
    -------
    str
        Markdown.
    """
    lines = ["# Formula sheet", NEW]
    for chapter in chapters:
        lines += ["", f"## {chapter.link}", "| formula | symbols |", "|---|---|"]
        lines += [f"| {formula} | {symbols} |" for formula, symbols in chapter.formulas]
    return "\n".join(lines)


def glossary(chapters: Sequence[Chapter]) -> str:
    """Write the glossary: every word that a notebook introduces, from A to Z, and where.

    Parameters
    ----------
    chapters : sequence of Chapter

    Returns
    -------
    str
        Markdown.
    """
    entries = [(_plain(word).lower(), word, meaning, chapter) for chapter in chapters for word, meaning in chapter.words]
    lines = ["# Glossary", NEW, "", "| word | meaning | notebook |", "|---|---|---|"]
    for _, word, meaning, chapter in sorted(entries, key=lambda entry: (entry[0], entry[3].name)):
        lines.append(f"| {word} | {meaning} | [{chapter.number}]({chapter.name}/{chapter.name}.ipynb) |")
    return "\n".join(lines)


def write(folder: Path, notebooks: Path) -> list[Path]:
    """Write the three pages into a folder of notebooks, as notebooks of their own that hold nothing to run.

    Parameters
    ----------
    folder : pathlib.Path
        The student's, with one folder for each notebook.
    notebooks : pathlib.Path
        The notebooks as they were handed out; a student may have changed their own.

    Returns
    -------
    list of pathlib.Path
        The pages written.

    Raises
    ------
    ValueError
        If a notebook lacks what the pages are made from.
    """
    chapters = [read(path) for path in sorted(notebooks.glob("*/*.ipynb")) if path.stem == path.parent.name]
    pages = {"index": index(chapters), "formulas": formulas(chapters), "glossary": glossary(chapters)}
    return [_page(folder / f"{name}.ipynb", text) for name, text in pages.items()]


def _page(path: Path, text: str) -> Path:
    cell = {"cell_type": "markdown", "id": path.stem, "metadata": {}, "source": text.splitlines(keepends=True)}
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    page = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(page, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def _table(said: Sequence[str], head: str) -> tuple[tuple[str, str], ...]:
    """Return the rows of the table with this head, each as its first cell and the rest."""
    for source in said:
        if head in source:
            lines = source.partition(head)[2].strip().splitlines()[1:]
            rows = [re.split(r"(?<!\\) \| ", line.strip().strip("|").strip(), maxsplit=1) for line in lines if line.startswith("|")]
            return tuple((first.strip(), rest.strip()) for first, rest in rows)
    return ()


def _found(pattern: str, text: str) -> list[str]:
    """Return the groups of the first place that matches, or empty texts."""
    expression = re.compile(pattern, re.MULTILINE)
    found = expression.search(text)
    return list(found.groups()) if found else [""] * expression.groups


def _plain(word: str) -> str:
    return re.sub(r"[*$\\`“”]", "", word).strip()


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
