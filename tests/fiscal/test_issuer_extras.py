"""Who answers for the program, and who else may download the note: as the settings say, and as some
states want it."""

from dataclasses import replace

import pytest
from lxml import etree

from tests.support.fiscal_notes import ISSUER, NOW, NUMBERING, a_note
from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import access_key_of, build, csrt_hash, draft_of, numbered
from webapp.fiscal.note import TechnicalContact
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE

CONTACT = TechnicalContact(
    "99777666000118",
    "Ana Souza",
    "suporte@example.com",
    "1130000010",
    "01",
    "G8063VRTNDMO886SFNK5LDUDEI24XJ22YIPO",
)


def note_from(state="SP", **changes):
    address = replace(ISSUER.address, state=state)
    return a_note(issuer=replace(ISSUER, address=address, **changes))


def texts(document, tag):
    return [found.text for found in document.iter(f"{{{NAMESPACE}}}{tag}")]


def codes(note):
    return {
        issue.code
        for issue in run_checks(note, build(note, EXAMPLE_BOOK, NUMBERING), EXAMPLE_BOOK).issues
    }


def test_the_hash_proves_the_secret_for_this_key_alone():
    # The example of NT 2018.005.
    key = "41180678393592000146558900000006041028190697"
    assert csrt_hash("G8063VRTNDMO886SFNK5LDUDEI24XJ22YIPO", key) == "aWv6LeEM4X6u4+qBI2OYZ8grigw="


def test_the_hash_is_that_of_the_key_given_at_sending():
    note = note_from(technical_contact=CONTACT)
    draft = build(note, EXAMPLE_BOOK, draft_of(NOW))
    before = texts(draft, "hashCSRT")
    document = numbered(draft, note, NUMBERING)
    assert texts(document, "idCSRT") == ["01"]
    expected = csrt_hash(CONTACT.csrt, access_key_of(document))
    assert texts(document, "hashCSRT") == [expected] != before
    assert etree.tostring(build(note, EXAMPLE_BOOK, NUMBERING)) == etree.tostring(document)


@pytest.mark.parametrize("state", ["AM", "MS", "PE", "PR", "SC", "TO"])
def test_six_states_want_a_technical_contact(state):
    plain = replace(CONTACT, csrt_id="", csrt="")
    assert "972" in codes(note_from(state))
    assert "972" not in codes(note_from(state, technical_contact=plain))


def test_the_others_do_not():
    assert not codes(note_from("SP")) & {"972", "975", "486"}


def test_parana_wants_the_pair_too():
    plain = replace(CONTACT, csrt_id="", csrt="")
    assert "975" in codes(note_from("PR", technical_contact=plain))
    assert "975" not in codes(note_from("PR", technical_contact=CONTACT))
    assert "975" not in codes(note_from("SC", technical_contact=plain))


def test_bahia_gets_the_accountant_or_its_own_authority():
    def authorized(**changes):
        document = build(note_from("BA", **changes), EXAMPLE_BOOK, NUMBERING)
        return [
            [child.text for child in party] for party in document.iter(f"{{{NAMESPACE}}}autXML")
        ]

    assert authorized() == [["13937073000156"]]
    named = ("99910482860", "99777666000118")
    assert authorized(authorized_parties=named) == [["99910482860"], ["99777666000118"]]
    assert "486" not in codes(note_from("BA"))


def test_a_note_of_bahia_that_names_nobody_is_refused():
    note = note_from("BA")
    document = build(note, EXAMPLE_BOOK, NUMBERING)
    for party in document.findall(f".//{{{NAMESPACE}}}autXML"):
        party.getparent().remove(party)
    assert "486" in {issue.code for issue in run_checks(note, document, EXAMPLE_BOOK).issues}


def test_elsewhere_nobody_is_named_unless_wanted():
    assert texts(build(note_from("SP"), EXAMPLE_BOOK, NUMBERING), "autXML") == []
    note = note_from("SP", authorized_parties=("99910482860",), technical_contact=CONTACT)
    assert run_checks(note, build(note, EXAMPLE_BOOK, NUMBERING), EXAMPLE_BOOK, NOW).issues == [], (
        "in the schema's order"
    )
