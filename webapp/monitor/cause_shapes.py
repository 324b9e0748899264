"""The shapes of causes of failures in answers."""

from webapp.attempts.models import CauseState
from webapp.http.answers import Moment, OutShape, SignedMoneyText


class FailureOut(OutShape):
    """A cause for which steps fail. `count`: attempts that failed so, `healed`: steps that went on
    by themselves afterwards. `waiting` steps wait for it now, of `sales` orders that come to
    `amount`, the oldest since `oldest_at`."""

    id: int
    cause: str
    queue: str
    step: str
    state: CauseState
    count: int
    healed: int
    waiting: int
    sales: int
    amount: SignedMoneyText
    oldest_at: Moment | None
    first_at: Moment
    last_at: Moment


class RetryOut(OutShape):
    """`total` steps are tried again, as a job."""

    id: int
    total: int
