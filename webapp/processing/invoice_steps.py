"""The NF-e's way: built and checked without number or signature; numbered and signed, at once or
once a person has released it; sent and answered."""

import datetime as dt
from typing import Any, NamedTuple

from lxml import etree
from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload, load_only, selectinload, undefer

from webapp.authority.choosing import authority
from webapp.fiscal.authority import Answer
from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import build, draft_of, is_of_day
from webapp.fiscal.note import Note
from webapp.fiscal.proc import nfe_proc
from webapp.fiscal.rejections import explain
from webapp.invoices.composition import Composed, composed, note_of
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import pending_invoices_of, review_policy
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.issues import ERROR, Issue, issue_from_json
from webapp.platform.transactions import only_reading
from webapp.processing.claims import Step
from webapp.processing.effects.review import Approval, Hold
from webapp.processing.note_mail import mail_files
from webapp.processing.note_progress import (
    note_approved,
    note_authorized,
    note_failed,
    note_given_up,
    note_held,
    note_rejected,
)
from webapp.processing.signing import SigningDesk, issue_time
from webapp.rules.models import Effect
from webapp.rules.queries import effects_of
from webapp.sales.models import Sale, Status
from webapp.store.models import Shop
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book


class Built(NamedTuple):
    """What building and checking came to; by the version a sale that changed meanwhile is told."""

    version: int
    # Of the tax book.
    book: str
    note: Note
    draft: etree._Element
    issues: list[Issue]


class BuildBatch(NamedTuple):
    """What the sales of a batch share: drafts and invoices and effects by the sale's id."""

    built: dict[int, Built]
    policy: str
    invoices: dict[int, Invoice]
    effects: dict[int, list[Effect]]
    desk: SigningDesk


class BuildStep(Step[Sale, dict[int, Built], BuildBatch]):
    """Builds the draft, checks it, and signs it, holds it for a person or stops the sale.

    Building and checking take the most time and touch no row, so they are done before the
    transaction. What was checked is what is signed, on the day for which it was checked: over
    midnight it is built anew.
    """

    model = Sale
    status = Status.INVOICE
    is_stage = True
    external_load = (selectinload(Sale.lines),)

    def call_external(self, rows: list[Sale]) -> dict[int, Built]:
        with only_reading():
            shop, book = the_shop(), the_tax_book()
            built = {}
            for sale in rows:
                note = note_of(sale, shop)
                draft = build(note, book, draft_of(issue_time(utc_now())))
                issues = run_checks(note, draft, book).issues
                built[sale.id] = Built(sale.version, shop.tax_book_version, note, draft, issues)
            db.session.rollback()
        return built

    def load_shared(self, rows: list[Sale], answers: dict[int, Built]) -> BuildBatch:
        ids = [sale.id for sale in rows]
        effects = effects_of(ids, (Hold.key, Approval.key))
        invoices, desk = pending_invoices_of(ids), SigningDesk([sale.channel for sale in rows])
        return BuildBatch(answers, review_policy(), invoices, effects, desk)

    def write_row(self, row: Sale, shared: BuildBatch, now: dt.datetime) -> None:
        built = shared.built[row.id]
        of_today = is_of_day(built.draft, built.note, issue_time(now))
        if built.version != row.version or not of_today:
            row.owe(now)
            return
        invoice = shared.invoices[row.id]
        invoice.findings = [issue.to_json() for issue in built.issues]
        invoice.total = built.note.total
        errors = [issue for issue in built.issues if issue.level == ERROR]
        if errors:
            note_failed(invoice, errors[0], built.book, built.draft)
            return
        held_by = _held_by(shared.effects.get(row.id, []), shared.policy)
        if held_by:
            note_held(invoice, held_by)
        else:
            note_approved(invoice, now)
            shared.desk.sign(invoice, Composed(built.note), built.draft, now)

    def give_up(self, row: Sale, error: str) -> None:
        note_given_up(pending_invoices_of([row.id])[row.id], error)


