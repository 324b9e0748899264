"""The shapes of bulk acts in answers."""

from webapp.http.answers import Moment, OutShape
from webapp.platform.sliced import SliceStatus


class BulkActBegunOut(OutShape):
    id: int


class OrderLeftOut(OutShape):
    sale: int
    reference: str
    reason: str


class BulkActOut(OutShape):
    """Of `total` orders it was `done` to some, `same` were so before, `refused` are in `left`, each
    with why; the first thousand. The others wait their turn."""

    id: int
    act: str
    status: SliceStatus
    total: int
    done: int
    same: int
    refused: int
    left: list[OrderLeftOut]
    created_at: Moment
