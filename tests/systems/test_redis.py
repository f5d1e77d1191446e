"""A real Redis, started and ended."""

from __future__ import annotations

import pytest

from labsupport.systems.redis import Redis
from tests.support import require

pytestmark = pytest.mark.real_system


@pytest.fixture(autouse=True)
def _installed():
    require(Redis.find(), "needs redis-server")


def test_it_answers_and_is_gone_afterwards():
    server = Redis()
    with server as client:
        client.set("answer", 42)
        assert client.get("answer") == b"42"
        directory = server.directory
        assert directory.exists()
    assert not directory.exists()
