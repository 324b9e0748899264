from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.fiscal_notes import BUYER, NUMBERING, a_note, an_item
from webapp.fiscal.document import build
from webapp.fiscal.schema import problems
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.text import clean, digits, identifier, loses

ANY_TEXT = st.text(st.characters(), max_size=80)


@pytest.mark.parametrize(
    "given_text, written",
    [
        ("Café", "Café"),
        ("Cafe\u0301", "Café"),
        ("“azul” – ‘x’…", "\"azul\" - 'x'..."),
        ("Caneca 🏔️ azul", "Caneca azul"),
        ("  a \t b\r\nc ", "a b c"),
        ("a\u00a0b\u200bc", "a bc"),
        ("Erdős ﬁ €5 Łódź", "Erdos fi EUR5 Lódz"),
        ("a\x00b\x7fc\x85d", "a b c d"),
        ("日本", ""),
        ("\ud800x", "x"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_maps_to_the_alphabet_of_the_schema(given_text, written):
    assert clean(given_text) == written


def test_is_cut_without_a_blank_at_the_end():
    assert clean("abcd efgh", 5) == "abcd"


@pytest.mark.parametrize(
    "value, lost",
    [
        ("Café “azul” – x", False),
        ("Cafe\u0301", False),
        ("Caneca 🏔️", True),
        ("日本", True),
        ("a" * 60, False),
        ("a" * 61, True),
    ],
)
def test_tells_when_something_visible_is_lost(value, lost):
    assert loses(value) is lost


def test_keeps_only_digits_or_letters_of_numbers():
    assert digits("06.243-110 ٣") == "06243110"
    assert identifier("7k.2m9.qx4/0001-08") == "7K2M9QX4000108"


@given(ANY_TEXT)
@settings(max_examples=examples(300))
def test_mapping_twice_changes_nothing(value):
    assert clean(clean(value)) == clean(value)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
@settings(max_examples=examples(150), deadline=None)
def test_any_text_gives_a_valid_document(name, street, reference):
    padded = [f"Ab{value}" for value in (name, street)]
    recipient = replace(
        BUYER, name=padded[0], address=replace(BUYER.address, street=padded[1], complement=street)
    )
    note = a_note(
        environment="production",
        recipient=recipient,
        reference=reference,
        items=(an_item(name=padded[0], sku=padded[1]),),
    )
    assert problems(build(note, EXAMPLE_BOOK, NUMBERING)) == []


@given(
    st.fixed_dictionaries(
        {
            field: ANY_TEXT
            for field in ("name", "document", "email", "phone", "state_registration", "taxpayer")
        }
    ),
    ANY_TEXT,
)
@settings(max_examples=examples(150), deadline=None)
def test_building_never_refuses(values, anything):
    address = replace(
        BUYER.address, ibge=anything, state=anything, zip_code=anything, number=anything
    )
    item = an_item(ncm=anything, gtin=anything, unit=anything, origin=anything, name=anything)
    recipient = replace(BUYER, address=address, **values)
    note = a_note(recipient=recipient, items=(item,), payment_method=anything)
    assert build(note, EXAMPLE_BOOK).tag.endswith("NFe")
