"""What is signed is sent, and what the authority answers heals by itself where a machine can heal
it: it is asked again with the same bytes, its key first; goes to the standby service; takes the
protocol that was lost; leaves a number that is another note's."""

import datetime as dt
import random
import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from lxml import etree
from sqlalchemy import ColumnElement, bindparam, delete, exists, select, update
from sqlalchemy.orm import aliased, joinedload, load_only, undefer

from webapp.audit.tracking import record
from webapp.authority.choosing import authority
from webapp.authority.contingency import present_standby
from webapp.authority.models import LONG_REST
from webapp.authority.service_states import STANDS_STILL
from webapp.authority.words import AWAY, PREFIX, WHY_IT_WAITS, code_and_cause
from webapp.fiscal.access_key import NORMAL_EMISSION, number_of, series_of
from webapp.fiscal.authority import Answer, Authority, AuthorityAway, Meaning
from webapp.fiscal.proc import nfe_proc
from webapp.fiscal.recognition import digest_in
from webapp.fiscal.rejections import explain
from webapp.fiscal.signature import digest_of
from webapp.fiscal.standby import route_of
from webapp.invoices.models import EarlierSend, Invoice, InvoiceStatus
from webapp.invoices.queries import being_sent
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.processing.at_the_authority import hurry_notes
from webapp.processing.claims import Step
from webapp.processing.foreign_numbers import remember_foreign
from webapp.processing.note_mail import mail_files
from webapp.processing.note_progress import (
    note_authorized,
    note_cancelled_elsewhere,
    note_rejected,
    note_signed_anew,
)
from webapp.store.models import Series

WAS_AWAY = (AWAY, "108", "109")
# Authorised, with something that the issuer should know.
WITH_ALERT = "120"
FIRST_PAUSE, LONGEST_PAUSE = 5, 300
# 204: this very key is there; 218: it is, and was cancelled. The query tells all of it.
SAYS_IT_HAS_IT = (Meaning.DUPLICATE, Meaning.CANCELLED_ELSEWHERE)
# What a query says that settles what becomes of the note; by any other answer it is not there.
SETTLES = (Meaning.AUTHORIZED, Meaning.CANCELLED_ELSEWHERE, Meaning.WAIT, Meaning.REST)
_OTHER_KEY = re.compile(r"chNFe: *([0-9A-Z]{44})")


class Heard(NamedTuple):
    """What came of asking about one note. `answer` or AuthorityAway; nothing where its key is of a
    service that does not take notes any more, or not yet: it `moves`. `is_unknown`: what was sent,
    now or earlier, may have arrived. `other` is the answer to the key that has the note's
    number."""

    answer: Answer | AuthorityAway | None
    is_unknown: bool = False
    other: Answer | AuthorityAway | None = None

    @property
    def moves(self) -> bool:
        return self.answer is None


class SendBatch(NamedTuple):
    """What the invoices of a batch share. `earlier`: what they were sent as before, by key; `back`:
    the invoices that found again a service that had been away."""

    heard: dict[int, Heard]
    earlier: dict[str, EarlierSend]
    back: list[int]


