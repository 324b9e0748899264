"""Batches as calls."""

from flask import g
from flask_babel import lazy_gettext as _l

from webapp.audit.history import learn_names
from webapp.batches.asking import Asker, begin_batch, undo_batch, with_ids
from webapp.batches.forms import BatchIn
from webapp.batches.models import ProductBatch
from webapp.batches.queries import batch_by_id, rows_left_alone
from webapp.batches.shapes import BatchBegunOut, BatchOut
from webapp.batches.words import reason_words
from webapp.catalog.queries import products
from webapp.store.price_rights import price_rights_of
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("batches")
NO_BATCH = {404: _l("There is no such batch.")}


def _asker() -> Asker:
    return Asker(g.identity.actor, price_rights_of(g.identity))


@endpoint(
    bp,
    "POST",
    "/batches",
    "clerk",
    body=BatchIn,
    answer=BatchBegunOut,
    status=202,
    refusals={409: _l("No product fits.")},
    summary=_l("Changes many products as one batch, which can be undone."),
)
def ask(wanted: BatchIn) -> dict[str, object]:
    chosen = products(wanted.filter) if wanted.filter else with_ids(wanted.ids or [])
    batch = begin_batch(chosen, wanted.change, _asker(), wanted.name, applies_itself=True)
    return {"id": batch.id}


def batch_json(batch: ProductBatch) -> dict[str, object]:
    names = ("id", "name", "status", "total", "changed", "same", "undone")
    rows = rows_left_alone(batch.id)
    learn_names([row.left_by for row in rows])
    left = [{"sku": row.sku, "reason": reason_words(row)} for row in rows]
    return {name: getattr(batch, name) for name in names} | {
        "left": left,
        "created_at": batch.created_at.isoformat(),
    }


@endpoint(
    bp,
    "GET",
    "/batches/<id:batch_id>",
    "clerk",
    answer=BatchOut,
    refusals=NO_BATCH,
    summary=_l("How far a batch is, and which products it left as they are."),
)
def show(batch_id: int) -> dict[str, object]:
    return batch_json(batch_by_id(batch_id))


@endpoint(
    bp,
    "POST",
    "/batches/<id:batch_id>/undo",
    "clerk",
    answer=BatchOut,
    status=202,
    refusals=NO_BATCH | {409: _l("It is at work, or has changed nothing.")},
    summary=_l("Gives each product back what it had; said twice, it is undone once."),
)
def undo(batch_id: int) -> dict[str, object]:
    batch = batch_by_id(batch_id, lock=True)
    undo_batch(batch, _asker())
    return batch_json(batch)
