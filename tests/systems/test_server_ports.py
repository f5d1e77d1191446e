"""A port that somebody else has taken is left alone, and another one tried."""

from __future__ import annotations

import socket

import pytest

from labsupport.systems import server as server_module
from labsupport.systems.nginx import Nginx
from labsupport.systems.redis import Redis
from labsupport.systems.server import NotStartedError
from tests.systems.holders import answers, each_kind

pytestmark = [pytest.mark.real_system, pytest.mark.usefixtures("every_server")]


@each_kind
def test_a_stolen_port_is_left_alone_and_another_taken(workplace, monkeypatch, kind):
    with socket.create_server(("127.0.0.1", 0)) as thief:
        ports = [thief.getsockname()[1], server_module.free_port()]
        monkeypatch.setattr(server_module, "free_port", lambda: ports.pop(0))
        server = kind()
        with server as client:
            assert server.port != thief.getsockname()[1]
            assert answers(client)
    assert ports == []


@each_kind
def test_a_port_stolen_by_a_server_of_the_same_kind(workplace, monkeypatch, kind):
    first, second = kind(), kind()
    with first:
        ports = [first.port, server_module.free_port()]
        monkeypatch.setattr(server_module, "free_port", lambda: ports.pop(0))
        with second as client:
            assert second.port != first.port
            assert answers(client)


def test_ports_stolen_again_and_again(workplace, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as thief:
        monkeypatch.setattr(server_module, "free_port", lambda: thief.getsockname()[1])
        with pytest.raises(NotStartedError, match=r"Redis found 5 ports of 127\.0\.0\.1 taken"), Redis():
            pass


def test_ports_stolen_again_and_again_from_nginx_which_keeps_trying(workplace, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as thief:
        monkeypatch.setattr(server_module, "free_port", lambda: thief.getsockname()[1])
        with pytest.raises(NotStartedError, match=r"(?s)nginx did not answer within 1 s\..*Address already in use"), Nginx(timeout=1):
            pass


def test_a_port_that_can_be_connected_to_but_never_answers(workplace, make_program, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(server_module, "free_port", lambda: silent.getsockname()[1])
        with pytest.raises(NotStartedError, match="did not answer"), Redis(program=make_program("sleep 600"), timeout=2.5):
            pass
