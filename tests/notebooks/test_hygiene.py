"""The notebooks as files: clean, stable, valid, and with nothing in them that a student must not see."""

from __future__ import annotations

import ast
import json
import re
from itertools import takewhile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from labsupport.release import release
from tests.support import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
CELL_METADATA = {"nbgrader", "slideshow"}
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes"}
FRAMES = {
    "01-introduction": [
        "What is Performance Tuning?",
        "Importance of Performance Tuning",
        "Key Concepts in Performance Tuning",
        "Example: Tuning a Distributed Database",
        "Conclusion and Key Takeaways",
        "Next Steps",
    ],
    "02-distributed-systems": [
        "Definition of Distributed Systems",
        "Components of Distributed Systems",
        "Role of Distributed Systems in Data Processing at Scale",
        "Key Points and Conclusion",
    ],
    "03-common-issues": ["Overview", "Latency", "Throughput and Resource Utilization", "Summary"],
    "04-techniques": ["Performance Tuning Techniques", "Data Partitioning", "Caching", "Load Balancing", "Summary", "Additional Notes"],
    "05-data-algorithms": [
        "Overview",
        "Key Strategies for Optimizing Algorithms - Part 1",
        "Key Strategies for Optimizing Algorithms - Part 2",
        "Conclusion and Key Points",
    ],
    "06-resource-management": [
        "Understanding Resource Management",
        "Key Components of Resource Management",
        "Best Practices and Additional Resources",
    ],
    "07-benchmarking-monitoring": [
        "Importance of Benchmarking and Monitoring",
        "Tools and Techniques for Assessing Performance",
        "Key Points and Example Code Snippet",
    ],
    "08-case-studies": [
        "Overview of Performance Tuning in Distributed Systems",
        "Case Study 1: Netflix - Optimizing Video Streaming",
        "Case Study 2: Twitter - Improving Tweet Load Times",
        "Case Study 3: Uber - Enhancing Real-time Location Tracking",
        "Key Points to Emphasize",
        "Conclusion",
    ],
    "09-tools": ["Tools for Performance Tuning - Overview", "Apache Spark UI", "Ganglia and Grafana", "Key Points to Emphasize"],
    "10-best-practices-trends": [
        "Best Practices for Performance Tuning",
        "Continued Best Practices",
        "Future Trends in Data Processing",
    ],
}
POINTS = {
    "01-introduction": 20,
    "02-distributed-systems": 20,
    "03-common-issues": 20,
    "04-techniques": 20,
    "05-data-algorithms": 20,
    "06-resource-management": 20,
    "07-benchmarking-monitoring": 20,
    "08-case-studies": 20,
    "09-tools": 20,
    "10-best-practices-trends": 20,
}
MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
LONGEST_LINE = 100  # what JupyterLab shows on a laptop without scrolling sideways


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def cells(path: Path) -> list[dict[str, Any]]:
    return [cell | {"source": "".join(cell["source"])} for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(POINTS)


def test_the_file_is_what_jupyter_would_write(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    nbformat.validate(json.loads(text))
    assert path.stem == path.parent.name


def test_outputs_and_counts_are_stripped(cells: list[dict[str, Any]]) -> None:
    for cell in cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


def test_ids_are_readable_and_unique(cells: list[dict[str, Any]]) -> None:
    names = [cell["id"] for cell in cells]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{2,40}", name) for name in names)


def test_metadata_hold_what_is_allowed_and_no_more(path: Path, cells: list[dict[str, Any]]) -> None:
    assert json.loads(path.read_text(encoding="utf-8"))["metadata"] == NOTEBOOK_METADATA
    for cell in cells:
        assert set(cell["metadata"]) <= CELL_METADATA
        assert set(cell["metadata"]["slideshow"]) == {"slide_type"}
        assert cell["metadata"]["slideshow"]["slide_type"] in SLIDE_TYPES


def test_nbgrader_takes_the_cells_and_they_add_up(path: Path, cells: list[dict[str, Any]]) -> None:
    MetadataValidator().validate_nb(nbformat.read(path, as_version=4))
    graded = [cell for cell in cells if "nbgrader" in cell["metadata"]]
    for cell in graded:
        assert cell["metadata"]["nbgrader"]["grade_id"] == cell["id"]
    assert sum(cell["metadata"]["nbgrader"].get("points", 0) for cell in graded) == POINTS[path.stem]


def test_every_code_test_has_hidden_tests_and_every_solution_is_marked(cells: list[dict[str, Any]]) -> None:
    for cell in cells:
        nbgrader = cell["metadata"].get("nbgrader", {})
        expected = 0
        if nbgrader.get("solution"):
            expected = 1
        elif nbgrader.get("grade"):
            assert nbgrader["locked"]
            expected = 2
            assert "expect(" in cell["source"]
            assert not re.search(r"^\s*assert ", cell["source"], re.MULTILINE)  # never a bare AssertionError
        assert ("BEGIN SOLUTION" in cell["source"]) == (expected == 1)
        assert ("BEGIN HIDDEN TESTS" in cell["source"]) == (expected == 2)
        for kind in ("SOLUTION", "HIDDEN TESTS"):
            assert cell["source"].count(f"BEGIN {kind}") == cell["source"].count(f"END {kind}")


def test_hidden_expectations_are_marked_as_hidden(cells: list[dict[str, Any]]) -> None:
    """Else their sentence shows in the feedback what nobody should see."""
    for cell in cells:
        if cell["cell_type"] != "code" or "expect(" not in cell["source"]:
            continue
        lines = cell["source"].splitlines()
        begin = next((number for number, line in enumerate(lines, 1) if "BEGIN HIDDEN" in line), len(lines))
        calls = [node for node in ast.walk(ast.parse(cell["source"])) if isinstance(node, ast.Call) and ast.unparse(node.func) == "expect"]
        assert {call.lineno > begin for call in calls} == {False, True}
        for call in calls:
            assert any(keyword.arg == "hidden" for keyword in call.keywords) == (call.lineno > begin), f"{cell['id']}, line {call.lineno}"


def test_every_test_cell_imports_what_it_uses_of_ours(cells: list[dict[str, Any]]) -> None:
    """A name of the set-up cell may mean something else by now. The imports stand above the hidden tests, so that nobody wonders later."""
    setup = next(cell["source"] for cell in cells if cell["id"] == "setup")
    offered = {alias.name for node in ast.walk(ast.parse(setup)) if isinstance(node, ast.ImportFrom) for alias in node.names}
    for cell in cells:
        if cell["cell_type"] != "code" or not cell["metadata"].get("nbgrader", {}).get("grade"):
            continue
        used = {node.id for node in ast.walk(ast.parse(cell["source"])) if isinstance(node, ast.Name)} & offered
        first = list(takewhile(lambda node: isinstance(node, ast.ImportFrom), ast.parse(cell["source"].partition("### BEGIN")[0]).body))
        assert {alias.name for node in first for alias in node.names} == used, cell["id"]


def test_frames_are_slides_in_the_order_of_the_lecture_and_have_notes(path: Path, cells: list[dict[str, Any]]) -> None:
    slides = [cell for cell in cells if cell["metadata"]["slideshow"]["slide_type"] == "slide"]
    titles = [re.search(r"^## (.+)$", cell["source"], re.MULTILINE) for cell in slides]
    assert [title[1] for title in titles if title] == FRAMES[path.stem]
    kinds = [cell["metadata"]["slideshow"]["slide_type"] for cell in cells]
    for number, kind in enumerate(kinds):
        if kind == "slide":
            following = kinds[number + 1 :]
            assert "notes" in following[: following.index("slide") if "slide" in following else None]


def test_lines_of_code_fit_the_page_and_nothing_is_left_to_do(cells: list[dict[str, Any]]) -> None:
    for cell in cells:
        if cell["cell_type"] == "code":
            assert max(map(len, cell["source"].splitlines())) <= LONGEST_LINE
        assert not re.search(r"\b(TODO|FIXME|XXX|coming (soon|later)|placeholder)\b", cell["source"], re.IGNORECASE)


def test_no_secret_reaches_the_student(path: Path, cells: list[dict[str, Any]], tmp_path: Path) -> None:
    """No line of a solution or a hidden test is in the student's folder, its metadata, or the package that ships with it."""
    release(tmp_path)
    everything = {name.relative_to(tmp_path).as_posix(): name.read_text(encoding="utf-8") for name in tmp_path.rglob("*") if name.is_file()}
    everything |= {name.relative_to(ROOT).as_posix(): name.read_text(encoding="utf-8") for name in (ROOT / "labsupport").rglob("*.py")}
    assert f"{path.stem}/{path.name}" in everything
    public = {line.strip() for cell in cells for line in _shown(cell["source"])}
    secrets = {line.strip() for cell in cells for line in _hidden(cell["source"])} - public
    assert len(secrets) > 50
    for secret in secrets:
        if len(secret) > 14 and not secret.startswith(("import ", "from ")):  # which modules the package itself needs tells nothing
            written = json.dumps(secret, ensure_ascii=False)[1:-1]
            found = [name for name, text in everything.items() if secret in text or written in text]
            assert not found, f"{secret!r} is in {found}"
    assert not (tmp_path / ".git").exists()
    for name, text in everything.items():
        if name.endswith(".ipynb"):
            assert not [marker for marker in MARKERS if marker in text]


def _sections(source: str) -> list[tuple[bool, str]]:
    secret, lines = False, []
    for line in source.splitlines():
        secret = (secret or "### BEGIN" in line) and "### END" not in line
        if "###" not in line:
            lines.append((secret, line))
    return lines


def _shown(source: str) -> list[str]:
    return [line for secret, line in _sections(source) if not secret]


def _hidden(source: str) -> list[str]:
    return [line for secret, line in _sections(source) if secret]