class SendStep(Step[Invoice, dict[int, Heard], SendBatch]):
    """Sends what is signed. Where the answer to an earlier attempt is not known, the key is queried
    before anything."""

    model = Invoice
    status = InvoiceStatus.SENDING
    external_load = (load_only(Invoice.answer_unknown, Invoice.access_key, Invoice.signed_xml),)
    write_load = (undefer(Invoice.signed_xml), joinedload(Invoice.sale))
    # Longer than an authority that does not answer takes to be told so, for its key and its note.
    lease_seconds = 90
    most_alone = None

    def tries_left(self, row: Invoice) -> int:
        """Never used up: the answer to what was sent must be learned, however long it takes."""
        return 1

    def claim_values(self) -> dict[str, ColumnElement[Any]]:
        """A lease that nobody gave back is a dead worker's: what it sent may have arrived."""
        invoices = Invoice.__table__.c
        return {"answer_unknown": invoices.answer_unknown | invoices.lease.is_not(None)}

    def call_external(self, rows: list[Invoice]) -> dict[int, Heard]:
        with only_reading():
            standby, asked = present_standby(), authority()
            db.session.rollback()
        present = standby.emission if standby else NORMAL_EMISSION
        heard: dict[int, Heard] = {}
        for route, some in groupby(sorted(rows, key=_route), _route):
            heard |= Asking(asked, takes_notes=route == present).ask(list(some))
        return heard

    def load_shared(self, rows: list[Invoice], answers: dict[int, Heard]) -> SendBatch:
        refused = [row.id for row in rows if _meaning(answers[row.id]) is Meaning.OTHER_NOTE]
        if not refused:
            return SendBatch(answers, {}, [])
        query = select(EarlierSend).where(EarlierSend.invoice_id.in_(refused))
        found = db.session.scalars(query.options(undefer(EarlierSend.signed_xml)))
        return SendBatch(answers, {earlier.access_key: earlier for earlier in found}, [])

    def write_row(self, row: Invoice, shared: SendBatch, now: dt.datetime) -> None:
        heard = shared.heard[row.id]
        if heard.moves:
            note_signed_anew(row, now)
            record(db.session, "moves", "invoices", row.id, row.audit_name)
            return
        answer = heard.answer
        if isinstance(answer, AuthorityAway):
            _wait(row, now, _why(answer), heard.is_unknown, answer.retry_at)
            return
        assert answer is not None, "what does not move was asked about"
        if _is_of_other_content(row, answer):
            note_signed_anew(row, now)
            remember_foreign(row, answer.code, answer.access_key, answer, now)
            return
        match answer.meaning:
            case Meaning.AUTHORIZED:
                if code_and_cause(row.error)[0] in WAS_AWAY:
                    shared.back.append(row.id)
                _take(row, answer, now)
            case Meaning.CANCELLED_ELSEWHERE:
                note_cancelled_elsewhere(row, answer)
            case Meaning.OTHER_NOTE:
                _leave_number(row, heard, shared.earlier, now)
            case Meaning.REFUSED:
                assert row.signed_xml is not None, "what is sending is signed"
                issue = explain(answer.code, answer.reason, etree.fromstring(row.signed_xml))
                note_rejected(row, answer.code, answer.reason, issue)
            case Meaning.REST:
                _wait(row, now, answer.code, heard.is_unknown, now + LONG_REST)
            case _:
                _wait(row, now, _why(answer), heard.is_unknown, None)

    def write_batch(self, shared: SendBatch, now: dt.datetime) -> None:
        """What waits for a service that is back need not wait for its next try. And a number that
        was free tells that those after it are: a series of which that was not sure is numbered as
        ever. Not while the answer to one before it is awaited."""
        if shared.back:
            hurry_notes(now)
        fresh = [
            heard.answer.access_key
            for heard in shared.heard.values()
            if isinstance(heard.answer, Answer)
            and heard.answer.is_authorized
            and not heard.is_unknown
        ]
        for series in {series_of(key) for key in fresh}:
            free = max(number_of(key) for key in fresh if series_of(key) == series)
            db.session.connection().execute(NOW_SURE, {"its_number": series, "free": free})


_before = aliased(Invoice)
_awaited = exists().where(
    being_sent(_before),
    _before.series + 0 == Series.number,
    _before.number + 0 < bindparam("free"),
)
# A series of which `free` was a number that nobody had. What is awaited is asked for each series
# that is unsure, which hardly ever is one, and among the few notes on their way: SQLite would look
# through all that have a number.
NOW_SURE = (
    update(Series.__table__)
    .where(Series.number == bindparam("its_number"), Series.is_unsure, ~_awaited)
    .values(is_unsure=False)
)


class Asking:
    """Asks about the notes of one authorizer. `takes_notes`: it is the one that notes go to now; of
    another one only what may have arrived there is asked for."""

    def __init__(self, asked: Authority, takes_notes: bool):
        self._authority, self._takes_notes = asked, takes_notes

    def ask(self, rows: list[Invoice]) -> dict[int, Heard]:
        found = self._query([row for row in rows if row.answer_unknown])
        heard = {
            row_id: Heard(answer, is_unknown=True)
            for row_id, answer in found.items()
            if isinstance(answer, AuthorityAway) or answer.meaning in SETTLES
        }
        rest = [row for row in rows if row.id not in heard]
        if not self._takes_notes:
            return heard | {row.id: Heard(None) for row in rest}
        documents = [row.signed_xml or b"" for row in rest]
        sent = ask_all(rest, lambda: self._authority.authorize(documents))
        heard |= {row_id: Heard(answer, _may_have_it(answer)) for row_id, answer in sent.items()}
        return heard | self._looked_up([row for row in rest if _asks_more(sent[row.id])], sent)

    def _looked_up(
        self, rows: list[Invoice], sent: dict[int, Answer | AuthorityAway]
    ) -> dict[int, Heard]:
        """Of what the authority has under this key, or under this number, all that it knows."""
        there = [row for row in rows if _meaning_of(sent[row.id]) in SAYS_IT_HAS_IT]
        heard = {row_id: Heard(one, True) for row_id, one in self._query(there).items()}
        others = {row.id: key for row in rows if (key := _other_key(sent[row.id]))}
        named = [row for row in rows if row.id in others]
        found = ask_all(named, lambda: self._authority.query(list(others.values())))
        return heard | {row_id: Heard(sent[row_id], False, one) for row_id, one in found.items()}

    def _query(self, rows: list[Invoice]) -> dict[int, Answer | AuthorityAway]:
        """What the authority knows of each invoice's key, by the invoice's id."""
        keys = [row.access_key or "" for row in rows]
        return ask_all(rows, lambda: self._authority.query(keys))


