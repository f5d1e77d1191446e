"""Make feedback that students can read: without the hidden tests, and with a picture where a lab stood."""

from __future__ import annotations

from typing import Any

from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution

WIDGET = "application/vnd.jupyter.widget-view+json"


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


class ShowPictures(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """Take the widgets out of a graded notebook, so that the picture that a lab leaves with its output is shown.

    Feedback is a plain page that loads no widgets, and nbconvert prefers an empty one to a picture. The lab's
    sentence becomes the alternative text. A widget that left nothing else stays as it is.

    References
    ----------
    nbconvert documentation, "Configuration options", ``NbConvertBase.display_data_priority``.

    Examples
    --------
    >>> from nbformat.v4 import new_code_cell, new_output
    >>> lab = new_output("display_data", {WIDGET: {}, "image/png": "iVBO", "text/plain": "It misses 42 of 100."})
    >>> cell, _ = ShowPictures().preprocess_cell(new_code_cell(outputs=[lab]), {}, 0)
    >>> sorted(cell.outputs[0].data), cell.outputs[0].metadata["image/png"]["alt"]
    (['image/png', 'text/plain'], 'It misses 42 of 100.')
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Take out the widgets' state, then go through the cells.

        Parameters
        ----------
        nb : NotebookNode
            Changed in place, as nbconvert expects.
        resources : dict
            Handed on untouched.

        Returns
        -------
        tuple of NotebookNode and dict
        """
        nb.metadata.pop("widgets", None)
        return super().preprocess(nb, resources)  # type: ignore[no-any-return]  # nbgrader ships no types

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:  # noqa: ARG002 - nbconvert's own signature
        """Let the picture stand for the widget in one cell.

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
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if WIDGET in data and "image/png" in data:
                del data[WIDGET]
                output.metadata.setdefault("image/png", {})["alt"] = data.get("text/plain", "")
        return cell, resources
