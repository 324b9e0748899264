"""Measured values are for whoever watches from near; from elsewhere it takes an API token."""

import pytest

from tests.factories import make_token


def status(client, address: str, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=named)
    return asked.status_code


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "172.18.0.5", "fd00::5"])
def test_from_this_machine_and_its_private_network_they_are_open(client, db, address):
    assert status(client, address) == 200


@pytest.mark.parametrize("address", ["200.147.3.1", "2804:14c::1", ""])
def test_from_elsewhere_they_are_not(client, db, address):
    assert status(client, address) == 403


def test_through_a_proxy_everybody_is_from_elsewhere(client, db):
    assert status(client, "127.0.0.1", X_Forwarded_For="200.147.3.1") == 403
    assert status(client, "10.0.0.1", Forwarded="for=200.147.3.1") == 403


def test_a_token_opens_them_from_anywhere(client, db):
    secret = make_token()
    assert status(client, "200.147.3.1", Authorization=f"Bearer {secret}") == 200
    assert status(client, "200.147.3.1", Authorization="Bearer balcao_made-up") == 403