def ask_all(
    rows: Sequence[Any], call: Callable[[], list[Answer]]
) -> dict[int, Answer | AuthorityAway]:
    """What one call on all of them came to, by their ids."""
    if not rows:
        return {}
    try:
        answers = call()
    except AuthorityAway as away:
        return {row.id: away for row in rows}
    return {row.id: answer for row, answer in zip(rows, answers, strict=True)}


def _route(row: Invoice) -> str:
    return route_of(row.access_key or "")


def _meaning_of(answer: Answer | AuthorityAway | None) -> Meaning | None:
    return answer.meaning if isinstance(answer, Answer) else None


def _meaning(heard: Heard) -> Meaning | None:
    return _meaning_of(heard.answer)


def _asks_more(answer: Answer | AuthorityAway) -> bool:
    return _meaning_of(answer) in (*SAYS_IT_HAS_IT, Meaning.OTHER_NOTE)


def _other_key(answer: Answer | AuthorityAway | None) -> str | None:
    """The key that has the note's number, where the authority names it."""
    if not isinstance(answer, Answer) or answer.meaning is not Meaning.OTHER_NOTE:
        return None
    found = _OTHER_KEY.search(answer.reason)
    return found[1] if found else None


def _may_have_it(answer: Answer | AuthorityAway) -> bool:
    """Whether the note may have been taken, though no answer says so."""
    if isinstance(answer, AuthorityAway):
        return answer.was_sent
    return answer.meaning is Meaning.WAIT and answer.code not in STANDS_STILL


def _why(answer: Answer | AuthorityAway) -> str:
    """The code with which it asks for patience, or that there was no answer, and the cause."""
    code = getattr(answer, "code", "")
    if code in WHY_IT_WAITS:
        return code
    return f"{AWAY}: {answer.cause if isinstance(answer, AuthorityAway) else answer.reason}"


def error_of(answer: Answer | AuthorityAway) -> str:
    """As a row keeps it that waits for the authority."""
    return PREFIX + _why(answer)


def pause(tries: int) -> dt.timedelta:
    """5, 10, 20 … at most 300 seconds, with jitter."""
    seconds = min(FIRST_PAUSE * 2 ** min(tries - 1, 10), LONGEST_PAUSE)
    return dt.timedelta(seconds=seconds * random.uniform(0.8, 1.0))


def _wait(
    row: Invoice, now: dt.datetime, why: str, is_unknown: bool, not_before: dt.datetime | None
) -> None:
    at = now + pause(row.tries)
    error, (code, _cause) = PREFIX + why, code_and_cause(why)
    if code_and_cause(row.error)[0] != code:
        record(db.session, "waits", "invoices", row.id, row.audit_name, code=code)
    row.await_answer(max(at, not_before) if not_before else at, error, is_unknown)


def _is_of_other_content(row: Invoice, answer: Answer) -> bool:
    """Whether the authority has another note under this very key: its protocol is not ours to
    take."""
    assert row.signed_xml is not None, "what is sending is signed"
    return answer.protnfe is not None and digest_in(answer.protnfe) != digest_of(row.signed_xml)


def _take(row: Invoice, answer: Answer, now: dt.datetime) -> None:
    assert answer.protocol and answer.received_at and answer.protnfe
    assert row.signed_xml is not None, "what is sending is signed"
    proc_xml = nfe_proc(row.signed_xml, answer.protnfe)
    note_authorized(row, answer.protocol, answer.received_at, proc_xml)
    if answer.code == WITH_ALERT:
        row.comment = answer.reason[:500]
    if row.sale.customer_email and not row.is_return:
        mail_files(row, now)


def _leave_number(
    row: Invoice, heard: Heard, earlier: dict[str, EarlierSend], now: dt.datetime
) -> None:
    """The number is another note's: one that this very invoice was sent as, or one that the shop
    does not know. The next signing looks whether that is what it would send."""
    key = _other_key(heard.answer)
    if isinstance(heard.other, AuthorityAway):
        _wait(row, now, "539", False, heard.other.retry_at)
        return
    note_signed_anew(row, now)
    if key and key in earlier:
        sent = earlier[key]
        assert row.series is not None and row.number is not None
        row.take_over(row.series, row.number, sent.access_key, sent.signed_xml, sent.issued_at)
        row.owe(now)
        db.session.execute(delete(EarlierSend).where(EarlierSend.id == sent.id))
        db.session.expunge(sent)
        return
    assert isinstance(heard.answer, Answer)
    remember_foreign(row, heard.answer.code, key, heard.other, now)
