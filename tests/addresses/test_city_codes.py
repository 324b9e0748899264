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
    ("city", "now", "state"),
    [
        ("Parati", "Paraty", "RJ"),
        ("Moji Mirim", "Mogi Mirim", "SP"),
        ("Moji das Cruzes", "Mogi das Cruzes", "SP"),
        ("Embu", "Embu das Artes", "SP"),
        ("Santa Bárbara do Oeste", "Santa Bárbara d'Oeste", "SP"),
        ("Guarani do Oeste", "Guarani d'Oeste", "SP"),
        ("Herval do Oeste", "Herval d'Oeste", "SC"),
        ("Itapejara do Oeste", "Itapejara d'Oeste", "PR"),
        ("Alta Floresta do Oeste", "Alta Floresta d'Oeste", "RO"),
        ("Espigão do Oeste", "Espigão d'Oeste", "RO"),
        ("Nova Brasilândia do Oeste", "Nova Brasilândia d'Oeste", "RO"),
        ("Amparo da Serra", "Amparo do Serra", "MG"),
        ("Itapagé", "Itapajé", "CE"),
        ("Brasópolis", "Brazópolis", "MG"),
        ("Poxoréo", "Poxoréu", "MT"),
        ("Santa Isabel do Pará", "Santa Izabel do Pará", "PA"),
        ("Campo de Santana", "Tacima", "PB"),
        ("Presidente Juscelino", "Serra Caiada", "RN"),
        ("Seridó", "São Vicente do Seridó", "PB"),
        ("Santarém", "Joca Claudino", "PB"),
        ("Couto de Magalhães", "Couto Magalhães", "TO"),
        ("São Valério da Natividade", "São Valério", "TO"),
        ("Lagoa do Itaenga", "Lagoa de Itaenga", "PE"),
        ("Iguaraci", "Iguaracy", "PE"),
        ("Belém de São Francisco", "Belém do São Francisco", "PE"),
        ("Itamaracá", "Ilha de Itamaracá", "PE"),
        ("Presidente Castelo Branco", "Presidente Castello Branco", "SC"),
        ("Trajano de Morais", "Trajano de Moraes", "RJ"),
        ("Armação de Búzios", "Armação dos Búzios", "RJ"),
        ("Eldorado dos Carajás", "Eldorado do Carajás", "PA"),
        ("Ipauçu", "Ipaussu", "SP"),
        ("Brodósqui", "Brodowski", "SP"),
        ("São Luís do Paraitinga", "São Luiz do Paraitinga", "SP"),
        ("Vestfália", "Westfália", "RS"),
        ("Amapari", "Pedra Branca do Amapari", "AP"),
        ("São Luiz do Anauá", "São Luiz", "RR"),
        ("Brasabrantes", "Brazabrantes", "GO"),
        ("Assu", "Açu", "RN"),
        ("Piçarras", "Balneário Piçarras", "SC"),
        ("Foz do Iguassu", "Foz do Iguaçu", "PR"),
        ("Cachoeiro do Itapemirim", "Cachoeiro de Itapemirim", "ES"),
        ("Taguatinga", "Brasília", "DF"),
        ("Ceilândia", "Brasília", "DF"),
        ("Águas Claras (DF)", "Brasília", "DF"),
        ("S. Paulo", "São Paulo", "SP"),
        ("Sto André", "Santo André", "SP"),
        ("Sta. Bárbara D’Oeste", "Santa Bárbara d'Oeste", "SP"),
        ("S.J. dos Campos", "São José dos Campos", "SP"),
        ("N. Sra. do Socorro", "Nossa Senhora do Socorro", "SE"),
        ("N.S. do Socorro", "Nossa Senhora do Socorro", "SE"),
        ("Dom. Martins", "Domingos Martins", "ES"),
        ("Gov. Valadares", "Governador Valadares", "MG"),
        ("Pres Prudente", "Presidente Prudente", "SP"),
        ("Eng. Coelho", "Engenheiro Coelho", "SP"),
        ("São Paulo - SP", "São Paulo", "SP"),
        ("Osasco/sp", "Osasco", "SP"),
    ],
)
def test_old_and_postal_names_are_the_city_of_today(city, now, state):
    assert city_code(now, state) is not None
    assert city_code(city, state) == city_code(now, state)


def test_the_name_of_a_city_is_never_anothers():
    """Spellings alike are one only where no second city of the state is meant."""
    assert city_code("Itapeva", "SP") != city_code("Itapevi", "SP")
    assert city_code("Presidente Castelo Branco", "PR") == "4120408"
    assert city_code("Camboriú", "SC") != city_code("Balneário Camboriú", "SC")


@pytest.mark.parametrize(
    ("city", "state"),
    [
        ("Osasco", "RJ"),
        ("Xanadu", "SP"),
        ("", "SP"),
        ("Osasco", "XX"),
        ("Osasco", ""),
        ("S. João", "SP"),
        ("S. " * 30, "SP"),
        ("Taguatinga", "GO"),
    ],
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
