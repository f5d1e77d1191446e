"""What HAProxy and nginx have in common: a load balancer for HTTP in front of servers on this machine."""

from __future__ import annotations

import http.client
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from labsupport import checks
from labsupport.systems.server import Server

POLICIES = ("round_robin", "least_connections", "two_choices", "consistent_hash")
PATIENCE = 10.0  # seconds that one request may take before the server counts as stuck


class Reply(NamedTuple):
    """The answer to one request: the status of HTTP, and the text."""

    status: int
    text: str


class ProxyClient:
    """One who sends requests to a running load balancer, and asks it what it did.

    Parameters
    ----------
    proxy : Proxy
        The running load balancer.
    """

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def get(self, path: str, headers: Mapping[str, str] | None = None, timeout: float = PATIENCE) -> Reply:
        """Send one request, and wait for the answer.

        Parameters
        ----------
        path : str
            What is asked for, beginning with a slash.
        headers : mapping of str to str, optional
            Headers of the request.
        timeout : float, optional
            Seconds to wait.

        Returns
        -------
        Reply

        Raises
        ------
        OSError
            If there is no answer, or none in HTTP.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self._proxy.port, timeout=timeout)
        try:
            connection.request("GET", path, headers={"Connection": "close", **(headers or {})})
            response = connection.getresponse()
            return Reply(response.status, response.read().decode(errors="replace"))
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def requests_per_server(self) -> list[int]:
        """Return how many requests the load balancer says it sent to each server."""
        return self._proxy.requests_per_server()


class Proxy(Server[ProxyClient]):
    """A load balancer of our own on a free port of 127.0.0.1.

    Parameters
    ----------
    policy : {"round_robin", "least_connections", "two_choices", "consistent_hash"}, optional
        Who gets a request, named as in `labsupport.simulators.balancing`. Consistent hashing hashes the path.
    backends : sequence of int, optional
        The ports of 127.0.0.1 on which the servers behind it listen. It starts even if none of them does.
    program : str or pathlib.Path, optional
        The program to start, instead of the one that is found.
    timeout : float, optional
        Seconds that it may take until it answers, at most 6.5.
    """

    words: ClassVar[Mapping[str, str]]  # what it calls each policy

    def __init__(self, policy: str = "round_robin", backends: Sequence[int] = (9,), program: str | Path | None = None, timeout: float = 6.0) -> None:
        super().__init__(program, timeout)
        self.policy = checks.choice("policy", policy, POLICIES)
        self.backends = checks.integers("backends", backends, 1, 65535, kind="port").tolist()

    @abstractmethod
    def requests_per_server(self) -> list[int]:
        """Return how many requests it says it sent to each server."""

    def disconnect(self, client: ProxyClient) -> None:
        """Do nothing: each request has a connection of its own."""
