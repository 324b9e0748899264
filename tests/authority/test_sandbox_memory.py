"""The sandbox's memory is in the database: what one process registered, another knows."""

import pytest

from tests.factories import make_sale, open_shop, work_off
from tests.support.fiscal_events import cancellation, voiding, year_of
from webapp.authority.certificates import certificate
from webapp.authority.choosing import authority
from webapp.authority.models import SandboxDocument
from webapp.fiscal.authority import Meaning
from webapp.invoices.models import Invoice
from webapp.platform.clock import utc_now
from webapp.store.queries import the_shop

pytestmark = pytest.mark.both_databases


def test_an_event_is_kept_and_known_again(db):
    open_shop()
    make_sale()
    work_off()
    invoice = db.session.scalars(db.select(Invoice)).one()
    key, protocol = invoice.access_key, invoice.protocol
    asked = cancellation(certificate().signer, key, protocol, at=utc_now())
    db.session.rollback()
    assert [answer.code for answer in authority().event([asked])] == ["135"]
    assert authority().event([asked])[0].is_duplicate
    (told,) = authority().query([key])
    assert (told.meaning, len(told.events)) == (Meaning.CANCELLED_ELSEWHERE, 1)


def test_voided_numbers_are_kept_and_known_again(db):
    open_shop()
    cnpj = the_shop().cnpj
    signer = certificate().signer
    db.session.rollback()
    done = authority().void(voiding(signer, cnpj, 7, 9, ano=year_of(utc_now())))
    again = authority().void(voiding(signer, cnpj, 7, 9, ano=year_of(utc_now())))
    assert (done.code, again.code, again.protocol) == ("102", "256", done.protocol)


def test_what_waits_for_a_company_is_given_out_fifty_at_a_time(db):
    mine, other = "11222333000181", "99888777000100"
    rows = [(nsu, mine if nsu % 2 else other) for nsu in range(1, 105)]
    db.session.add_all(
        SandboxDocument(nsu=nsu, cnpj=cnpj, access_key=f"{nsu:044}", schema="s", content=b"<a/>")
        for nsu, cnpj in rows
    )
    db.session.commit()
    first = authority().distribution("SP", mine, 0)
    assert (first.last_nsu, first.highest_nsu, len(first.documents)) == (99, 103, 50)
    second = authority().distribution("SP", mine, 99)
    assert [nsu for nsu, _schema, _xml in second.documents] == [101, 103]
    assert authority().distribution("SP", mine, 103).code == "137"
