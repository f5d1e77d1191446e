"""A docstring with sections has all that numpydoc asks for: every argument by its name, what comes back, what is raised, every field."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator

import pytest

from tests.support import ROOT

PACKAGE = ROOT / "labsupport"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEADING = re.compile(r"^(Parameters|Attributes|Returns|Yields|Raises|Notes|References|Examples)\n-+$", re.MULTILINE)
NAMES = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: : .*)?$", re.MULTILINE)


def sections(node: ast.AST) -> dict[str, str]:
    """The sections of a docstring by their headings; none if it is a sentence only, as of a helper or of what a base class explains."""
    parts = HEADING.split(inspect.cleandoc(ast.get_docstring(node) or ""))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def names(section: str) -> set[str]:
    return {name.lstrip("*") for match in NAMES.finditer(section.replace("\\*", "*")) for name in match[1].split(", ")}


def public(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)


def lacks(function: ast.FunctionDef) -> Iterator[str]:
    """What the docstring of a function with sections does not say, or says wrongly."""
    told, signature = sections(function), function.args
    decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
    if not told or any("property" in each or "setter" in each for each in decorators):
        return
    arguments = [*signature.posonlyargs, *signature.args, *signature.kwonlyargs, signature.vararg, signature.kwarg]
    taken = {argument.arg for argument in arguments if argument is not None} - {"self", "cls"}
    if names(told.get("Parameters", "")) != taken:
        yield f"Parameters are {sorted(names(told.get('Parameters', '')))}, but it takes {sorted(taken)}"
    gives = ast.unparse(function.returns) if function.returns else "None"
    if gives not in {"None", "NoReturn"} and not told.keys() & {"Returns", "Yields"}:
        yield f"no Returns, but it returns {gives}"
    inner = list(ast.walk(function))
    raised = {ast.unparse(node.exc).split("(")[0] for node in inner if isinstance(node, ast.Raise) and node.exc} - {"NotImplementedError"}
    checked = any(isinstance(node, ast.Call) and ast.unparse(node.func).startswith("checks.") for node in inner)
    if (raised or checked) and "Raises" not in told:
        yield f"no Raises, but it raises {sorted(raised)}, or checks its arguments"


def fields_left_out(made: ast.ClassDef) -> set[str]:
    told = sections(made)
    if not any("dataclass" in ast.unparse(decorator) for decorator in made.decorator_list) or not told.keys() & {"Attributes", "Parameters"}:
        return set()
    fields = {node.target.id for node in made.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    public_ones = {name for name in fields if not name.startswith("_") and not name.isupper()}
    return public_ones - names(told.get("Attributes", "") + "\n" + told.get("Parameters", ""))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_what_is_explained_is_explained_to_the_end(path):
    found = []
    for node in public(ast.parse(path.read_text(encoding="utf-8")).body):
        wrong = list(lacks(node)) if isinstance(node, ast.FunctionDef) else [f"fields left out: {each}" for each in sorted(fields_left_out(node))]
        found += [f"{node.name}: {each}" for each in wrong]
    assert found == []


SOUND = '''
def halved(number: float, *others: float) -> float:
    """Halve.

    Parameters
    ----------
    number, *others : float

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If it is odd.
    """
    raise ValueError
'''


def test_a_whole_docstring_lacks_nothing():
    assert list(lacks(ast.parse(SOUND).body[0])) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("number, *others : float", "numbers : float", "Parameters are ['numbers'], but it takes ['number', 'others']"),
        ("    Returns\n    -------\n    float\n\n", "", "no Returns, but it returns float"),
        ("    Raises\n    ------\n    ValueError\n        If it is odd.\n", "", "no Raises, but it raises ['ValueError'], or checks its arguments"),
    ],
)
def test_what_lacks_is_named(old, new, said):
    assert old in SOUND
    assert list(lacks(ast.parse(SOUND.replace(old, new)).body[0])) == [said]


def test_a_field_that_is_left_out_is_named():
    code = '@dataclass\nclass Point:\n    """A point.\n\n    Attributes\n    ----------\n    x : float\n    """\n\n    x: float\n    y: float\n'
    assert fields_left_out(ast.parse(code).body[0]) == {"y"}
