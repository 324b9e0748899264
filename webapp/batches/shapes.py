"""The shapes of batches in answers."""

from webapp.batches.models import BatchStatus
from webapp.http.answers import Moment, OutShape


class BatchBegunOut(OutShape):
    id: int


class LeftOut(OutShape):
    sku: str
    reason: str


class BatchOut(OutShape):
    """`changed` products were; `same` are so already. `left`: those that were refused, or that
    somebody else changed, of an undone batch those that it did not take back; the first ten
    thousand. `undone` went back."""

    id: int
    name: str
    status: BatchStatus
    total: int
    changed: int
    same: int
    undone: int
    left: list[LeftOut]
    created_at: Moment
