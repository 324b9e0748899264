"""Companies looked up by CNPJ: three services' words, their faults, and what is kept."""

from functools import partial

import pytest

from tests.support.company_providers import ABROAD, BRANCH, SEAT, UNKNOWN, FakeCompanies
from tests.support.timing import seconds_waited
from webapp.addresses import company_providers
from webapp.addresses.lookup import Lookup, Outcome
from webapp.addresses.models import PostalProvider
from webapp.addresses.registers import COMPANIES
from webapp.platform.settings import Settings, SettingsError

EVERY = ["brasilapi", "receitaws", "opencnpj"]


@pytest.fixture
def fake():
    with FakeCompanies() as server:
        yield server


@pytest.fixture
def companies(fake, sessions, tmp_path, monkeypatch):
    """A look-up whose configured providers are all on the fake server."""
    for name in EVERY:
        real = getattr(company_providers, name)
        monkeypatch.setattr(company_providers, name, partial(real, fake.url(name)))
    made = []

    def make(*names):
        settings = Settings(
            data_dir=tmp_path,
            database_url="sqlite://",
            redis_url="",
            secret_key="-",
            cnpj_providers=names,
        )
        made.append(Lookup(COMPANIES, settings, sessions))
        return made[-1]

    yield make
    for lookup in made:
        lookup.close()


@pytest.mark.parametrize("name", EVERY)
def test_each_provider_s_words_come_to_the_same_answer(companies, name):
    answer = companies(name).one(SEAT).answer
    assert (answer.cnpj, answer.provider, answer.situation) == (SEAT, name, "ATIVA")
    assert (answer.name, answer.trade_name) == ("GLOBO COMUNICACAO E PARTICIPACOES S/A", "GLOBO")
    assert (answer.zip_code, answer.street, answer.number, answer.complement) == (
        "22460-901",
        "RUA LOPES QUINTAS",
        "303",
        "",
    )
    assert (answer.neighborhood, answer.city, answer.state, answer.ibge) == (
        "JARDIM BOTANICO",
        "RIO DE JANEIRO",
        "RJ",
        "3304557",
    )


@pytest.mark.parametrize("name", EVERY)
def test_a_closed_company_with_letters_in_its_cnpj(companies, fake, name):
    answer = companies(name).one(BRANCH).answer
    assert (answer.situation, answer.street, answer.number) == (
        "BAIXADA",
        "AVENIDA PAULISTA",
        "S/N",
    )
    assert fake.paths[0].endswith(f"/{BRANCH}")


@pytest.mark.parametrize("name", EVERY)
def test_of_a_seat_abroad_only_the_name_is_told(companies, name):
    answer = companies(name).one(ABROAD).answer
    assert (answer.name, answer.street, answer.city, answer.state, answer.ibge) == (
        "EDITORA DO PORTO SA",
        "",
        "",
        "",
        "",
    )


@pytest.mark.parametrize("name", EVERY)
def test_each_provider_s_way_of_saying_unknown(companies, name):
    assert companies(name).one(UNKNOWN).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("too_many", "blocked"),
        ("bad_request", "unexpected_status"),
        ("redirect", "redirect"),
        ("huge", "too_large"),
        ("garbage", "garbage"),
        ("empty", "garbage"),
        ("list", "garbage"),
        ("other_company", "garbage"),
    ],
)
def test_misbehaviour_is_no_answer(companies, fake, name, mode, reason):
    fake.modes[name] = mode
    result = companies(name).one(SEAT, budget_s=30)
    assert (result.outcome, result.reason) == (Outcome.UNAVAILABLE, f"{name}: {reason}")


def test_receitaws_s_own_trouble_says_nothing_of_the_company(companies, fake):
    fake.modes["receitaws"] = "own_trouble"
    assert companies("receitaws").one(SEAT).outcome is Outcome.UNAVAILABLE


def test_the_next_one_is_asked_where_one_fails_or_does_not_know(companies, fake):
    fake.modes["brasilapi"] = "too_many"
    lookup = companies(*EVERY)
    assert lookup.one(SEAT).provider == "receitaws"
    # The blocked one is left alone meanwhile.
    assert lookup.one(BRANCH).provider == "receitaws"
    assert fake.asked("brasilapi") == 1


def test_a_slow_provider_takes_no_longer_than_the_person_waits(companies, fake):
    fake.modes["opencnpj"], fake.delay_s = "slow", 5
    lookup, found = companies("opencnpj"), []
    assert seconds_waited(lambda: found.append(lookup.one(SEAT, budget_s=0.5))) < 2
    assert found[0].outcome is Outcome.UNAVAILABLE


def test_an_answer_is_kept_and_no_sale_s_provider_is_spoken_of(companies, fake, sessions):
    companies("brasilapi").one(SEAT)
    kept = companies("opencnpj").one(SEAT)
    assert (kept.provider, kept.answer.number) == ("brasilapi", "303")
    assert len(fake.paths) == 1
    with sessions() as session:
        assert session.query(PostalProvider).count() == 0


@pytest.mark.parametrize("written", ["27.865.757/0001-02", f"{SEAT}/x", "52998224725", ""])
def test_nothing_but_a_bare_cnpj_reaches_a_provider(companies, fake, written):
    with pytest.raises(ValueError, match="normalize_cnpj"):
        companies("brasilapi").one(written)
    assert fake.paths == []


def test_the_public_services_have_a_pace():
    assert company_providers.receitaws("https://receitaws.com.br/v1/cnpj").limit == "3/minute"
    for public in (company_providers.brasilapi, company_providers.opencnpj):
        assert public().limit


def test_nobody_is_asked_unless_the_shop_says_whom(tmp_path):
    env = {"DATA_DIR": str(tmp_path), "DEMO": "1"}
    assert Settings.from_env(env).cnpj_providers == ()
    assert Settings.from_env(env | {"CNPJ_PROVIDERS": "opencnpj, brasilapi"}).cnpj_providers == (
        "opencnpj",
        "brasilapi",
    )
    with pytest.raises(SettingsError, match="CNPJ_PROVIDERS: there is no provider viacep"):
        Settings.from_env(env | {"CNPJ_PROVIDERS": "viacep"})
