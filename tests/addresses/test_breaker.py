import threading
import time

import pytest

from tests.support.postal_code_providers import SAMPLE
from webapp.addresses.lookup import Outcome
from webapp.platform.breaker import FAILURES, OPEN_SECONDS, Breaker


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock=clock)


def allowed(breaker):
    with breaker.passage(0) as passage:
        return passage.allowed


def test_it_opens_after_failures_in_a_row_only(breaker):
    for _ in range(FAILURES - 1):
        breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert allowed(breaker)
    for _ in range(FAILURES - 1):
        breaker.failed()
    assert not allowed(breaker)


def test_a_refused_connection_opens_it_at_once(breaker):
    breaker.failed(at_once=True)
    assert not allowed(breaker)


def test_it_lets_a_trial_through_soon_enough_for_waiting_sales(breaker, clock):
    assert OPEN_SECONDS <= 10
    breaker.failed(at_once=True)
    clock.now += OPEN_SECONDS
    with breaker.passage(0) as passage:
        assert passage.is_trial
        breaker.failed()
    assert not allowed(breaker)
    clock.now += OPEN_SECONDS * 2
    with breaker.passage(0):
        breaker.succeeded()
    assert breaker.closed


def test_a_provider_that_stays_away_is_knocked_on_ever_more_rarely(breaker, clock):
    breaker.failed(at_once=True)
    # those that were under way when it opened say nothing new
    breaker.failed()
    rests = []
    for _trial in range(5):
        rests.append(breaker.rests_for())
        clock.now += breaker.rests_for()
        breaker.failed()
    assert rests == [10, 20, 40, 60, 60]
    breaker.succeeded()
    breaker.failed(at_once=True)
    assert breaker.rests_for() == 10


def test_others_wait_for_the_trial_and_share_its_fate(breaker, clock):
    breaker.failed(at_once=True)
    clock.now += OPEN_SECONDS
    fates = []
    with breaker.passage(0) as passage:
        assert passage.is_trial

        def other():
            with breaker.passage(5) as later:
                fates.append((later.allowed, later.is_trial))

        thread = threading.Thread(target=other)
        thread.start()
        time.sleep(0.05)
        assert fates == []
        breaker.succeeded()
    thread.join(5)
    assert fates == [(True, False)]


def test_nobody_waits_for_a_trial_longer_than_they_can(breaker, clock):
    breaker.failed(at_once=True)
    clock.now += OPEN_SECONDS
    with breaker.passage(0), breaker.passage(0.01) as impatient:
        assert not impatient.allowed


def test_a_provider_that_is_gone_is_not_knocked_on(make_lookup, fake):
    lookup = make_lookup("viacep")
    fake.modes["viacep"] = "forbidden"
    lookup.one("05010000")
    results = lookup.many(list(SAMPLE))
    assert {result.reason for result in results.values()} == {"viacep: breaker_open"}
    assert fake.asked("viacep") == 1


def test_a_whole_batch_goes_on_when_the_provider_is_back(make_lookup, fake):
    lookup = make_lookup("viacep")
    clock = Clock()
    lookup._sources[0].breaker._clock = clock
    fake.refuse()
    lookup.one("05010000")
    fake.listen()
    clock.now += OPEN_SECONDS
    results = lookup.many(list(SAMPLE))
    assert {result.outcome for result in results.values()} == {Outcome.FOUND}


def test_five_failing_answers_stop_the_rest_of_a_batch(make_lookup, fake):
    fake.modes["viacep"] = "server_error"
    make_lookup("viacep").many(list(SAMPLE))
    assert FAILURES <= fake.asked("viacep") <= FAILURES + 10
