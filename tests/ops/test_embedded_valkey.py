"""The launcher of the embedded Valkey."""

import socket

import pytest
import redis
from ops_support import kill
from redis.backoff import NoBackoff
from redis.retry import Retry

from sanfang.ops import ports, valkey
from sanfang.ops.places import Place


def client(place: Place) -> "redis.Redis":
    return redis.Redis.from_url(valkey.ensure(place).url(0), decode_responses=True)


def test_it_is_reached_over_the_loopback_with_a_password_only(dev_place: Place) -> None:
    server = valkey.ensure(dev_place)
    assert client(dev_place).config_get("bind") == {"bind": ports.HOST}
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=server.port, password="guess", retry=Retry(NoBackoff(), 0)).ping()
    assert server.password not in " ".join(server.process.command)
    assert (dev_place.secrets / "valkey.conf").stat().st_mode & 0o077 == 0


def test_a_second_call_finds_the_first_ones_server(dev_place: Place) -> None:
    assert valkey.ensure(dev_place) == valkey.ensure(dev_place) == valkey.find(dev_place)


@pytest.mark.kill
def test_an_accepted_task_survives_a_kill(dev_place: Place) -> None:
    before = valkey.ensure(dev_place)
    client(dev_place).lpush("celery", "task")
    kill(before.process)
    assert client(dev_place).lrange("celery", 0, -1) == ["task"]
    assert valkey.ensure(dev_place).process != before.process


def test_a_port_that_was_taken_meanwhile_is_left_to_its_taker(dev_place: Place) -> None:
    port = valkey.ensure(dev_place).port
    assert valkey.stop(dev_place)
    with socket.create_server((ports.HOST, port)):
        assert valkey.ensure(dev_place).port != port
    assert client(dev_place).ping()


def test_the_profiles_share_nothing(dev_place: Place, throwaway_place: Place) -> None:
    client(throwaway_place).set("only", "here")
    assert client(dev_place).get("only") is None
    assert valkey.ensure(throwaway_place).password != valkey.ensure(dev_place).password
