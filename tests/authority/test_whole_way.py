"""From an order to an authorised NF-e at the real protocol's other end, and back to health when the
answer is lost."""

import contextvars
import dataclasses
import datetime as dt
import functools
from copy import deepcopy

import pytest
from lxml import etree
from sqlalchemy import delete, update

from tests.factories import make_sale, open_shop, work_off
from tests.support.authority_server import company
from tests.support.sale_reversals import manager
from tests.support.scripted_authority import later, the_invoices
from webapp import create_app, migrations
from webapp.authority import choosing
from webapp.authority.connections import Connections
from webapp.authority.models import AuthorityService
from webapp.authority.sefaz import Breakers, Sefaz
from webapp.authority.trust import roots, trust
from webapp.fiscal.signature import verify
from webapp.invoices.models import ForeignNumber, Invoice, InvoiceEvent, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.sales.models import Sale
from webapp.store.forms import WakeIn
from webapp.store.models import Series
from webapp.store.queries import the_shop
from webapp.store.sleep import wake


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


def test_what_follows_a_note_goes_the_same_way(client, db, shop, server):
    """Corrected, cancelled, and the numbers that were left over voided."""
    calls = manager(client)
    make_sale()
    work_off()
    note = the_invoice(db)
    corrected = calls.post(
        f"/invoices/{note.id}/corrections", {"text": "Volumes: onde se lê 1, leia-se 2"}
    )
    assert corrected.status_code == 202
    work_off()
    cancelled = calls.post(
        f"/invoices/{note.id}/cancellation", {"reason": "O comprador desistiu da compra"}
    )
    assert cancelled.status_code == 202
    db.session.execute(update(Series).values(next_number=9))
    db.session.commit()
    voided = calls.post(
        f"/series/{note.series}/voidings",
        {"first": 2, "last": 8, "reason": "Numeros saltados ao trocar de sistema"},
    )
    assert voided.status_code == 202, voided.text
    work_off()
    ledger = server.sefaz.ledger
    assert [one.kind for one in ledger.events_of(note.access_key)] == ["110110", "110111"]
    assert the_invoice(db).status is InvoiceStatus.CANCELLED
    (range_,) = ledger.voidings_of(note.access_key[6:20], note.series, 1, 10)
    assert (range_.first, range_.last) == (2, 8)
    files = [
        invoice_event.proc_xml for invoice_event in db.session.scalars(db.select(InvoiceEvent))
    ]
    assert [verify(deepcopy(etree.fromstring(file)[0])) for file in files]


def test_a_protocol_of_other_content_is_not_taken_and_the_next_number_is(db, shop, server):
    """As after a database came back that had lost a note: the key is there, what it stands for is
    not what was sent."""
    make_sale()
    server.sefaz.bad = "dropped"
    work_off()
    server.sefaz.bad = ""
    key = the_invoice(db).access_key
    kept = server.sefaz.ledger._keys[key]
    other = kept.protnfe.replace(kept.digest.encode(), b"QW5vdGhlckRpZ2VzdDAwMDA=")
    server.sefaz.ledger._keys[key] = dataclasses.replace(kept, protnfe=other)
    for _turn in range(2):
        db.session.execute(delete(AuthorityService))
        db.session.execute(update(Invoice).values(due_at=utc_now() - dt.timedelta(seconds=1)))
        db.session.commit()
        work_off()
        db.session.rollback()
    invoice = the_invoice(db)
    assert (invoice.status, invoice.number) == (InvoiceStatus.AUTHORIZED, 2)
    assert invoice.access_key != key
    (foreign,) = db.session.scalars(db.select(ForeignNumber))
    assert (foreign.number, foreign.access_key) == (1, key)


@pytest.mark.operations
def test_a_shop_brought_back_from_a_backup_takes_what_it_sent_since(
    app, db, shop, server, tmp_path
):
    """`flask backup`, two more notes, `flask restore`: their numbers are others' (539) until SEFAZ
    has told that they are the shop's own."""
    settings = dataclasses.replace(app.extensions["settings"], data_dir=tmp_path)
    app.extensions["settings"] = settings
    made = [make_sale(reference=f"WEB-{number}").id for number in range(3)]
    db.session.execute(update(Sale).where(Sale.id != made[0]).values(due_at=None))
    db.session.commit()
    work_off()
    db.session.execute(update(Sale).where(Sale.id != made[0]).values(due_at=Sale.created_at))
    db.session.commit()
    command(app, "backup", tmp_path / "shop.tar")
    work_off()
    sent = files()
    assert len(sent) == 3
    before = len(server.sefaz.seen)
    db.session.rollback()

    (folder := tmp_path / "elsewhere").mkdir()
    url = f"sqlite:///{folder / 'balcao.sqlite3'}"
    back = create_app(dataclasses.replace(settings, database_url=url, data_dir=folder))
    command(migrations.bind(back), "restore", tmp_path / "shop.tar")
    with back.app_context():
        wake(WakeIn(next_number=2))
        db.session.commit()
        for _turn in range(12):
            work_off()
            later()
        assert files() == sent
        assert db.session.scalar(db.select(Series.next_number)) == 4
        db.session.rollback()
        db.engine.dispose()
    assert "authorization" in [service for service, _message in server.sefaz.seen[before:]]
    assert len(server.sefaz.ledger._keys) == 3, "no second note for any sale"


def files() -> dict[str, tuple[int, bytes]]:
    return {each.access_key: (each.sale_id, each.proc_xml) for each in the_invoices()}


def command(app, *words) -> None:
    """In a context of its own, as in a process of its own."""
    typed = [str(word) for word in words]
    done = contextvars.Context().run(app.test_cli_runner().invoke, args=typed)
    assert done.exit_code == 0, done.output
