"""A line to somewhere far away: a TCP proxy on this machine that delays and, if asked, narrows what it carries."""

from __future__ import annotations

import asyncio
import math
import threading
from types import TracebackType
from typing import Self


class Line:
    """Carry every connection to a port of this machine, as late as the way is long.

    Parameters
    ----------
    target : int
        The port of 127.0.0.1 that is carried to.
    round_trip : float, optional
        Seconds there and back, half of them each way, besides what it really takes. May be changed at any time.
    rate : float, optional
        Bytes a second, each way; by default as many as come.

    Attributes
    ----------
    port : int
        The port of 127.0.0.1 to connect to, inside the ``with`` block.

    Examples
    --------
    >>> with Line(9) as line:
    ...     line.port > 1023
    True
    """

    def __init__(self, target: int, round_trip: float = 0.0, rate: float = math.inf) -> None:
        self.target = target
        self.round_trip = round_trip
        self.rate = rate
        self.port = 0
        self._free = {"up": 0.0, "down": 0.0}  # when the bytes ahead will have left
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._connected, "127.0.0.1", 0), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        await asyncio.sleep(0.05)  # for connections that are just being accepted
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            far, forth = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(self._carry(near, forth, "up"), self._carry(far, back, "down"))
        except (OSError, asyncio.CancelledError):
            back.close()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: str) -> None:
        """Take from the source at once, and give to the sink when the line has carried it."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(256)

        async def give() -> None:
            while True:
                due, data = await waiting.get()
                if (rest := due - self._loop.time()) > 0:
                    await asyncio.sleep(rest)
                if not data:
                    sink.close()
                    return
                sink.write(data)
                await sink.drain()

        giving = asyncio.create_task(give())
        while True:
            data = await source.read(65536)
            self._free[way] = max(self._free[way], self._loop.time()) + len(data) / self.rate
            due = self._free[way] + self.round_trip / 2
            await waiting.put((due, data))
            if not data:
                break
        await giving
