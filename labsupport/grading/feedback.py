"""Keep the hidden tests out of the feedback that students read."""

from __future__ import annotations

from typing import Any

from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade, is_solution


class HideTests(ClearHiddenTests):  # type: ignore[misc]  # nbgrader ships no types
    r"""Take the hidden tests out of a graded notebook, and out of the tracebacks that quote them.

    `nbgrader_config.py` puts it into the chain of ``nbgrader generate_feedback``, which as shipped prints
    the whole test cell. The outcome of each test, our own sentences and the score stay.

    References
    ----------
    nbgrader documentation, "Autograder tests" cells with hidden tests.

    Examples
    --------
    >>> from nbformat.v4 import new_code_cell, new_output
    >>> error = new_output("error", ename="KeyError", evalue="3", traceback=["assert secret == 4"])
    >>> cell = new_code_cell("### BEGIN HIDDEN TESTS\nassert secret == 4\n### END HIDDEN TESTS", outputs=[error])
    >>> cell.metadata["nbgrader"] = {"grade": True}
    >>> cell, _ = HideTests().preprocess_cell(cell, {}, 0)
    >>> cell.source, cell.outputs[0].traceback
    ('', ['KeyError: 3'])
    """

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Strip one cell.

        Parameters
        ----------
        cell : NotebookNode
            Changed in place, as nbconvert expects.
        resources : dict
            Handed on untouched.
        cell_index : int
            Not used.

        Returns
        -------
        tuple of NotebookNode and dict
        """
        if not is_grade(cell) or is_solution(cell):  # only test cells are ours; a student may write the marker anywhere
            return cell, resources
        before = cell.source
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if cell.source != before:
            for output in cell.get("outputs", []):
                if output.output_type == "error":
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources
