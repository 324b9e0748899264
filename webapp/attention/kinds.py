"""All that waits for a person, as one table: for each kind the rows that wait, since when, and what
is done about one of them. The page, its counts and the API read it alone."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute

from webapp.attention import mends
from webapp.attention.mends import Mend
from webapp.fulfilment.tasks.models import OPEN_TASKS, Task
from webapp.http.lists import COUNT_LIMIT
from webapp.invoices.models import RETURNS_REJECTED, SENDING, Invoice, InvoiceStatus
from webapp.invoices.queries import WAITS_FOR_PERSON
from webapp.messages.models import FAILED_MESSAGES, Message
from webapp.payments.models import Finding
from webapp.platform.clock import utc_now
from webapp.platform.columns import Hundredths, UtcDateTime
from webapp.rules.models import FAILED_EFFECTS, Effect
from webapp.sales.models import UNPAID, Sale, Status
from webapp.staff.access import roles_from
from webapp.staff.models import Role

# An order that is not paid is nobody's business before.
UNPAID_AFTER = dt.timedelta(days=1)
# As of the moment when it is asked: what the menu counts is written once for the process.
_UNPAID_SINCE = bindparam(
    "unpaid_since", callable_=lambda: utc_now() - UNPAID_AFTER, type_=UtcDateTime, unique=True
)
NO_AMOUNT = cast(null(), Hundredths)


KindName = Literal[
    "address",
    "rules",
    "held",
    "note",
    "review",
    "return_note",
    "certificate",
    "payment",
    "money",
    "task",
    "effect",
    "message",
]


class WaitingKind(NamedTuple):
    """`condition` is written as the indexes have it that hold these rows by `since` and, where they
    are `by_amount`, by `amount`; that is the row's own, else the order's total is told."""

    name: KindName
    label: LazyString
    model: type[Any]
    condition: Callable[[], Any]
    since: InstrumentedAttribute[Any]
    amount: ColumnElement[Any] | InstrumentedAttribute[Any] | None = None
    mends: Sequence[Mend] = ()
    # Every row has an amount, and an index is in its order.
    by_amount: bool = False
    # All its rows are one thing to do.
    is_one: bool = False
    # Who is told of it, of those to whom the queue is open.
    roles: Sequence[str] = ("clerk", "accountant")

    def is_open_to(self, role: Role) -> bool:
        return role in roles_from(*self.roles)

    def ids(self) -> Select[int]:
        """In the order of their index, or SQLite takes one that holds others too."""
        found = select(self.model.id).where(self.condition())
        return found.order_by(self.since, self.model.id)

    def dearest(self, most: int, beyond: Callable[[Any, Any], ColumnElement[bool]]) -> Select[Any]:
        """As `rows`, of those with the most money; of a kind whose rows have no amount of their own
        the oldest thousand."""
        if self.amount is None or not self.by_amount:
            return self.rows(COUNT_LIMIT, lambda _since, _row_id: true())
        found = self._each().where(self.condition(), beyond(self.amount, self.model.id))
        return found.order_by(self.amount.desc(), self.model.id).limit(most)

    def rows(self, most: int, beyond: Callable[[Any, Any], ColumnElement[bool]]) -> Select[Any]:
        """`id`, `sale_id`, `since` and `amount` of the oldest `most` that are `beyond` a place of
        the queue."""
        model = self.model
        found = self._each().where(self.condition()).order_by(self.since, model.id)
        if not self.is_one:
            return found.where(beyond(self.since, model.id)).limit(most)
        all_of_it = found.limit(COUNT_LIMIT).subquery().c
        one = select(
            literal(1).label("id"),
            func.min(all_of_it.sale_id).label("sale_id"),
            func.min(all_of_it.since).label("since"),
            cast(func.sum(all_of_it.amount), Hundredths).label("amount"),
        ).having(func.count() > 0)
        one_row = one.subquery().c
        return select(*one_row).where(beyond(one_row.since, one_row.id))

    def _each(self) -> Select[Any]:
        model = self.model
        sale_id = model.id if model is Sale else model.sale_id
        amount = NO_AMOUNT if self.amount is None else self.amount
        return select(
            model.id.label("id"),
            sale_id.label("sale_id"),
            self.since.label("since"),
            amount.label("amount"),
        )


def _of_step(step: Status) -> Callable[[], ColumnElement[bool]]:
    return lambda: and_(Sale.needs_person, Sale.step == step)


def _unpaid() -> ColumnElement[bool]:
    return and_(UNPAID, Sale.created_at < _UNPAID_SINCE)


def _unsigned() -> ColumnElement[bool]:
    """Released, and the shop cannot sign it."""
    return and_(SENDING, Invoice.status == InvoiceStatus.APPROVED, Invoice.due_at.is_(None))


def _sale(name: KindName, label: LazyString, step: Status, *acts: Mend) -> WaitingKind:
    since, amount = Sale.waits_since, Sale.total
    return WaitingKind(name, label, Sale, _of_step(step), since, amount, acts, by_amount=True)


KINDS: tuple[WaitingKind, ...] = (
    _sale("address", _l("Address"), Status.ADDRESS, mends.ADDRESS, mends.TRY_AGAIN),
    _sale("rules", _l("Approval"), Status.RULES, mends.APPROVE_PRICES, mends.TRY_AGAIN),
    _sale("held", _l("Held by a rule"), Status.REVIEW, mends.RELEASE),
    _sale(
        "note",
        _l("NF-e to correct"),
        Status.INVOICE,
        mends.ADDRESS,
        mends.CUSTOMER,
        mends.PRODUCT,
        mends.TRY_AGAIN,
    ),
    WaitingKind(
        "review",
        _l("NF-e under review"),
        Invoice,
        lambda: and_(Invoice.status == InvoiceStatus.REVIEW, WAITS_FOR_PERSON),
        Invoice.created_at,
        Invoice.total,
        (mends.APPROVE_NOTE, mends.RETURN_NOTE),
        by_amount=True,
    ),
    WaitingKind(
        "return_note",
        _l("Return note to correct"),
        Invoice,
        lambda: RETURNS_REJECTED,
        Invoice.created_at,
        Invoice.total,
        (mends.CHECK_AGAIN,),
    ),
    WaitingKind(
        "certificate",
        _l("Certificate"),
        Invoice,
        _unsigned,
        Invoice.updated_at,
        Invoice.total,
        is_one=True,
    ),
    WaitingKind(
        "payment",
        _l("Not paid"),
        Sale,
        _unpaid,
        Sale.created_at,
        Sale.total,
        (mends.PAY, mends.CANCEL_UNPAID),
        by_amount=True,
    ),
    WaitingKind(
        "money",
        _l("Payment to look into"),
        Finding,
        lambda: Finding.settled_at.is_(None),
        Finding.created_at,
        func.coalesce(Finding.found, Finding.expected, type_=Hundredths()),
        (mends.SETTLE_MONEY, mends.GIVE_MONEY, mends.PUT_ASIDE),
        roles=("manager", "accountant"),
    ),
    WaitingKind(
        "task",
        _l("Task"),
        Task,
        lambda: OPEN_TASKS,
        Task.created_at,
        None,
        (mends.SETTLE,),
    ),
    WaitingKind(
        "effect",
        _l("Failed effect"),
        Effect,
        lambda: FAILED_EFFECTS,
        Effect.created_at,
        Effect.amount,
        (mends.RETRY_EFFECT,),
    ),
    WaitingKind(
        "message",
        _l("E-mail not delivered"),
        Message,
        lambda: FAILED_MESSAGES,
        Message.created_at,
        None,
        (mends.READDRESS,),
    ),
)
BY_NAME: dict[str, WaitingKind] = {kind.name: kind for kind in KINDS}


def kinds_open_to(role: Role) -> list[WaitingKind]:
    return [kind for kind in KINDS if kind.is_open_to(role)]
