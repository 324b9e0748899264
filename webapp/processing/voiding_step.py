"""Voidings: signed at their first turn, sent with the same bytes until the authority has
answered."""

import datetime as dt
import re

from sqlalchemy.orm import undefer

from webapp.authority.certificates import certificate
from webapp.authority.choosing import authority
from webapp.fiscal.authority import VOIDED, AuthorityAway, VoidingAnswer
from webapp.fiscal.proc import voiding_proc
from webapp.fiscal.voiding import VoidedRange, build_voiding
from webapp.invoices.models import Voiding, VoidingStatus
from webapp.processing.claims import Step
from webapp.processing.papers import asks_for_patience, sign_or_wait, wait_for_authority
from webapp.store.queries import issuer_day, the_shop

# Where the numbers were voided before: the very range, or one of its numbers.
SAME_RANGE, ONE_OF_THEM = ("256", "563"), "206"
DONE = f"<cStat>{VOIDED}</cStat>".encode()
_PROTOCOL = re.compile(r"nProt: ?([0-9]{15,17})")
# By the voiding's id; of one that could not be asked, or whose answer was lost, why.
Answers = dict[int, VoidingAnswer | AuthorityAway]


class VoidingStep(Step[Voiding, Answers, Answers]):
    model = Voiding
    status = VoidingStatus.PENDING
    external_load = (undefer(Voiding.signed_xml),)
    write_load = (undefer(Voiding.signed_xml),)
    # The authority takes one at a time.
    batch = 5
    lease_seconds = 180
    most_alone = None

    def tries_left(self, row: Voiding) -> int:
        """Never used up: what was sent may be done, and that must be learned."""
        return 1

    def call_external(self, rows: list[Voiding]) -> Answers:
        return {row.id: _asked(row.signed_xml) for row in rows if row.signed_xml}

    def write_row(self, row: Voiding, shared: Answers, now: dt.datetime) -> None:
        if row.signed_xml is None:
            sign_or_wait(row, now, lambda: _sign(row, now))
            return
        answer = shared[row.id]
        if isinstance(answer, AuthorityAway):
            wait_for_authority(row, now, answer)
        elif answer.is_done or _was_done(row, answer):
            _complete(row, answer, now)
        elif asks_for_patience(answer.code):
            wait_for_authority(row, now, answer.code)
        else:
            row.refuse(answer.code, answer.reason)


def _asked(signed: bytes) -> VoidingAnswer | AuthorityAway:
    """One that is away keeps no other from its answer."""
    try:
        return authority().void(signed)
    except AuthorityAway as away:
        return away


def _was_done(row: Voiding, answer: VoidingAnswer) -> bool:
    """The authority voided them before, and its answer was lost."""
    is_one = row.first == row.last and answer.code == ONE_OF_THEM
    return answer.code in SAME_RANGE or is_one


def _complete(row: Voiding, answer: VoidingAnswer, now: dt.datetime) -> None:
    """With the answer to keep, where the authority hands out the one that it gave."""
    assert row.signed_xml is not None, "it was sent"
    known = _PROTOCOL.search(answer.reason)
    protocol = answer.protocol or (known[1] if known else None)
    ret_void = answer.ret_void if answer.ret_void and DONE in answer.ret_void else None
    proc_xml = voiding_proc(row.signed_xml, ret_void) if ret_void else None
    row.complete(answer.code, answer.reason, protocol, answer.received_at or now, proc_xml)


def _sign(row: Voiding, now: dt.datetime) -> None:
    shop = the_shop()
    wanted = VoidedRange(
        shop.nfe_environment,
        shop.state,
        shop.cnpj,
        issuer_day(now).year,
        row.series,
        row.first,
        row.last,
        row.text,
    )
    row.sign(certificate().signer.sign(build_voiding(wanted)))
