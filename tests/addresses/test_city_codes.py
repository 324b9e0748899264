import pytest

from tests.support.postal_code_providers import SAMPLE
from webapp.platform.towns import city_code, is_city_code, state_code


@pytest.mark.parametrize("row", SAMPLE.values(), ids=list(SAMPLE))
def test_the_table_agrees_with_the_providers(row):
    assert city_code(row["localidade"], row["uf"]) == row["ibge"]


@pytest.mark.parametrize(
    ("city", "state", "code"),
    [
        ("SANTA BARBARA D'OESTE", "SP", "3545803"),
        ("santa bárbara d oeste", "SP", "3545803"),
        ("Boa Esperança do Norte", "MT", "5101837"),
        ("São Thomé das Letras", "MG", "3165206"),
        ("São Tomé das Letras", "MG", "3165206"),
        ("Bom Jesus", "RS", "4302303"),
        ("Bom Jesus", "SC", "4202537"),
    ],
)
def test_spelling_does_not_matter_and_the_state_does(city, state, code):
    assert city_code(city, state) == code


@pytest.mark.parametrize(
    ("city", "state"),
    [("Osasco", "RJ"), ("Xanadu", "SP"), ("", "SP"), ("Osasco", "XX"), ("Osasco", "")],
)
def test_no_code_is_better_than_a_wrong_one(city, state):
    assert city_code(city, state) is None


def test_codes_are_known_or_not():
    assert is_city_code("3534401")
    assert not is_city_code("3534402")
    assert not is_city_code("")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("rs", "RS"),
        (" RS ", "RS"),
        ("Rio Grande do Sul", "RS"),
        ("sao paulo", "SP"),
        ("XX", None),
        ("", None),
    ],
)
def test_states_by_letters_or_name(written, code):
    assert state_code(written) == code
