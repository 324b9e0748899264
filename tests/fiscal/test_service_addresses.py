"""Every state's services have an address in both environments."""

import pytest

from webapp.fiscal.authority import Service
from webapp.fiscal.places import STATES
from webapp.fiscal.service_addresses import (
    NATIONAL,
    NoSuchService,
    address_of,
    register_of,
    server_of,
)

OF_A_STATE = (
    Service.AUTHORIZATION,
    Service.QUERY,
    Service.STATUS,
    Service.EVENT,
    Service.VOIDING,
)


@pytest.mark.parametrize("production", [False, True])
def test_every_state_reaches_each_service(production):
    found = {
        address_of(server_of(state), service, production)
        for state in STATES
        for service in OF_A_STATE
    }
    # Ten states of their own, SVAN and SVRS.
    assert len(found) == 12 * len(OF_A_STATE)
    assert all(one.startswith("https://") and "?" not in one for one in found)


def test_who_authorises_for_whom():
    assert [server_of(state) for state in ("SP", "MA", "RJ", "PA", "CE")] == [
        "SP",
        "SVAN",
        "SVRS",
        "SVRS",
        "SVRS",
    ]


def test_no_environment_is_taken_for_the_other():
    for service in OF_A_STATE:
        assert address_of("SP", service, True) != address_of("SP", service, False)
    assert "homologacao" in address_of("SP", Service.AUTHORIZATION, False)


@pytest.mark.parametrize("standby", ["SVC-AN", "SVC-RS"])
def test_those_who_stand_in_authorise_and_answer(standby):
    for service in (Service.AUTHORIZATION, Service.QUERY, Service.STATUS, Service.EVENT):
        assert address_of(standby, service, True)


def test_the_nations_own_services():
    assert address_of(NATIONAL, Service.DISTRIBUTION, True)
    assert address_of(NATIONAL, Service.EVENT, False)
    with pytest.raises(NoSuchService):
        address_of(NATIONAL, Service.AUTHORIZATION, True)
    with pytest.raises(NoSuchService):
        address_of("SVC-RS", Service.VOIDING, True)


def test_a_register_is_asked_where_there_is_one():
    assert register_of("SP") == "SP" and register_of("SC") == "SVRS"
    with pytest.raises(NoSuchService):
        register_of("RJ")
