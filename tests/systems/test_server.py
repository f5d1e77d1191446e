"""A real server is started and ended, and nobody else's is touched. What does not depend on the program is tried with Redis only."""

from __future__ import annotations

import os

import psutil
import pytest

from labsupport.systems.memcached import Memcached
from labsupport.systems.redis import Redis
from tests.systems.conftest import processes_in
from tests.systems.holders import answers, each_kind, refuses, start_holder

pytestmark = [pytest.mark.real_system, pytest.mark.usefixtures("every_server")]


@each_kind
def test_it_answers_and_nothing_is_left_afterwards(workplace, kind):
    server = kind()
    with server as client:
        assert answers(client)
        assert f"running on 127.0.0.1:{server.port}" in repr(server)
        assert server.directory.parent == workplace
        assert [process.pid for process in processes_in(workplace)] == [server.process]
    assert not server.directory.exists()
    assert not psutil.pid_exists(server.process)
    assert refuses(server.port)


@pytest.mark.parametrize("kind", [Redis, Memcached], ids=lambda kind: kind.name)
def test_it_keeps_what_it_is_given(workplace, kind):
    with kind() as client:
        client.set("answer", b"42")
        assert client.get("answer") == b"42"


@each_kind
def test_nothing_is_left_after_an_exception(workplace, kind):
    server = kind()
    with pytest.raises(ZeroDivisionError), server:
        1 / 0  # noqa: B018 - it is the exception that counts
    assert not psutil.pid_exists(server.process)
    assert refuses(server.port)


@each_kind
def test_it_does_not_run_as_root(workplace, kind):
    server = kind()
    with server:
        user = psutil.Process(server.process).username()
        assert user != "root"
        assert server.user == ("nobody" if os.geteuid() == 0 else None)


@each_kind
def test_two_at_once(workplace, kind):
    first, second = kind(), kind()
    with first as one, second as other:
        assert answers(one)
        assert answers(other)
        if kind in {Redis, Memcached}:
            one.set("key", "one")
            other.set("key", "other")
            assert one.get("key") == b"one"
            assert other.get("key") == b"other"
        assert first.port != second.port
        assert first.directory != second.directory


def test_two_pythons_at_once(workplace):
    holders = [start_holder(), start_holder(name="Memcached")]
    ports = {port for _, _, port in holders}
    assert len(ports) == 2
    assert ports & {6379, 11211} == set()
    holders[0][0].kill()
    holders[0][0].communicate()
    assert psutil.pid_exists(holders[1][1])  # the other's is left alone
    assert not refuses(holders[1][2])
    holders[1][0].kill()
    holders[1][0].communicate()


def test_the_same_one_runs_once_at_a_time_but_again_afterwards(workplace):
    server = Redis()
    with server:
        assert "running on 127.0.0.1" in repr(server)
        with pytest.raises(RuntimeError, match="running already"):
            server.__enter__()
        assert server.find() is not None
    with server as client:
        assert client.ping()
    assert repr(server) == "<Redis: not running>"


def test_nobody_else_gets_in_by_chance(workplace):
    import redis

    server = Redis()
    with server, redis.Redis(port=server.port, retry=None) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
