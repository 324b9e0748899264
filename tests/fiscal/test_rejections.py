from dataclasses import replace

import pytest

from tests.support.fiscal_notes import CURITIBA, NUMBERING, a_note
from webapp.fiscal.document import build
from webapp.fiscal.rejections import REJECTIONS, explain, words_for
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.platform.issues import N_, Issue


@pytest.fixture
def document():
    return build(a_note(address=CURITIBA), EXAMPLE_BOOK, replace(NUMBERING, number=77))


def test_a_used_number_needs_another_number(document):
    told = explain(
        "539", "Rejeicao: Duplicidade de NF-e, com diferenca na Chave de Acesso", document
    )
    assert told.text.startswith("Number 77 of series 1 was already used")
    assert (told.field, told.who, told.same_number) == (
        "settings.series.next_number",
        "admin",
        False,
    )


def test_the_item_the_authority_names_is_named(document):
    told = explain("778", "Rejeicao: NCM inexistente [nItem: 2]", document)
    assert told.text.startswith("NCM 49019900 of product LV-0001")
    assert told.params["item"] == 2


@pytest.mark.parametrize(
    "reason", ["Rejeicao: NCM inexistente", "Rejeicao: NCM inexistente [nItem: 9]"]
)
def test_what_the_authority_does_not_tell_is_a_dash(document, reason):
    assert explain("778", reason, document).text.startswith("NCM — of product —")


@pytest.mark.parametrize(
    "code",
    [
        "204",
        "539",
        "110",
        "178",
        "179",
        "180",
        "181",
        "182",
        "183",
        "184",
        "185",
        "186",
        "203",
        "230",
        "231",
        "233",
        "234",
        "301",
        "302",
        "303",
        "291",
        "232",
        "805",
        "225",
        "610",
    ],
)
def test_known_codes_have_their_own_words(document, code):
    told = explain(code, "reason", document)
    assert told.code == code
    assert "refused the note with code" not in told.text and told.fix and told.field


def test_an_unknown_code_gives_the_authority_s_own_reason(document):
    told = explain("987", "Rejeicao: 100% nova", document)
    assert told.text == "The authority refused the note with code 987: Rejeicao: 100% nova"


def test_only_what_uses_up_the_number_asks_for_another():
    assert {code for code, words in REJECTIONS.items() if not words.same_number} == {"206", "539"}


def test_our_checks_share_their_words():
    assert words_for("232").fix == "Fill in the IE"


def test_labels_are_translated_with_the_message():
    message = N_("The buyer's address has no %(label)s.")
    issue = Issue("225", "x", {"label": N_("street")}, message=message)
    assert issue.text == "The buyer's address has no street."
