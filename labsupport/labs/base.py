"""The base of every lab: controls in, a chart and a sentence out.

A lab declares its controls and answers what `questions.py` asks, above all: what does the simulator say (`simulate`), how
is it drawn (`chart`), and what is there to notice (`describe`). `messages.py` puts that into what the front end reads;
everything else – the widget, the update, errors, the static picture – is here.

A control that moves sends its value; the kernel answers with one frame. The handler is synchronous on
purpose: while it runs, the front end holds back and merges what the hand does meanwhile, so the latest
value wins and nothing piles up.
"""

from __future__ import annotations

import base64
import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from labsupport import predictions
from labsupport.labs import browser, state_code
from labsupport.labs.chart import Chart
from labsupport.labs.controls import Control
from labsupport.labs.messages import Messages
from labsupport.labs.questions import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Lab(anywidget.AnyWidget, Messages[Result]):
    """A widget-driven mini-simulator.

    Parameters
    ----------
    prediction : str, optional
        The number of the question that a cell above answered with ``predict(…)``. The lab then opens with the
        question, and the picture is uncovered by its *Reveal* button.
    **controls
        A value for any of the lab's controls.

    Raises
    ------
    ValueError, TypeError
        If a control is unknown or does not take the value.
    """

    _esm = browser.script()
    _css = browser.style()

    _title = traitlets.Unicode().tag(sync=True)
    _question = traitlets.Unicode().tag(sync=True)
    _controls: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _frame = traitlets.Dict().tag(sync=True)
    _words = traitlets.Dict().tag(sync=True)
    _steps = traitlets.Dict().tag(sync=True)
    _scene = traitlets.Dict().tag(sync=True)
    _error = traitlets.Unicode().tag(sync=True)
    _turn = traitlets.Int(0).tag(sync=True)  # counts answers, so that the front end notices when none comes
    _covered = traitlets.Bool(False).tag(sync=True)
    _presets: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _code = traitlets.Unicode().tag(sync=True)
    _comparing = traitlets.Bool(False).tag(sync=True)
    _tabled = traitlets.Bool(False).tag(sync=True)
    _table = traitlets.Dict().tag(sync=True)

    #: What the lab is called, the question it opens with, and the control that a page without a kernel can move (default: the first slider).
    title = ""
    question = ""
    main = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a control whose name means something else to every widget or lab already: it would break one of them in silence."""
        super().__init_subclass__(**kwargs)
        for name in (name for name, trait in vars(cls).items() if isinstance(trait, Control)):
            if hasattr(Lab, name):
                raise TypeError(f"{cls.__name__}.{name}: a control cannot be called {name!r}, a name that every lab has already; choose another")

    def __init__(self, *, prediction: str | None = None, **controls: Any) -> None:
        if prediction is not None and not isinstance(prediction, str):
            raise TypeError(f"prediction is {prediction!r}, but must be the number of a question, such as '04.3'")
        declared = self._declared()
        for name in controls:
            if name not in declared:
                raise TypeError(f"{type(self).__name__} has no control {name!r}; it has {', '.join(declared)}")
        self._quiet = True
        self._steps_key: Any = None
        self._scene_key: Any = None
        super().__init__(**{name: declared[name].checked(value) for name, value in controls.items()})
        self._prediction = prediction
        self._title = self.title
        self._question = self.question
        self._controls = self.declarations()
        self._covered = prediction is not None
        self._result = self.simulate()
        self._asked = None if prediction is None else self.answer()  # the question is about the lab as it opens
        self._good = first = self.state
        self._presets = [*([name, first | dict(changes)] for name, changes in self.presets().items()), ["Reset", first]]
        self._kept: Chart | None = None
        self._show()
        self._quiet = False
        self.observe(self._moved, names=list(declared))
        self.observe(self._decoded, names="_code")
        self.observe(self._compared, names="_comparing")
        self.observe(self._moved, names="_tabled")

    def scene_key(self) -> Any:
        """Name what the scene depends on, so that it is made anew only when that changes; by default all controls."""
        return self.state

    def declarations(self) -> list[dict[str, Any]]:
        """Say what the front end needs to draw the controls.

        Returns
        -------
        list of dict
            One for each control, in the order of the screen.
        """
        return [control.declaration() for control in self._declared().values()]

    # What every lab has -------------------------------------------------------------------------------------

    @property
    def result(self) -> Result:
        """What the simulator last returned."""
        return self._result

    @property
    def state(self) -> dict[str, Any]:
        """Every control with its value; give it to another lab as keywords, or set it, to restore it."""
        return {name: getattr(self, name) for name in self._declared()}

    @state.setter
    def state(self, values: Mapping[str, Any]) -> None:
        declared = self._declared()
        for name in values:
            if name not in declared:
                raise ValueError(f"state holds {name!r}, but the controls are {', '.join(declared)}")
        checked = {name: declared[name].checked(value) for name, value in values.items()}
        with self._together():
            for name, value in checked.items():
                setattr(self, name, value)

    @property
    def code(self) -> str:
        """A short text that brings another student's lab into this state: the controls that are not at their defaults."""
        return state_code.written(self._declared(), self.state)

    @code.setter
    def code(self, text: str) -> None:
        self.state = state_code.read(self._declared(), text)

    def compare(self, on: bool = True) -> None:
        """Keep the lines as they are now, to be seen beside what the controls do next; ``False`` lets them go.

        Parameters
        ----------
        on : bool, default True
        """
        if on and self._comparing:
            self._comparing = False  # what was kept before makes room
        self._comparing = on

    def reveal(self) -> None:
        """Uncover the picture, as the *Reveal* button does."""
        self._covered = False

    def figure(self) -> Figure:
        """Draw the chart with matplotlib, for a handout or a printed page.

        Returns
        -------
        matplotlib.figure.Figure
            Not attached to pyplot, so it is shown once and needs no closing.
        """
        from labsupport.labs.figure import draw

        return draw(self._drawn(), self._caption())

    def to_html(self, path: str | Path) -> None:
        """Write the lab into one file that works in any browser, without a kernel and without a network.

        The main control can be moved over its whole range, since its results are computed now; the others are fixed as they stand.

        Parameters
        ----------
        path : str or Path
            Where to write it.

        Raises
        ------
        ValueError
            If the lab has no main control.
        OSError
            If the file cannot be written.
        """
        from labsupport.labs.page import page

        Path(path).write_text(page(self), encoding="utf-8")

    def close(self) -> None:
        """End the widget and remove every observer."""
        self.unobserve_all()
        super().close()

    # How it works -------------------------------------------------------------------------------------------

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Let several controls change and draw once."""
        if self._quiet:
            yield
            return
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False
        self._draw()

    @contextmanager
    def _elsewhere(self, values: Mapping[str, Any]) -> Iterator[None]:
        """Let the lab stand elsewhere for a moment, unseen by its front end."""
        before, result, quiet = self.state, self._result, self._quiet
        with self.hold_sync():
            self._quiet = True
            try:
                for name, value in values.items():
                    setattr(self, name, value)
                self._result = self.simulate()
                yield
            finally:
                for name, value in before.items():
                    setattr(self, name, value)
                self._result, self._quiet = result, quiet

    def _moved(self, change: Mapping[str, Any]) -> None:  # noqa: ARG002 - traitlets' own signature
        if not self._quiet:
            self._draw()

    def _decoded(self, change: Mapping[str, Any]) -> None:
        if change["new"] == self.code:
            return
        try:
            self.code = change["new"]
        except (ValueError, TypeError) as error:
            self._undo(str(error))
            self._code = self.code

    def _compared(self, change: Mapping[str, Any]) -> None:
        self._kept = self.chart() if change["new"] else None
        self._show()

    def _draw(self) -> None:
        """Simulate and show; if that fails, say why and put the controls back."""
        shown = ("_result", "_frame", "_words", "_table", "_steps", "_steps_key", "_scene", "_scene_key")
        before = {name: getattr(self, name) for name in shown}
        try:
            self._result = self.simulate()
            self._show()
        except (ValueError, TypeError, OSError) as error:
            for name, value in before.items():
                setattr(self, name, value)
            self._undo(str(error))
        else:
            self._good = self.state

    def _undo(self, message: str) -> None:
        quiet, self._quiet = self._quiet, True
        try:
            for name, value in self._good.items():
                setattr(self, name, value)
        finally:
            self._quiet = quiet
        self._error = message
        self._turn += 1
        # the front end moved its control already, and an unchanged value would not be sent by itself
        self.send_state([*self._good, "_error"])

    def _show(self) -> None:
        """Send the picture, then the words: a hand on a slider waits for the one, and reads the other after it."""
        self._frame = self._pictured()
        key = self.steps_key()
        with self.hold_sync():
            self._words = self._worded()
            self._turn += 1
            self._error = ""
            self._code = self.code
            self._table = self._numbered() if self._tabled else {}
            if key != self._steps_key:
                self._steps = self._told()
                self._steps_key = key
        self._show_scene()

    def _show_scene(self) -> None:
        """Send what moves last of all, since it is the longest message."""
        key = self.scene_key()
        if key == self._scene_key:
            return
        self._scene = self._staged()
        self._scene_key = key

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the front end sends; what a control does not take is shown in the lab, and undone. Every message gets an answer."""
        turn = self._turn
        if not any(name in self._declared() for name in sync_data):
            super().set_state(sync_data)
        else:
            try:
                with self._together():
                    super().set_state(sync_data)
            except (traitlets.TraitError, ValueError, TypeError) as error:
                self._undo(str(error))
        if self._turn == turn:  # nothing had to be drawn, as at the reveal
            self._turn += 1

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a slip of the pen, which Python would take for a new attribute, is named."""
        if not name.startswith("_") and not hasattr(type(self), name):
            near = difflib.get_close_matches(name, self._declared(), n=1)
            hint = f". Did you mean {near[0]!r}?" if near else ""
            raise AttributeError(f"{type(self).__name__} has no {name!r}; its controls are {', '.join(self._declared())}{hint}")
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        controls = ", ".join(f"{name}={value!r}" for name, value in self.state.items())
        return f"{type(self).__name__}({controls})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add a picture and the sentence for readers without a front end, such as a page on the web."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        from labsupport.labs.figure import png

        picture = base64.b64encode(png(self._drawn(), self._caption())).decode()
        saved = {predictions.ANSWER: {"question": self._prediction, "answer": self._asked, "about": self.title}} if self._asked is not None else {}
        return data | {"image/png": picture, "text/plain": self._caption()} | saved, metadata
