"""The NF-e's way: built and checked without number or signature; numbered and signed; sent and
answered."""

import datetime as dt

from lxml import etree
from sqlalchemy import select, text
from sqlalchemy.orm import joinedload, load_only, selectinload, undefer

from webapp.fiscal.access_key import random_code
from webapp.fiscal.authority import Answer
from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import Numbering, access_key_of, build
from webapp.fiscal.proc import nfe_proc
from webapp.fiscal.rejections import explain
from webapp.invoices.authorities import authority, certificate
from webapp.invoices.composition import kept, note_of
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import pending_invoices_of, review_policy
from webapp.messages.queries import compose
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.processing.claims import Step
from webapp.rules.queries import effects_of
from webapp.sales.models import Sale, Status
from webapp.store.models import Series
from webapp.store.queries import the_shop

# The whole second at which a note says it was issued lies this far back: a clock of ours that is
# slightly ahead of the authority's must not make it a note of the future (rejection 703).
CLOCK_MARGIN = dt.timedelta(seconds=2)


class BuildStep(Step):
    """Builds the draft, checks it, and approves it, holds it for a person or stops the sale.

    Building and checking take the most time and touch no row, so they are done before the
    transaction.
    """

    queue = "invoices"
    model = Sale
    status = Status.INVOICE
    asks = (selectinload(Sale.lines),)

    def outside(self, rows) -> dict[int, tuple]:
        """{sale id: (its version, the note's total, what the checks found)}"""
        with only_reading():
            shop = the_shop()
            found = {}
            for sale in rows:
                note = note_of(sale, shop)
                found[sale.id] = sale.version, note.total, run_checks(note, build(note))
            db.session.rollback()
        return found

    def begin(self, rows, answers):
        ids = [sale.id for sale in rows]
        return (
            answers,
            review_policy(),
            pending_invoices_of(ids),
            effects_of(ids, ("hold", "approve")),
        )

    def apply(self, row: Sale, shared, now: dt.datetime) -> None:
        found, policy, invoices, effects = shared
        version, total, findings = found[row.id]
        if version != row.version:
            row.owe(now)
            return
        invoice = invoices[row.id]
        invoice.findings, invoice.total = kept(findings), total
        errors = [finding for finding in findings if not finding.ok and finding.level == "error"]
        if errors:
            invoice.fail_checks()
            row.ask("invoice", "nfe_check", errors[0].field, kept(errors)[0])
            return
        held_by = _held_by(effects.get(row.id, ()), policy)
        if held_by:
            invoice.hold(held_by)
            row.rest_in(Status.REVIEW)
        else:
            invoice.approve(None, now)
            row.settle()

    def give_up(self, row: Sale, error: str) -> None:
        invoice = pending_invoices_of([row.id])[row.id]
        invoice.fail_checks()
        row.ask("invoice", "step_failed", None, {"error": error[:200]})


def _held_by(effects, policy: str) -> list[dict]:
    holds = [
        {"rule": effect.rule, "reason": effect.params.get("reason") or ""}
        for effect in effects
        if effect.kind == "hold"
    ]
    if holds:
        return holds
    approved = any(effect.kind == "approve" for effect in effects)
    return [{"rule": "", "reason": "policy"}] if policy == "all" and not approved else []


class Numbers:
    """The numbers of a series, whose row the caller has locked. Those that discarded notes were
    refused with come first: the authority knows no note of theirs, and a number that is never used
    would be a gap."""

    def __init__(self, series: Series, most: int):
        self.series = series
        # As literal text, or the partial index does not serve.
        spare = select(Invoice).where(
            text("status = 'discarded' AND number IS NOT NULL"), Invoice.series == series.number
        )
        self.spare = list(
            db.session.scalars(spare.order_by(Invoice.number.desc()).limit(most).with_for_update())
        )

    def take(self) -> int:
        """The next one. It is given back with the transaction."""
        if not self.spare:
            return self.series.take()
        left_behind = self.spare.pop()
        number, left_behind.number = left_behind.number, None
        # Before the next note bears it: a number is unique.
        db.session.flush()
        return number


class SignStep(Step):
    """In one transaction: the number, the time of issue, the key, the signature."""

    queue = "invoices"
    model = Invoice
    status = InvoiceStatus.APPROVED
    options = (joinedload(Invoice.sale).selectinload(Sale.lines),)

    def begin(self, rows, answers):
        series = db.session.scalars(
            select(Series).order_by(Series.number).limit(1).with_for_update()
        ).one()
        return the_shop(), Numbers(series, len(rows)), certificate().signer

    def apply(self, row: Invoice, shared, now: dt.datetime) -> None:
        shop, numbers, signer = shared
        number = row.number if row.number is not None else numbers.take()
        issued_at = (now - CLOCK_MARGIN).replace(microsecond=0)
        document = build(
            note_of(row.sale, shop),
            Numbering(numbers.series.number, number, issued_at, random_code(number)),
        )
        key = access_key_of(document)
        row.send(numbers.series.number, number, key, signer.sign(document), issued_at)
        row.owe(now)

    def give_up(self, row: Invoice, error: str) -> None:
        row.fail_checks()
        row.sale.ask("invoice", "step_failed", None, {"error": error[:200]})


class SendStep(Step):
    """Sends what is signed. After a first attempt whose answer is not known, the key is queried
    before anything."""

    queue = "invoices"
    model = Invoice
    status = InvoiceStatus.SENDING
    asks = (load_only(Invoice.attempts, Invoice.access_key, Invoice.signed_xml),)
    options = (undefer(Invoice.signed_xml), joinedload(Invoice.sale))
    lease_seconds = 20

    def outside(self, rows) -> dict[int, Answer]:
        sefaz = authority()
        answers: dict[int, Answer] = {}
        unsure = [invoice for invoice in rows if invoice.attempts > 1]
        for invoice, answer in zip(
            unsure, sefaz.query([i.access_key for i in unsure]), strict=True
        ):
            if answer.is_authorized:
                answers[invoice.id] = answer
        fresh = [invoice for invoice in rows if invoice.id not in answers]
        for invoice, answer in zip(
            fresh, sefaz.authorize([i.signed_xml for i in fresh]), strict=True
        ):
            answers[invoice.id] = answer
        doubled = [invoice for invoice in rows if answers[invoice.id].is_duplicate]
        for invoice, answer in zip(
            doubled, sefaz.query([i.access_key for i in doubled]), strict=True
        ):
            answers[invoice.id] = answer
        return answers

    def apply(self, row: Invoice, shared, now: dt.datetime) -> None:
        answer = shared[row.id]
        if answer.is_authorized:
            row.authorize(
                answer.protocol, answer.received_at, nfe_proc(row.signed_xml, answer.protnfe)
            )
            row.sale.rest_in(Status.INVOICED)
            if row.sale.customer_email:
                params = {"number": row.number, "series": row.series, "access_key": row.access_key}
                compose(row.sale, "invoice_authorized", params, now)
            return
        finding = explain(answer.code, answer.reason, etree.fromstring(row.signed_xml))
        row.refuse(answer.code, answer.reason, finding.same_number)
        row.sale.ask("invoice", "nfe_check", finding.field, kept([finding])[0])

    def give_up(self, row: Invoice, error: str) -> None:
        """Never: the answer of a note that was sent must be learned, however long it takes."""
        row.retry(row.due_at, error)
        row.attempts = 2
