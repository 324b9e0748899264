"""The NF-e's way until it is sent (`send_step`): built and checked without number or signature;
numbered and signed, at once or once a person has released it."""

import datetime as dt
from typing import NamedTuple

from lxml import etree
from sqlalchemy.orm import joinedload, selectinload

from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import build, draft_of, is_of_day
from webapp.fiscal.note import Note
from webapp.invoices.composition import Composed, composed, note_of
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import pending_invoices_of, review_policy
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.issues import ERROR, Issue, issue_from_json
from webapp.platform.transactions import only_reading
from webapp.processing.claims import Step
from webapp.processing.effects.review import Approval, Hold
from webapp.processing.note_progress import (
    note_approved,
    note_failed,
    note_given_up,
    note_held,
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
        invoices = pending_invoices_of(ids)
        desk = SigningDesk(list(invoices.values()))
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
        return SignBatch(the_shop(), SigningDesk(rows))

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
