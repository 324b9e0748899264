import pytest

from tests.support.postal_code_providers import SAMPLE
from tests.support.timing import seconds_waited
from webapp.addresses.lookup import Outcome

EVERY = ["viacep", "brasilapi", "opencep", "awesomeapi"]


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("cep", ["05010000", "89870000", "51111011", "63708004"])
def test_each_provider_s_words_come_to_the_same_answer(make_lookup, name, cep):
    answer = make_lookup(name).one(cep).answer
    row = SAMPLE[cep]
    assert (answer.cep, answer.provider) == (cep, name)
    assert (answer.street, answer.neighborhood) == (row["logradouro"], row["bairro"])
    assert (answer.city, answer.state, answer.ibge) == (row["localidade"], row["uf"], row["ibge"])


def test_viacep_tells_the_range_and_the_large_user(make_lookup):
    answer = make_lookup("viacep").one("60811905").answer
    assert answer.complement == "1321"
    assert answer.unit.startswith("Fundação Edson Queiroz")


@pytest.mark.parametrize("name", EVERY)
def test_each_provider_s_way_of_saying_unknown(make_lookup, name):
    assert make_lookup(name).one("99999999").outcome is Outcome.NOT_FOUND


def test_the_older_boolean_says_unknown_too(make_lookup, fake):
    fake.modes["viacep"] = "unknown_boolean"
    assert make_lookup("viacep").one("99999999").outcome is Outcome.NOT_FOUND


def test_brasilapi_s_404_for_an_outage_behind_it_is_no_answer(make_lookup, fake):
    fake.modes["brasilapi"] = "outage"
    assert make_lookup("brasilapi").one("05010000").outcome is Outcome.UNAVAILABLE


@pytest.mark.parametrize(
    ("mode", "reason", "calls"),
    [
        ("server_error", "server_error", 3),
        ("bad_request", "unexpected_status", 1),
        ("forbidden", "blocked", 1),
        ("too_many", "blocked", 1),
        ("redirect", "redirect", 1),
        ("huge", "too_large", 1),
        ("garbage", "garbage", 1),
        ("empty", "garbage", 1),
        ("list", "garbage", 1),
        ("other_cep", "garbage", 1),
    ],
)
def test_misbehaviour_is_unavailable_and_only_passing_faults_are_tried_again(
    make_lookup, fake, mode, reason, calls
):
    fake.modes["viacep"] = mode
    result = make_lookup("viacep").one("05010000", budget_s=30)
    assert (result.outcome, result.reason) == (Outcome.UNAVAILABLE, f"viacep: {reason}")
    assert fake.asked("viacep") == calls


def test_a_refused_connection_is_unavailable(make_lookup, fake):
    lookup = make_lookup("viacep")
    fake.refuse()
    assert lookup.one("05010000").reason == "viacep: refused"


@pytest.mark.parametrize("mode", ["slow", "drip"])
def test_a_slow_provider_takes_no_longer_than_the_person_waits(make_lookup, fake, mode):
    fake.modes["viacep"], fake.delay_s = mode, 5
    lookup, found = make_lookup("viacep"), []
    assert seconds_waited(lambda: found.append(lookup.one("01001000", budget_s=1))) < 2
    assert found[0].outcome is Outcome.UNAVAILABLE


def test_a_passing_fault_is_tried_again_and_answered(make_lookup, fake):
    def recover(path, agent, real=fake.answer):
        status = real(path, agent)
        fake.modes["viacep"] = "ok"
        return status

    fake.modes["viacep"], fake.answer = "server_error", recover
    assert make_lookup("viacep").one("05010000").outcome is Outcome.FOUND
    assert fake.asked("viacep") == 2


def test_the_provider_is_told_who_asks_and_only_the_digits(make_lookup, fake):
    make_lookup("viacep").one("05010000")
    assert fake.paths == ["/viacep/ws/05010000/json/"]
    assert "Balcao" in next(iter(fake.user_agents))


@pytest.mark.parametrize("cep", ["01001-000", "01001000/../x", "٠١٠٠١٠٠٠", "", "1001000"])
def test_nothing_but_eight_digits_reaches_a_provider(make_lookup, fake, cep):
    with pytest.raises(ValueError, match="eight digits"):
        make_lookup("viacep").many([cep])
    assert fake.paths == []
