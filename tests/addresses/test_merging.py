import time
from dataclasses import replace

import pytest

from tests.support.postal_code_providers import SAMPLE
from webapp.addresses.merge import AddressParts, merge
from webapp.addresses.providers import SampleSource


def answer(cep):
    return SampleSource().ask(cep.replace("-", ""), time.monotonic())


def merged(cep, **typed):
    return merge(AddressParts(zip_code=cep, **typed), answer(cep))


def typed_in_full(**changes):
    parts = {
        "zip_code": "99999-998",
        "state": "SP",
        "city": "osasco",
        "neighborhood": "Jardim Elvira",
        "street": "Rua Nova",
        "number": "12",
    }
    return AddressParts(**parts | changes)


@pytest.mark.parametrize(
    ("cep", "number", "street", "neighborhood", "city", "state", "ibge"),
    [
        ("05010-000", "741", "Rua Caiubi", "Perdizes", "São Paulo", "SP", "3550308"),
        (
            "80030-000",
            "1020",
            "Avenida João Gualberto",
            "Alto da Glória",
            "Curitiba",
            "PR",
            "4106902",
        ),
        ("40140-650", "S/N", "Largo do Farol da Barra", "Barra", "Salvador", "BA", "2927408"),
        ("69020-060", "1200", "Rua Major Gabriel", "Centro", "Manaus", "AM", "1302603"),
        ("18072-856", "88", "Rua Seraphim Banietti", "Caguassu", "Sorocaba", "SP", "3552205"),
        (
            "90420-200",
            "12",
            "Rua Domingos José de Almeida",
            "Rio Branco",
            "Porto Alegre",
            "RS",
            "4314902",
        ),
    ],
)
def test_a_cep_and_a_number_make_a_whole_address(
    cep, number, street, neighborhood, city, state, ibge
):
    result = merged(cep, number=number)
    assert result.question is None
    assert result.warnings == ()
    assert result.address == AddressParts(
        cep, "BR", state, city, neighborhood, street, number, "", ibge
    )
    assert result.sources == {
        "zip_code": "customer",
        "country": "customer",
        "state": "sample",
        "city": "sample",
        "neighborhood": "sample",
        "street": "sample",
        "number": "customer",
        "complement": "empty",
        "ibge": "sample",
    }


@pytest.mark.parametrize("cep", SAMPLE)
def test_every_code_with_a_street_goes_on_and_every_other_asks_for_it(cep):
    result = merged(cep, number="S/N")
    if SAMPLE[cep]["logradouro"]:
        assert result.question is None
    else:
        assert (result.question.code, result.question.field) == (
            "street_of_general_zip_code",
            "address.street",
        )
    assert result.address.ibge == SAMPLE[cep]["ibge"]
    assert result.address.complement == ""


def test_what_was_typed_stays():
    result = merged(
        "05010-000", number="741", street="R. Caiubi", neighborhood="Sumaré", complement="Ap. 42"
    )
    assert (result.address.street, result.address.neighborhood) == ("R. Caiubi", "Sumaré")
    assert result.address.complement == "Ap. 42"
    assert result.sources["street"] == "customer"


@pytest.mark.parametrize(
    ("city", "state"),
    [("SAO PAULO", "sp"), ("são  paulo", "São Paulo"), ("", "SP"), ("Sa\u0303o Paulo", "")],
)
def test_city_and_state_are_compared_without_accents_and_case(city, state):
    result = merged("05010-000", number="741", city=city, state=state)
    assert result.question is None
    assert result.address.state == "SP"


def test_two_spellings_of_a_city_do_not_differ():
    found = replace(answer("37503-130"), city="São Tomé das Letras", ibge="3165206")
    typed = AddressParts(zip_code="37503-130", city="São Thomé das Letras", state="MG", number="1")
    assert merge(typed, found).question is None


@pytest.mark.parametrize(
    ("typed", "code", "field"),
    [
        ({"city": "Osasco"}, "city_differs", "address.city"),
        ({"state": "RJ"}, "state_differs", "address.state"),
        ({"city": "São Paulo", "state": "Minas"}, "state_differs", "address.state"),
    ],
)
def test_a_conflict_fills_nothing_and_keeps_both(typed, code, field):
    result = merged("05010-000", number="741", **typed)
    assert (result.question.code, result.question.field) == (code, field)
    assert result.question.params["found_city"] == "São Paulo"
    assert result.question.params["typed"] in typed.values()
    assert result.address.street == result.address.ibge == ""
    assert result.sources["street"] == "empty"


def test_a_general_cep_fills_the_city_and_asks_for_the_street():
    result = merged("89870-000", number="250")
    assert (result.question.code, result.question.field) == (
        "street_of_general_zip_code",
        "address.street",
    )
    assert (result.address.city, result.address.state, result.address.ibge) == (
        "Pinhalzinho",
        "SC",
        "4212908",
    )


def test_a_general_cep_goes_on_once_the_street_is_told():
    result = merged("89870-000", number="250", street="Rua das Araucárias", neighborhood="Centro")
    assert result.question is None


def test_a_general_cep_with_a_street_still_needs_the_neighborhood():
    result = merged("89870-000", number="250", street="Rua das Araucárias")
    assert result.question.field == "address.neighborhood"


def test_a_mended_cep_does_not_quarrel_with_what_the_first_one_filled():
    first = merged("89870-000", number="250")
    second = merge(replace(first.address, zip_code="90420-200"), answer("90420-200"), first.sources)
    assert second.question is None
    assert (second.address.city, second.address.ibge) == ("Porto Alegre", "4314902")


