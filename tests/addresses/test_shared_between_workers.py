import os
import signal
import threading
from dataclasses import replace

import httpx
import pytest
import redis

from tests.support.postal_code_providers import SAMPLE
from tests.support.timing import seconds_waited
from webapp.addresses import providers
from webapp.addresses.lookup import Outcome
from webapp.addresses.providers import HttpSource
from webapp.addresses.shared import Shared, end_claims
from webapp.platform import living


def test_two_workers_ask_for_each_code_once(make_lookup, fake, redis_client):
    fake.delay_s = 0.1
    workers = [make_lookup(client=redis_client) for _ in range(3)]
    results = []
    threads = [
        threading.Thread(target=lambda w=w: results.append(w.many(list(SAMPLE)[:20])))
        for w in workers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(results) == 3
    assert all(result.outcome is Outcome.FOUND for found in results for result in found.values())
    assert set(fake.calls.values()) == {1}


def test_a_claim_is_given_back_after_the_answer_and_after_an_outage(
    make_lookup, fake, redis_client
):
    make_lookup(client=redis_client).one("05010000")
    fake.modes["viacep"] = "bad_request"
    make_lookup(client=redis_client).one("01001000")
    assert redis_client.keys("balcao:cep:asking:*") == []


def test_nobody_gives_back_another_s_claim(redis_client):
    first, second = Shared(redis_client), Shared(redis_client)
    assert first.claim(["05010000"]) == {"05010000"}
    second.release(["05010000"])
    assert second.claim(["05010000", "01001000"]) == {"01001000"}


def test_what_a_dead_worker_was_asking_for_is_anybodys(redis_client, monkeypatch):
    living_one = Shared(redis_client)
    monkeypatch.setattr(living, "_mine", ("0badf00d", None))
    dead_one = Shared(redis_client)
    assert dead_one.claim(["05010000"]) and living_one.claim(["01001000"])
    end_claims(redis_client, "0badf00d")
    assert Shared(redis_client).claim(["05010000", "01001000"]) == {"05010000"}


def test_the_pace_is_one_for_all_workers(redis_client):
    workers = [Shared(redis_client) for _ in range(3)]
    turns = [worker.take_turn("viacep", "5/hour") for worker in workers * 3]
    assert turns.count(True) == 5


def test_without_redis_each_process_keeps_the_pace_for_itself():
    alone = Shared(None)
    assert [alone.take_turn("viacep", "2/hour") for _ in range(4)] == [True, True, False, False]
    assert alone.take_turn("opencep", "2/hour")


def test_beyond_its_pace_a_provider_gives_way_to_the_next(fake, make_lookup):
    alone = Shared(None)
    client = httpx.Client()
    sources = [
        HttpSource(
            replace(providers.viacep(fake.url("viacep")), limit="3/hour"),
            lambda: client,
            alone.take_turn,
        ),
        HttpSource(providers.opencep(), lambda: client, alone.take_turn),
    ]
    with client:
        results = make_lookup(sources=sources).many(list(SAMPLE)[:10])
    assert (
        sorted(result.provider for result in results.values()) == ["opencep"] * 7 + ["viacep"] * 3
    )


def test_the_public_services_have_a_pace_and_a_shop_s_own_mirror_has_none():
    assert providers.viacep().limit == "240/hour"
    assert providers.viacep("https://cep.loja.example/ws").limit is None
    for public in (providers.brasilapi, providers.opencep, providers.awesomeapi):
        assert public().limit


def test_a_redis_that_is_gone_changes_nothing(make_lookup):
    gone = redis.Redis(unix_socket_path="/nonexistent/redis.sock")
    assert make_lookup(client=gone).one("05010000").outcome is Outcome.FOUND


@pytest.fixture
def hung_redis(redis_client):
    server = redis_client.info("server")["process_id"]
    os.kill(server, signal.SIGSTOP)
    yield redis_client
    os.kill(server, signal.SIGCONT)


def test_a_hung_redis_costs_less_than_a_second(make_lookup, hung_redis):
    lookup = make_lookup(client=hung_redis)
    found = []
    assert seconds_waited(lambda: found.append(lookup.one("05010000", budget_s=10))) < 1
    assert found[0].outcome is Outcome.FOUND


def test_a_hung_redis_is_left_alone_afterwards(hung_redis):
    shared = Shared(hung_redis)
    shared.claim(["05010000"])

    def fifty_turns():
        for _ in range(50):
            shared.take_turn("viacep", "240/hour")

    assert seconds_waited(fifty_turns) < 0.2


def test_a_forked_worker_opens_connections_of_its_own(make_lookup, monkeypatch):
    clients = make_lookup()._clients
    with clients.current() as parent_s:
        assert clients.current() is parent_s
        monkeypatch.setattr(os, "getpid", lambda: -1)
        assert clients.current() is not parent_s
