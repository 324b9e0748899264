"""State registrations, CPF and CNPJ against two independent programs that know their digits."""

import random

import pytest
from erpbrasil.base.fiscal import ie
from stdnum.br import cnpj, cpf

from webapp.fiscal.registrations import is_state_registration, state_registration_lengths
from webapp.platform.documents import normalize_document

# What a registration of a state begins with, for the states of which the other program asks it.
BEGINS = {
    **{"AC": "01", "AL": "24", "AP": "03", "GO": "10", "MA": "12", "MS": "28", "PA": "15"},
    **{"RN": "20", "RR": "24"},
}
STATES = "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split()
# Not held against a rule here.
UNRULED = {("PE", 14)}
BODIES = 12


@pytest.mark.parametrize("state", STATES)
def test_registrations_fit_as_another_program_says(state):
    drawn, good = random.Random(state), 0
    for length in state_registration_lengths(state):
        for _ in range(0 if (state, length) in UNRULED else BODIES):
            begin = BEGINS.get(state, "")
            body = begin + "".join(drawn.choices("0123456789", k=length - 2 - len(begin)))
            for ending in range(100):
                number = f"{body}{ending:02d}"
                ours = is_state_registration(state, number)
                assert ours is ie.validar(state.lower(), number), number
                good += ours
    assert good


@pytest.mark.parametrize("number", ["", "1", "12A456789", "١٢٣٤٥٦٧٨٩", "1" * 15])
@pytest.mark.parametrize("state", [*STATES, "EX"])
def test_what_is_no_number_of_digits_fits_nowhere(state, number):
    assert not is_state_registration(state, number)


# From the spans whose rule differs (Amapá, Goiás): the digit of a rest of 0 or 1.
@pytest.mark.parametrize(
    "state, body",
    [("AP", "03017001"), ("AP", "03019022"), ("AP", "03019023"), ("GO", "10103105")],
)
def test_the_spans_of_a_rule_of_their_own(state, body):
    fitting = [digit for digit in range(10) if is_state_registration(state, f"{body}{digit}")]
    assert fitting == [digit for digit in range(10) if ie.validar(state.lower(), f"{body}{digit}")]
    assert len(fitting) == 1


def test_documents_are_good_as_another_program_says():
    drawn = random.Random(7)
    for program, length, signs in (
        (cpf, 11, "0123456789"),
        (cnpj, 14, "0123456789"),
        (cnpj, 14, "0123456789ABCDEFGHJKLMNPRSTVWXYZ"),
    ):
        for _ in range(40):
            body = "".join(drawn.choices(signs, k=length - 2))
            for ending in range(100):
                number = f"{body}{ending:02d}"
                assert (normalize_document(number) is not None) is program.is_valid(number), number