def _held_by(effects: list[Effect], policy: str) -> list[dict]:
    holds = [
        {"rule": effect.rule, "reason": effect.params.get("reason") or ""}
        for effect in effects
        if effect.kind == Hold.key
    ]
    if holds:
        return holds
    approved = any(effect.kind == Approval.key for effect in effects)
    return [{"rule": "", "reason": "policy"}] if policy == "all" and not approved else []


# An NF-e with all that its note is made of.
WHOLE = (
    joinedload(Invoice.sale).selectinload(Sale.lines),
    joinedload(Invoice.origin).undefer(Invoice.proc_xml),
)


class SignBatch(NamedTuple):
    """What the invoices of a batch share."""

    shop: Shop
    desk: SigningDesk


class SignStep(Step[Invoice, None, SignBatch]):
    """What a person released, days ago perhaps, is built and checked as of now, and signed."""

    model = Invoice
    status = InvoiceStatus.APPROVED
    is_stage = True
    write_load = WHOLE

    def load_shared(self, rows: list[Invoice], answers: None) -> SignBatch:
        return SignBatch(the_shop(), SigningDesk([row.sale.channel for row in rows]))

    def write_row(self, row: Invoice, shared: SignBatch, now: dt.datetime) -> None:
        made, book = composed(row, shared.shop), shared.desk.book
        draft = made.draft(book, issue_time(now))
        issues = run_checks(made.note, draft, book, now).issues
        row.findings = [issue.to_json() for issue in issues]
        errors = [finding for finding in row.findings if finding["level"] == ERROR]
        if errors:
            note_failed(row, issue_from_json(errors[0]), shared.shop.tax_book_version, draft)
        else:
            shared.desk.sign(row, made, draft, now)

    def give_up(self, row: Invoice, error: str) -> None:
        note_given_up(row, error)


class SendStep(Step[Invoice, dict[int, Answer], dict[int, Answer]]):
    """Sends what is signed. Where the answer to an earlier attempt is not known, the key is queried
    before anything."""

    model = Invoice
    status = InvoiceStatus.SENDING
    external_load = (load_only(Invoice.answer_unknown, Invoice.access_key, Invoice.signed_xml),)
    write_load = (undefer(Invoice.signed_xml), joinedload(Invoice.sale))
    lease_seconds = 20
    most_alone = None

    def tries_left(self, row: Invoice) -> int:
        """Never used up: the answer to what was sent must be learned, however long it takes."""
        return 1

    def claim_values(self) -> dict[str, ColumnElement[Any]]:
        """A lease that nobody gave back is a dead worker's: what it sent may have arrived."""
        invoices = Invoice.__table__.c
        return {"answer_unknown": invoices.answer_unknown | invoices.lease.is_not(None)}

    def call_external(self, rows: list[Invoice]) -> dict[int, Answer]:
        unsure = [invoice for invoice in rows if invoice.answer_unknown]
        answers = {row_id: known for row_id, known in _query(unsure).items() if known.is_authorized}
        fresh = [invoice for invoice in rows if invoice.id not in answers]
        sent = authority().authorize([invoice.signed_xml or b"" for invoice in fresh])
        for invoice, answer in zip(fresh, sent, strict=True):
            answers[invoice.id] = answer
        doubled = [invoice for invoice in rows if answers[invoice.id].is_duplicate]
        return answers | _query(doubled)

    def write_row(self, row: Invoice, shared: dict[int, Answer], now: dt.datetime) -> None:
        answer = shared[row.id]
        signed = row.signed_xml
        assert signed is not None, "what is sending is signed"
        if answer.is_authorized:
            assert answer.protocol and answer.received_at and answer.protnfe
            proc_xml = nfe_proc(signed, answer.protnfe)
            note_authorized(row, answer.protocol, answer.received_at, proc_xml)
            if row.sale.customer_email and not row.is_return:
                mail_files(row, now)
            return
        issue = explain(answer.code, answer.reason, etree.fromstring(signed))
        note_rejected(row, answer.code, answer.reason, issue)


def _query(invoices: list[Invoice]) -> dict[int, Answer]:
    """What the authority knows of each invoice's key, by the invoice's id."""
    if not invoices:
        return {}
    answers = authority().query([invoice.access_key or "" for invoice in invoices])
    return {invoice.id: answer for invoice, answer in zip(invoices, answers, strict=True)}
