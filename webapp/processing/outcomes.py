"""What a try at a row came to, as the row tells it afterwards: written down by
`attempts/recording.py`."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from webapp.attempts.models import AttemptOutcome
from webapp.attempts.reasons import Reason, reason_of_answer, reason_of_error
from webapp.attempts.recording import Tried
from webapp.authority.words import PREFIX, code_and_cause
from webapp.fulfilment.labels.models import Label
from webapp.invoices.models import Invoice, RejectedBy
from webapp.messages.models import Message
from webapp.platform.database import db
from webapp.platform.owed import Owed
from webapp.rules.models import Effect
from webapp.sales.models import Sale

# The states in which work ends that came to nothing.
ENDS_IN_VAIN = frozenset({"attention", "failed", "refused", "rejected"})
# Rows that wait in such a state until a person has done something. What somebody asked for and was
# told of, an import or a test of rules, is over.
WAIT_FOR_A_PERSON = (Sale, Invoice, Effect, Message, Label)
CHECKS = "nfe_check"


def tried(
    row: Owed, owes_still: bool, error: Exception | None = None, code: str | None = None
) -> Tried:
    """`error`: what was raised; with a `code`, nothing failed and the house was not ready."""
    if owes_still:
        return _goes_on(row, error, code)
    ends_in_vain = waits_for_a_person(row) or str(row.status) in ENDS_IN_VAIN
    if error is None and not ends_in_vain:
        return Tried(row.id, sale_of(row), AttemptOutcome.DONE)
    reason = reason_of_error(error, code or "") if error else _answer(row)
    stays, since = waits_for_a_person(row), row.unmet_since
    return Tried(row.id, sale_of(row), AttemptOutcome.GIVEN_UP, False, stays, reason, since)


def _goes_on(row: Owed, error: Exception | None, code: str | None) -> Tried:
    if not row.error:
        if error is None:
            return Tried(row.id, sale_of(row), AttemptOutcome.DONE, goes_on=True)
        # Given up for this moment; the next one is tried again.
        reason = reason_of_error(error, code or "")
        return Tried(row.id, sale_of(row), AttemptOutcome.GIVEN_UP, reason=reason)
    waits = code is not None or row.attempts == 0
    outcome = AttemptOutcome.WAITED if waits else AttemptOutcome.FAILED
    reason = reason_of_error(error, code or "") if error else _waits_for(row, outcome)
    return Tried(row.id, sale_of(row), outcome, True, False, reason, row.unmet_since)


def waits_for_a_person(row: Owed) -> bool:
    return isinstance(row, WAIT_FOR_A_PERSON) and str(row.status) in ENDS_IN_VAIN


def sale_of(row: Any) -> int | None:
    """The order that the work is for; none where it is for many, or for none."""
    if isinstance(row, Sale):
        return row.id
    return row.slip.sale_id if isinstance(row, Label) else getattr(row, "sale_id", None)


def totals_of(sale_ids: Collection[int]) -> dict[int, Decimal]:
    query = select(Sale.id, Sale.total).where(Sale.id.in_(sale_ids))
    return dict(db.session.execute(query).all())


def _waits_for(row: Owed, outcome: AttemptOutcome) -> Reason:
    """Of one that is tried again. Which of several providers failed how is the same away."""
    if row.error.startswith(PREFIX):
        return reason_of_answer(row.error, f"{outcome} {code_and_cause(row.error)[0]}")
    code = row.reason_code if isinstance(row, Sale) else None
    return reason_of_answer(row.error, f"{outcome} {code}" if code else "")


def _answer(row: Any) -> Reason | None:
    """Why it was refused; none where nothing failed and a person is only asked something."""
    if isinstance(row, Sale):
        if row.reason_code != CHECKS:
            return None
        found = (row.reason_params or {}).get("code") or ""
        return reason_of_answer(f"{CHECKS}: {found}")
    if isinstance(row, Invoice):
        by_checks = row.rejected_by is RejectedBy.CHECKS
        code = row.reason if by_checks else row.rejection_code or ""
        return reason_of_answer(f"{code}: {row.comment}", f"{row.rejected_by} {code}")
    said = row.error or getattr(row, "answer", "") or getattr(row, "reason", "")
    code = getattr(row, "code", None) or ""
    return reason_of_answer(f"{code}: {said}" if code else said, code)
