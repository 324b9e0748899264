"""Why an item is taxed as it is: one sentence, of the profile, the CFOP and the rates."""

from dataclasses import replace

import pytest
from flask_babel import force_locale

from tests.support.fiscal_notes import BUYER, CURITIBA, GIFT, ISSUER, MUG, NOW, NUMBERING, a_note
from webapp.fiscal.document import build
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.invoice_pages.note_view import NoteView
from webapp.invoices.taken_profiles import profiles_taken

GOODS = "By the tax profile “Mercadoria para revenda”, version 1 (not signed off)"
RIO = replace(CURITIBA, city="Rio de Janeiro", ibge="3304557", state="RJ", zip_code="20040-002")


@pytest.fixture
def reasons(app):
    def reasons(note, book=EXAMPLE_BOOK) -> list[str]:
        taken = profiles_taken(note, book, NOW.date())
        view = NoteView(build(note, book, NUMBERING), False, taken)
        with app.test_request_context(), force_locale("en"):
            return [reason for _name, reason in view.tax_reasons]

    return reasons


def normal(**changes):
    return a_note(issuer=replace(ISSUER, crt="3"), **changes)


def test_of_a_consumer_in_another_state(reasons):
    note = normal(items=(MUG,), recipient=replace(BUYER, address=RIO))

    assert reasons(note) == [
        f"{GOODS}, the store's for goods: CFOP 6108 (resale to a consumer in another state), "
        "CST 00, ICMS 12.00 % from SP to RJ, the difference up to the 20.00 % of RJ, FCP 2.00 % of "
        "RJ, PIS 0.65 %, COFINS 3.00 %, IBS 0.10 %, CBS 0.90 %."
    ]


def test_of_what_chose_the_profile(reasons):
    book = replace(EXAMPLE_BOOK, categories={"Canecas": "goods"})
    own, of_category = replace(MUG, tax_profile="goods"), replace(MUG, category="Canecas")
    told = reasons(a_note(items=(own, of_category, GIFT)), book)

    assert told[0].startswith(f"{GOODS}, the product's own: CFOP 5102")
    assert told[1].startswith(f"{GOODS}, that of the category Canecas: CFOP 5102")
    assert "the store's for gifts: CFOP 5910 (gift within the state), CSOSN 400" in told[2]


def test_of_a_profile_that_says_nothing(reasons):
    told = reasons(a_note(items=(replace(MUG, tax_profile="mugs"),)))
    assert told == ["No version of the tax profile “mugs” is in force (the product's own)."]
