"""What nfelib's schemas are too narrow for, by name. Once nfelib has one of these as wide as the
authority, its test fails: take that widening out of webapp/fiscal/widening.py."""

import re

import pytest

from webapp.fiscal.schema import BUILT_IN, EVENTS, shipped
from webapp.fiscal.widening import widened

KEY = {"TChNFe": ("[0-9]{44}", "[0-9]{6}[0-9A-Z]{12}[0-9]{26}")}
# This folder knows even the states and the months.
STRICT_KEY = (
    r"(1[1-7]|2[1-9]|3[1,2,3,5]|4[1-3]|5[0-3])(0[6-9]|[1-9][\d])(0[1-9]|1[0-2])([\d]{14})([\d]{5})"
    r"([\d]{9})([\d]{10})"
)
TYPES = {
    "TProt": ("[0-9]{15}", "[0-9]{15}|[0-9]{17}"),
    "TStat": ("[0-9]{3}", "[0-9]{3,4}"),
    "TCnpj": ("[0-9]{14}", "[0-9A-Z]{12}[0-9]{2}"),
    "TCnpjOpc": ("[0-9]{0}|[0-9]{14}", "[0-9]{0}|[0-9A-Z]{12}[0-9]{2}"),
}
EVENT_ID = {"Id": ("ID[0-9]{52}", "ID[0-9]{12}[0-9A-Z]{12}[0-9]{28}")}
ANSWER_ID = {"Id of the answer": ("ID[0-9]{15}", "ID[0-9]{15}|ID[0-9]{17}")}
OF_EVENTS = KEY | TYPES | EVENT_ID | ANSWER_ID
NAMED = {
    "nfe/schemas/v4_0": EVENT_ID
    | ANSWER_ID
    | {"Id of a voiding": ("ID[0-9]{41}", "ID[0-9]{4}[0-9A-Z]{12}[0-9]{25}")},
    "nfe_evento_cce/schemas/v1_0": OF_EVENTS,
    "nfe_evento_cancel/schemas/v1_0": OF_EVENTS | {"TChNFe": (STRICT_KEY, KEY["TChNFe"][1])},
    "nfe_ator_interessado/schemas/v1_0": OF_EVENTS,
    "nfe_insucesso/schemas/v1_0": OF_EVENTS,
    "nfe_evento_mde/schemas/v1_0": OF_EVENTS,
}


def patterns(schema: bytes) -> list[str]:
    return re.findall('<xs:pattern value="([^"]*)"', schema.decode())


@pytest.mark.parametrize("folder", NAMED)
def test_each_widening_is_still_needed(folder):
    changed = {
        pair
        for content in shipped(folder).values()
        for pair in zip(patterns(content), patterns(widened(content)), strict=True)
        if pair[0] != pair[1]
    }
    assert changed == set(NAMED[folder].values())


def test_every_schema_that_is_used_is_named():
    used = {f"{folder}/schemas/v1_0" for folder, _name in EVENTS.values()}
    assert {*used, "nfe/schemas/v4_0"} == NAMED.keys()


def test_a_note_s_own_schema_is_not_touched():
    for name in ("leiauteNFe_v4.00.xsd", "tiposBasico_v4.00.xsd"):
        assert BUILT_IN.files[name] == shipped("nfe/schemas/v4_0")[name]
