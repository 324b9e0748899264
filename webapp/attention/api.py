"""The attention queue under /api/v1."""

from flask import g
from flask_babel import lazy_gettext as _l

from webapp.attention import queries
from webapp.attention.forms import AttentionQuery
from webapp.attention.items import QueueItem
from webapp.attention.kinds import kinds_open_to
from webapp.attention.shapes import AttentionItemOut
from webapp.http.answers import list_of
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("attention")


@endpoint(
    bp,
    "GET",
    "/attention",
    "clerk",
    "accountant",
    query=AttentionQuery,
    answer=list_of(AttentionItemOut),
    summary=_l(
        "All that waits for a person, the longest waiting first or (`sort=amount`) the most money."
    ),
)
def list_attention(asked: AttentionQuery) -> dict[str, object]:
    kinds = [kind for kind in kinds_open_to(g.identity.role) if asked.kind in (None, kind.name)]
    page = queries.queue(kinds, asked.sort, asked.cursor, asked.limit)
    return {"items": [_item(item) for item in page.items], "next_cursor": page.next_cursor}


def _item(item: QueueItem) -> dict[str, object]:
    wait = item.wait
    return {
        "kind": item.kind,
        "id": item.id,
        "sale": item.sale_or_none and item.sale_or_none.id,
        "reason": item.reason,
        "field": (item.issue and item.issue.field) or None,
        "since": item.since.isoformat(),
        "waits_for": wait.waits_for,
        "next_at": wait.next_at and wait.next_at.isoformat(),
        "amount": str(item.amount),
    }
