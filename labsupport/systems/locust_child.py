"""Locust in a process of its own, since it replaces parts of Python's library for the whole process. It prints its requests as JSON.

Run by `labsupport.systems.load_tools` as a child; it ends by itself after so many seconds, whatever becomes of its parent.
"""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any


def main(address: str, header: str, work: str, users: int, rate: float, seconds: float) -> None:
    """Ask a server, in a closed loop by so many users or, where there is a rate, in an open loop; print what each request took.

    Parameters
    ----------
    address : str
        The server's, such as "http://127.0.0.1:40001".
    header, work : str
        A header of each request, and what it says.
    users : int
        How many ask in a closed loop, each again as soon as it has its answer.
    rate : float
        Requests a second, at random times; 0 for a closed loop.
    seconds : float
        For how long.
    """
    import gevent  # type: ignore[import-untyped,unused-ignore] # Locust's own requirement, patched in by the line below
    from locust import FastHttpUser, constant, events, task
    from locust.env import Environment

    took: list[tuple[float, float]] = []

    class Asker(FastHttpUser):
        """A closed-loop user, or the one who sends at set times and never waits."""

        host = address
        wait_time = constant(0)
        concurrency = 2_000

        @task
        def ask(self) -> None:
            if not rate:
                self.request()
                return
            chance, due = random.Random(7), time.monotonic()  # noqa: S311 - a workload, not a secret
            end = due + seconds
            waiting = []
            while (due := due + chance.expovariate(rate)) < end:
                gevent.sleep(max(0, due - time.monotonic()))
                waiting.append(gevent.spawn(self.request))
            gevent.joinall(waiting, timeout=seconds)
            gevent.sleep(seconds)  # or the task would begin again

        def request(self) -> None:
            self.client.get("/", headers={header: work})

    def note(**what: Any) -> None:
        if what["exception"] is None:
            took.append((what["start_time"], what["response_time"] / 1_000))

    environment = Environment(user_classes=[Asker], events=events)
    environment.events.request.add_listener(note)  # type: ignore[no-untyped-call] # Locust has no types here
    runner = environment.create_local_runner()
    runner.start(1 if rate else users, spawn_rate=users)
    gevent.sleep(seconds + (0.5 if rate else 0))
    runner.quit()
    json.dump(took, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]), float(sys.argv[6]))
