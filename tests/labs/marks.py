"""A lab that draws every kind of mark, with labels that are hard to place."""

from __future__ import annotations

import numpy as np

from labsupport.labs.chart import Area, Axis, Chart, Columns, Line, Panel, Points, Rule, Spans, Stairs
from tests.labs.squares import SquaresLab


class MarksLab(SquaresLab):
    title = "Marks"

    def chart(self) -> Chart:
        load = np.linspace(0.05, 0.95, 40)
        wait = 1 / (1 - load) + self.side / 20
        curves = (
            Area("median to 99th percentile", load, 0.7 * wait, 2 * wait),
            Line("round robin", load, wait),
            Line("least connections", load, 0.6 * wait, "other"),
            Line("your own", load, 0.75 * wait, "own"),
            Line("in theory", load, 1.02 * wait, "theory"),
            Line("random", load, 1.5 * wait, "reference"),
            Points("HAProxy, recorded", [0.3, 0.6, 0.8], [1.4, 2.2, 4]),
            Rule("goal", 5, axis="y", role="prediction"),
            Rule("load 0.7", 0.7),
        )
        servers = range(1, 7)
        shares = [0.2, 0.2, 0.2, 0.2, 0.1, 0.1]
        columns = (
            Columns("simulated", [server - 0.35 for server in servers], [server + 0.35 for server in servers], shares),
            Points("measured", list(servers), [0.24, 0.22, 0.25, 0.23, 0.14, 0.13], names=["a", "b", "c", "d", "e", "f"]),
            Stairs("in theory", [0.5, 4.5, 6.5], [0.2, 0.1, 0.1], "theory"),
        )
        rows = Axis("core", (0.4, 2.6), names=[(1, "core 1"), (2, "core 2")])
        spans = (
            Spans("waited for", [1, 2, 2], [0, 0, 30], [80, 30, 50], names=["a long one", "short", "too long for it"]),
            Spans("others", [2], [55], [75], "other"),
            Spans("straggler", [1], [80], [95], "measurement"),
            Rule("done", 95),
        )
        named = Axis("server", (0.4, 6.6), names=[(server, f"s{server}") for server in servers])
        return Chart(
            (
                Panel("Response time", Axis("utilisation", (0, 1)), Axis("mean response", (0, 12), unit="ms"), curves),
                Panel("Share of requests", named, Axis("share", (0, 0.3)), columns),
                Panel("Who works when", Axis("time", (0, 100), unit="s"), rows, spans),
            )
        )