def test_merging_twice_changes_nothing():
    once = merged("05010-000", number="741", complement="casa")
    again = merge(once.address, answer("05010-000"), once.sources)
    assert again == once


def test_an_unknown_cep_with_a_part_missing_asks_for_the_cep_and_fills_nothing():
    result = merge(AddressParts(zip_code="99999-999", state="RS", number="12"), None)
    assert (result.question.code, result.question.field) == ("zip_code_unknown", "address.zip_code")
    assert result.question.params == {"zip_code": "99999-999"}
    assert [part for part, source in result.sources.items() if source == "customer"] == [
        "zip_code",
        "country",
        "state",
        "number",
    ]


def test_an_unknown_cep_goes_on_with_an_address_typed_in_full():
    result = merge(typed_in_full(), None)
    assert result.question is None
    assert (result.address.ibge, result.sources["ibge"]) == ("3534401", "ibge")


@pytest.mark.parametrize("part", ["state", "city", "neighborhood", "street", "number"])
def test_an_unknown_cep_does_not_go_on_without(part):
    assert merge(typed_in_full(**{part: ""}), None).question.field == "address.zip_code"


def test_an_unknown_cep_in_an_unknown_city_asks_for_the_city():
    result = merge(typed_in_full(city="Xanadu"), None)
    assert (result.question.code, result.question.field) == ("city_unknown", "address.city")


@pytest.mark.parametrize(
    ("zip_code", "code"), [("", "zip_code_missing"), ("0100", "zip_code_malformed")]
)
def test_without_a_cep_a_person_is_asked(zip_code, code):
    result = merge(AddressParts(zip_code=zip_code, number="1"), None)
    assert (result.question.code, result.question.field) == (code, "address.zip_code")


@pytest.mark.parametrize("number", ["s/n", "S/Nº", "sn", "Sem número", "S/N"])
def test_no_number_is_written_one_way(number):
    assert merged("40140-650", number=number).address.number == "S/N"


def test_a_missing_number_is_asked_for():
    assert merged("05010-000").question.field == "address.number"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("street", "R"),
        ("street", "R" * 61),
        ("neighborhood", "B"),
        ("neighborhood", "B" * 61),
        ("complement", "C" * 61),
        ("number", "9" * 61),
    ],
)
def test_lengths_that_the_nfe_refuses_are_asked_about(part, value):
    result = merged("05010-000", **{"number": "741", part: value})
    assert (result.question.code, result.question.field) == (f"{part}_length", f"address.{part}")


@pytest.mark.parametrize(("street", "refused"), [("Rú", False), ("R" * 60, False)])
def test_lengths_at_the_border_pass(street, refused):
    assert (merged("05010-000", number="741", street=street).question is not None) is refused


@pytest.mark.parametrize(
    ("cep", "number", "warned"),
    [
        ("51111-011", "1367", False),
        ("51111-011", "1366", True),
        ("51111-011", "2257", True),
        ("80810-070", "980", True),
        ("80810-070", "982", False),
        ("50721-775", "7", True),
        ("22290-240", "458", False),
        ("22290-240", "460", True),
        ("51111-011", "S/N", False),
    ],
)
def test_a_number_outside_the_range_is_a_warning_only(cep, number, warned):
    result = merged(cep, number=number)
    assert result.question is None
    assert [warning.code for warning in result.warnings] == (
        ["number_outside_range"] if warned else []
    )


def test_a_large_user_s_number_inside_the_street_comes_out():
    result = merged("90619-900")
    assert (result.address.street, result.address.number) == ("Avenida Ipiranga", "6681")
    assert result.question is None


def test_a_number_that_is_the_street_s_name_stays_in_it():
    assert merged("88020-231", number="1").address.street == "Rua 13 de Maio"
    assert merged("70610-410", number="1").address.street == "SIG Quadra 1"


def test_a_large_user_is_named():
    result = merged("70083-900", number="S/N")
    assert result.warnings[0].params == {"unit": "Vice-Presidência da República"}


@pytest.mark.parametrize("country", ["AR", "us", "PT"])
def test_other_countries_are_left_alone(country):
    typed = AddressParts(
        zip_code="C1425", country=country, city="Buenos  Aires", street="Av. Corrientes"
    )
    result = merge(typed, None)
    assert result.question is None
    assert result.address.ibge == "9999999"
    assert (result.address.zip_code, result.address.city, result.address.state) == (
        "C1425",
        "Buenos  Aires",
        "",
    )


def test_what_is_missing_is_told_as_what_it_is():
    """A blank street has several causes."""
    known = answer("05010-000")

    def question(**changes):
        return merge(AddressParts(zip_code="05010-000", number="1"), replace(known, **changes))

    assert question(street="", neighborhood="Vila X").question.code == "street_missing"
    assert question(street="", neighborhood="").question.code == "street_of_general_zip_code"


@pytest.mark.parametrize(("part", "length"), [("street", 75), ("neighborhood", 70)])
def test_what_a_provider_says_at_too_great_length_stands_there_to_be_shortened(part, length):
    known = replace(answer("05010-000"), **{part: "R" * length})
    result = merge(AddressParts(zip_code="05010-000", number="1"), known)
    assert (result.question.code, result.question.field) == (f"{part}_length", f"address.{part}")
    assert getattr(result.address, part) == "R" * length
    assert result.sources[part] == known.provider
