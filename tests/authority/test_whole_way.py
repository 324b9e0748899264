"""From an order to an authorised NF-e at the real protocol's other end, and back to health when the
answer is lost."""

import dataclasses
import datetime as dt
import functools

import pytest
from lxml import etree
from sqlalchemy import delete, update

from tests.factories import make_sale, open_shop, work_off
from tests.support.authority_server import company
from webapp.authority import choosing
from webapp.authority.connections import Connections
from webapp.authority.models import AuthorityService
from webapp.authority.sefaz import Breakers, Sefaz
from webapp.authority.trust import roots, trust
from webapp.fiscal.signature import verify
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.store.queries import the_shop


@pytest.fixture
def shop(app, db, ca, server, monkeypatch):
    """One that SEFAZ answers: the server on loopback."""
    open_shop()
    trust(ca.pem.encode())
    db.session.commit()
    certificate = company(ca, the_shop().cnpj)
    settings = dataclasses.replace(app.extensions["settings"], nfe_authority="sefaz")
    monkeypatch.setitem(app.extensions, "settings", settings)
    monkeypatch.setattr(choosing, "certificate", lambda: certificate)
    there = functools.partial(Sefaz, address=server.address, breakers=Breakers())
    monkeypatch.setattr(choosing, "Sefaz", there)
    monkeypatch.setattr(choosing, "CONNECTIONS", connections := Connections())
    db.session.rollback()
    yield
    connections.client(certificate, roots()).close()


def the_invoice(db) -> Invoice:
    db.session.rollback()
    return db.session.scalars(db.select(Invoice).execution_options(populate_existing=True)).one()


def test_an_order_is_authorised(db, shop, server):
    make_sale()
    work_off()
    invoice = the_invoice(db)
    assert invoice.status is InvoiceStatus.AUTHORIZED
    known = server.sefaz.ledger.find_key(invoice.access_key)
    assert known.protocol == invoice.protocol
    assert known.received_at.replace(microsecond=0) == invoice.authorized_at
    assert verify(etree.fromstring(invoice.signed_xml))


def test_a_lost_answer_is_asked_for_and_the_note_is_one(db, shop, server):
    make_sale()
    server.sefaz.bad = "dropped"
    work_off()
    invoice = the_invoice(db)
    assert (invoice.status, invoice.answer_unknown) == (InvoiceStatus.SENDING, True)
    server.sefaz.bad = ""
    db.session.execute(delete(AuthorityService))
    db.session.execute(update(Invoice).values(due_at=utc_now() - dt.timedelta(seconds=1)))
    db.session.commit()
    work_off()
    assert the_invoice(db).status is InvoiceStatus.AUTHORIZED
    asked = [service for service, _message in server.sefaz.seen]
    assert (asked[0], asked[-1]) == ("authorization", "query")
    assert len(server.sefaz.ledger._keys) == 1
