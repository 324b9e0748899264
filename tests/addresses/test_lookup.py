import datetime as dt

import pytest
from sqlalchemy import event

from tests.support.postal_code_providers import SAMPLE
from webapp.addresses.lookup import Outcome
from webapp.addresses.models import PostalCode
from webapp.platform.clock import utc_now


def age(sessions, **ages):
    with sessions.begin() as session:
        for row in session.query(PostalCode):
            row.fetched_at = utc_now() - dt.timedelta(**ages)


def stored(sessions):
    with sessions() as session:
        return {row.cep: (row.found, row.provider) for row in session.query(PostalCode)}


def test_distinct_codes_are_asked_once_and_ten_at_a_time(make_lookup, fake):
    fake.delay_s = 0.05
    results = make_lookup().many(list(SAMPLE) * 20)
    assert {result.outcome for result in results.values()} == {Outcome.FOUND}
    assert set(results) == set(SAMPLE)
    assert set(fake.calls.values()) == {1}
    assert 5 <= fake.most_at_once <= 10


@pytest.mark.both_databases
def test_an_answer_is_asked_for_once_in_ninety_days(make_lookup, fake, sessions):
    make_lookup().one("05010000")
    age(sessions, days=89)
    again = make_lookup().one("05010000")
    assert fake.asked("viacep") == 1
    assert (again.answer.street, again.provider) == ("Rua Caiubi", "viacep")
    age(sessions, days=91)
    renewed = make_lookup().one("05010000")
    assert fake.asked("viacep") == 2
    assert utc_now() - renewed.fetched_at < dt.timedelta(minutes=1)


@pytest.mark.both_databases
def test_an_unknown_code_is_asked_for_again_after_ten_minutes(make_lookup, fake, sessions):
    """By the work in the background; what a provider does not know is soon known to it."""
    for minutes, calls in ((0, 1), (9, 1), (11, 2)):
        age(sessions, minutes=minutes)
        assert make_lookup().many(["99999999"])["99999999"].outcome is Outcome.NOT_FOUND
        assert fake.asked("viacep") == calls


@pytest.mark.both_databases
def test_a_person_who_looks_up_an_unknown_code_has_it_asked_for_at_once(make_lookup, fake):
    fake.modes["viacep"] = "unknown_boolean"
    assert make_lookup().one("05010000").outcome is Outcome.NOT_FOUND
    fake.modes["viacep"] = "ok"
    assert make_lookup().one("05010000").outcome is Outcome.FOUND
    assert make_lookup().one("05010000").outcome is Outcome.FOUND
    assert fake.asked("viacep") == 2, "what was found is remembered"


def test_an_outage_is_never_kept(make_lookup, fake, sessions):
    fake.modes["viacep"] = "bad_request"
    assert make_lookup().one("05010000").outcome is Outcome.UNAVAILABLE
    assert stored(sessions) == {}
    fake.modes["viacep"] = "ok"
    assert make_lookup().one("05010000").outcome is Outcome.FOUND


def test_an_old_answer_is_served_in_an_outage(make_lookup, fake, sessions):
    make_lookup().one("05010000")
    age(sessions, days=400)
    fake.refuse()
    result = make_lookup().one("05010000")
    assert (result.outcome, result.answer.street) == (Outcome.FOUND, "Rua Caiubi")


def test_an_old_not_found_is_not_served_in_an_outage(make_lookup, fake, sessions):
    make_lookup().one("99999999")
    age(sessions, days=2)
    fake.refuse()
    assert make_lookup().one("99999999").outcome is Outcome.UNAVAILABLE


def test_the_next_provider_answers_for_one_that_is_down(make_lookup, fake, sessions):
    fake.modes["viacep"] = "server_error"
    fake.modes["brasilapi"] = "garbage"
    assert make_lookup("viacep", "brasilapi", "opencep").one("05010000").provider == "opencep"
    assert stored(sessions) == {"05010000": (True, "opencep")}


def test_not_found_by_one_provider_is_asked_of_the_next(make_lookup, fake):
    fake.modes["viacep"] = "unknown_boolean"
    assert make_lookup("viacep", "opencep").one("05010000").provider == "opencep"


def test_not_found_by_one_and_down_the_others_is_not_found(make_lookup, fake):
    fake.modes["opencep"] = "bad_request"
    result = make_lookup("viacep", "opencep").one("99999999")
    assert (result.outcome, result.provider) == (Outcome.NOT_FOUND, "viacep")


def test_when_all_are_down_the_reasons_are_told(make_lookup, fake):
    fake.modes["viacep"], fake.modes["opencep"] = "bad_request", "redirect"
    result = make_lookup("viacep", "opencep").one("05010000")
    assert result.reason == "viacep: unexpected_status, opencep: redirect"


def test_without_any_provider_nothing_can_be_told(make_lookup):
    assert make_lookup(sources=[]).one("05010000").reason == "no_provider"


@pytest.mark.parametrize(
    ("names", "cep", "outcome"),
    [
        (("sample",), "05010000", Outcome.FOUND),
        (("sample",), "01310100", Outcome.NOT_FOUND),
        (("viacep", "sample"), "05010000", Outcome.FOUND),
        (("viacep", "sample"), "01310100", Outcome.UNAVAILABLE),
        (("viacep", "sample"), "99999999", Outcome.NOT_FOUND),
    ],
)
def test_the_sample_stands_in_only_for_what_it_knows(fake, make_lookup, names, cep, outcome):
    fake.modes["viacep"] = "bad_request"
    assert make_lookup(*names).one(cep).outcome is outcome


def test_the_sample_does_not_contradict_a_provider_s_not_found(make_lookup):
    assert make_lookup("viacep", "sample").one("01310100").outcome is Outcome.NOT_FOUND


def test_the_sample_s_answer_gives_way_after_a_day(make_lookup, fake, sessions):
    fake.modes["viacep"] = "bad_request"
    assert make_lookup("viacep", "sample").one("05010000").provider == "sample"
    fake.modes["viacep"] = "ok"
    age(sessions, days=2)
    assert make_lookup("viacep", "sample").one("05010000").provider == "viacep"


def test_no_transaction_is_open_while_a_provider_is_asked(make_lookup, fake, sessions):
    open_now, seen = set(), []
    engine = sessions.kw["bind"]
    event.listen(engine, "checkout", lambda connection, record, proxy: open_now.add(record))
    event.listen(engine, "checkin", lambda connection, record: open_now.discard(record))
    real = fake.answer

    def watch(path, agent):
        seen.append(len(open_now))
        return real(path, agent)

    fake.answer = watch
    make_lookup().many(list(SAMPLE)[:12])
    assert seen == [0] * 12
