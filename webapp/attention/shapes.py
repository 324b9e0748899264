"""The shape of what waits for a person, in answers and in what is asked."""

from webapp.attention.kinds import KindName
from webapp.http.answers import Moment, OutShape, SignedMoneyText
from webapp.processing.waiting import WaitsFor


class AttentionItemOut(OutShape):
    """`kind` and `id` name it; `sale` is the id of its order, of several the oldest, and null
    of money without one; `field`: the one to mend."""

    kind: KindName
    id: int
    sale: int | None
    reason: str
    field: str | None
    since: Moment
    waits_for: WaitsFor
    next_at: Moment | None
    amount: SignedMoneyText
