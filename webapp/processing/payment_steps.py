"""What providers are asked: of a payment that a notice named, and of what never came."""

import datetime as dt

from sqlalchemy import select

from webapp.payments.access import access_of
from webapp.payments.models import (
    Charge,
    ChargeStatus,
    NoticeStatus,
    PaymentNotice,
    PaymentProvider,
)
from webapp.payments.providers import (
    Access,
    Conversation,
    ProviderAnswer,
    ProviderAway,
)
from webapp.payments.receiving import take_payment
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.processing.claims import Step
from webapp.sales.models import Sale, Status

# Until when a provider that is away is asked again.
PAUSE = dt.timedelta(minutes=1)
NOT_SET = "provider_not_set"
Answers = dict[int, ProviderAnswer | ProviderAway | None]


def _accesses() -> dict[PaymentProvider, Access | None]:
    with only_reading():
        found = {provider: access_of(provider) for provider in PaymentProvider}
        db.session.rollback()
    return found


class NoticeStep(Step[PaymentNotice, Answers, Answers]):
    """What Mercado Pago's notice is about is asked of it: a notice tells no sum."""

    model = PaymentNotice
    status = NoticeStatus.PENDING
    batch = 10
    lease_seconds = 150
    most_alone = None

    def tries_left(self, row: PaymentNotice) -> int:
        """Never used up: an answer is a matter of time."""
        return 1

    def call_external(self, rows: list[PaymentNotice]) -> Answers:
        access = _accesses()[PaymentProvider.MERCADO_PAGO]
        return _asked(access, {row.id: row.payment_id for row in rows}, "payment")

    def write_row(self, row: PaymentNotice, shared: Answers, now: dt.datetime) -> None:
        answer = shared[row.id]
        if answer is None:
            row.try_later(now + dt.timedelta(hours=1), NOT_SET)
        elif isinstance(answer, ProviderAway):
            row.try_later(now + PAUSE, str(answer))
        elif not answer.payments:
            row.came_to(NoticeStatus.NOTHING, None)
        else:
            row.came_to(*take_payment(answer.payments[0], row))


class ChargeStep(Step[Charge, Answers, Answers]):
    """What no notice told of is asked for."""

    model = Charge
    status = ChargeStatus.OPEN
    batch = 10
    lease_seconds = 300
    most_alone = None

    def tries_left(self, row: Charge) -> int:
        """Never used up: it ends by its age."""
        return 1

    def call_external(self, rows: list[Charge]) -> Answers:
        answers: Answers = {}
        for provider, access in _accesses().items():
            mine = {row.id: row.key for row in rows if row.provider is provider}
            answers |= _asked(access, mine, "charge")
        return answers

    def lock_before(self, ids) -> None:
        """Orders are locked before what hangs off them."""
        mine = select(Charge.sale_id).where(Charge.id.in_(ids))
        query = select(Sale.id).where(Sale.id.in_(mine)).order_by(Sale.id)
        db.session.execute(query.with_for_update()).all()

    def write_row(self, row: Charge, shared: Answers, now: dt.datetime) -> None:
        answer = shared[row.id]
        sale = db.session.get_one(Sale, row.sale_id)
        if isinstance(answer, ProviderAnswer) and answer.payments:
            for payment in answer.payments:
                take_payment(payment)
            row.paid()
        elif sale.paid_at is not None or sale.status is Status.CANCELLED:
            row.end()
        elif answer is None:
            row.try_later(now + dt.timedelta(hours=1), NOT_SET)
        elif isinstance(answer, ProviderAway):
            row.try_later(now + PAUSE, str(answer))
        elif answer.is_over:
            row.end()
        else:
            row.look_again(now)


def _asked(access: Access | None, keys: dict[int, str], what: str) -> Answers:
    """What the provider says of each. Once it is away, it is not asked for the others too."""
    if access is None:
        return dict.fromkeys(keys)
    answers: Answers = {}
    away: ProviderAway | None = None
    asking = Conversation(access)
    try:
        for row_id, key in keys.items():
            try:
                answers[row_id] = away or getattr(asking, what)(key)
            except ProviderAway as error:
                answers[row_id] = away = error
    finally:
        asking.close()
    return answers
