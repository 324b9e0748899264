"""A note of which only key and digest are known is recognised, or not, by what one would send; and
what a note says that goes to a standby service."""

import datetime as dt
from dataclasses import replace

import pytest

from tests.support.fiscal_notes import BOOK, a_note, an_item
from webapp.fiscal.document import Numbering, Standby, access_key_of, build, draft_of, numbered
from webapp.fiscal.recognition import KnownNote, recognize
from webapp.fiscal.signature import digest_of
from webapp.fiscal.tax_book import EXAMPLE_BOOK

SP = dt.timezone(dt.timedelta(hours=-3))
OURS = a_note()
SPAN = dt.timedelta(minutes=15)


def known(signer, issued_at: dt.datetime, after: dt.timedelta, what=OURS, standby=None):
    given = Numbering(3, 41, issued_at, "13572468", standby)
    signed = signer.sign(build(what, EXAMPLE_BOOK, given))
    key = access_key_of(build(what, EXAMPLE_BOOK, given))
    return given, KnownNote(key, digest_of(signed), issued_at + after)


def recognised(about: KnownNote, span=SPAN) -> Numbering | None:
    return recognize(lambda given: build(OURS, EXAMPLE_BOOK, given), SP, about, span)


@pytest.mark.parametrize(
    ("issued", "seconds"),
    [
        ("2026-11-20T10:30:00-03:00", 2),
        ("2026-11-20T10:30:00-03:00", 600),
        # Its clock was ahead of the authority's.
        ("2026-11-20T10:30:00-03:00", -30),
        # Over midnight, the month's end and the year's: key and taxes are of the day before.
        ("2026-11-20T23:59:58-03:00", 4),
        ("2026-11-30T23:59:58-03:00", 4),
        ("2026-12-31T23:59:59-03:00", 3),
    ],
)
def test_the_same_note_is_found_to_the_second(signer, issued, seconds):
    given, about = known(signer, dt.datetime.fromisoformat(issued), dt.timedelta(seconds=seconds))
    assert recognised(about) == given


def test_another_note_is_not(signer):
    moment, two = dt.datetime(2026, 11, 20, 10, 30, tzinfo=SP), dt.timedelta(seconds=2)
    for other in (
        a_note(items=(an_item(quantity=4), BOOK)),
        replace(OURS, reference="ANOTHER"),
        replace(OURS, issuer=replace(OURS.issuer, cnpj="11.222.333/0001-81")),
    ):
        assert recognised(known(signer, moment, two, other)[1]) is None
    _given, about = known(signer, moment, dt.timedelta(hours=2))
    assert recognised(about) is None, "longer ago than it was looked for"
    assert recognised(about, dt.timedelta(hours=3)) is not None


def test_a_note_for_the_standby_service_says_since_when_and_why(signer):
    moment = dt.datetime(2026, 11, 20, 10, 30, tzinfo=SP)
    standby = Standby("6", moment - dt.timedelta(minutes=9), "SEFAZ de origem sem resposta")
    given, about = known(signer, moment, dt.timedelta(seconds=2), standby=standby)
    built = build(OURS, EXAMPLE_BOOK, given)
    made = numbered(build(OURS, EXAMPLE_BOOK, draft_of(moment)), OURS, given)
    assert signer.sign(made) == signer.sign(built)
    assert EXAMPLE_BOOK.package(moment.date()).problems(made) == []
    assert about.access_key[34] == "6"
    assert [field.text for field in made[0][0]][-2:] == [
        "2026-11-20T10:21:00-03:00",
        "SEFAZ de origem sem resposta",
    ]
    assert recognised(about) is None, "nobody knows any more when and why that was"
