"""A number that another note has (539): one that this shop sent itself, after its database came out
of a backup, gives its protocol; another's is left, and never used again."""

import pytest
from sqlalchemy import select, update

from tests.factories import make_sale, open_shop, work_off
from tests.support.put_back import kept_rows, put_back
from tests.support.scripted_authority import Script, later, the_invoices
from webapp.audit.models import AuditEntry
from webapp.authority.models import SandboxNote
from webapp.fiscal.signature import digest_of
from webapp.invoices.models import ForeignNumber, Invoice
from webapp.platform.database import db as database
from webapp.processing.wait_facts import waits_of_notes
from webapp.sales.models import Sale, Status
from webapp.store.forms import WakeIn
from webapp.store.models import Series
from webapp.store.sleep import put_to_sleep, wake


@pytest.fixture
def script(db, monkeypatch) -> Script:
    open_shop()
    return Script(monkeypatch)


def at_the_authority() -> list[tuple[int, str, str]]:
    query = select(SandboxNote.number, SandboxNote.access_key, SandboxNote.protocol)
    return [(*row,) for row in database.session.execute(query.order_by(SandboxNote.number))]


def here() -> list[tuple[int, str, str]]:
    query = select(Invoice.number, Invoice.access_key, Invoice.protocol)
    return [(*row,) for row in database.session.execute(query.order_by(Invoice.number))]


def work_on() -> None:
    """Until nothing moves any more, as time goes by."""
    for _turn in range(30):
        work_off()
        later()
        if {sale.status for sale in database.session.scalars(select(Sale))} == {Status.INVOICED}:
            return


def files() -> dict[str, bytes]:
    return {each.access_key: each.proc_xml for each in the_invoices()}


@pytest.mark.both_databases
def test_a_database_of_yesterday_takes_the_protocols_of_what_it_sent_since(script):
    for number in range(3):
        make_sale(reference=f"WEB-{number}")
    yesterday = kept_rows()
    work_on()
    sent, before = at_the_authority(), files()
    assert len(sent) == 3 and here() == sent
    put_back(yesterday)
    assert here() == []
    work_on()
    assert at_the_authority() == sent, "no second note for any sale"
    assert here() == sent and files() == before, "each file is there again, byte by byte"
    assert database.session.scalars(select(ForeignNumber)).all() == []
    assert database.session.scalar(select(Series.next_number)) == 4


def test_it_does_so_in_another_order_and_with_new_sales_among_them(app, script):
    """Numbers are taken one at a time until one is free: each note is compared with all that the
    authority has of those before it."""
    ids = [make_sale(reference=f"WEB-{number}").id for number in range(4)]
    yesterday = kept_rows()
    work_on()
    sent, before = at_the_authority(), files()
    put_back(yesterday)
    held, *others = ids
    database.session.execute(update(Sale).where(Sale.id == held).values(due_at=None))
    put_to_sleep(database.session.scalar(select(Sale.created_at)))
    wake(WakeIn(next_number=1))
    database.session.commit()
    newer = make_sale(reference="NEW").id
    work_off()
    waiting = [each for each in the_invoices() if each.error.endswith("turns")]
    with app.test_request_context():
        wait = waits_of_notes([waiting[-1]])[waiting[-1].id]
        assert wait and "um número de cada vez" in wait.sentence
    for _turn in range(12):
        work_off()
        later()
    assert len(at_the_authority()) == 5, "the new sale has the first free number"
    database.session.execute(update(Sale).where(Sale.id == held).values(due_at=Sale.created_at))
    database.session.commit()
    work_on()
    assert at_the_authority()[:4] == sent and len(at_the_authority()) == 5
    again = files()
    assert {key: again[key] for key in before} == before
    numbers = dict(database.session.execute(select(Invoice.sale_id, Invoice.number)).all())
    assert numbers[newer] == 5 and sorted(numbers.values()) == [1, 2, 3, 4, 5]
    assert not database.session.scalar(select(Series.is_unsure))


def test_a_number_of_another_system_is_left_and_told(script):
    make_sale()
    work_on()
    (theirs,) = at_the_authority()
    database.session.execute(update(Series).values(next_number=1))
    database.session.execute(update(Invoice).values(number=900, series=9))
    database.session.commit()
    sale = make_sale(reference="OURS")
    work_on()
    ours = next(each for each in the_invoices() if each.sale_id == sale.id)
    assert (ours.number, sale.status) == (2, Status.INVOICED)
    (foreign,) = database.session.scalars(select(ForeignNumber))
    assert (foreign.series, foreign.number, foreign.access_key) == (1, 1, theirs[1])
    assert (foreign.protocol, foreign.invoice_id) == (theirs[2], ours.id)
    assert foreign.digest == digest_of(the_invoices()[0].signed_xml)
    told = select(AuditEntry.after).where(AuditEntry.action == "number_left")
    assert database.session.scalars(told).one() == {"series": 1, "number": 1}


@pytest.mark.parametrize("code", ["539", "206"])
def test_a_refusal_that_names_no_note_leaves_the_number_too(script, code):
    make_sale()
    script.next = [code]
    work_on()
    (invoice,) = the_invoices()
    assert invoice.number == 2
    foreign = database.session.scalars(select(ForeignNumber)).one()
    assert (foreign.number, foreign.code, foreign.access_key) == (1, code, None)
