"""The shape of what is asked of the queue."""

from webapp.attention.kinds import KindName
from webapp.attention.queries import QueueOrder
from webapp.http.filters import ListQuery


class AttentionQuery(ListQuery):
    kind: KindName | None = None
    sort: QueueOrder = QueueOrder.AGE
