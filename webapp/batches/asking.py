"""Asking for a batch, letting it be carried out, and having it undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, insert, literal, select

from webapp.batches.changes import BatchChange
from webapp.batches.forms import ChangeIn
from webapp.batches.models import CHUNK, BatchOutcome, BatchRow, BatchStatus, ProductBatch
from webapp.batches.words import change_words
from webapp.batches.working import preview_chunk
from webapp.catalog.models import Product
from webapp.catalog.product_edits import refuse_unknown_ncm, refuse_unknown_profile
from webapp.catalog.queries import products_by_sku
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.store.price_rights import PriceRights


@dataclass(frozen=True)
class Asker:
    """Who asks for it, or lets it go on, and what they may do to prices."""

    actor: str
    rights: PriceRights


def begin_batch(
    chosen: Select, wanted: ChangeIn, asker: Asker, name: str = "", applies_itself: bool = False
) -> ProductBatch:
    """The products that `chosen` finds now, whatever becomes of them later; a job looks them over.
    Raises Invalid, and Refusal where it finds none."""
    _refuse_unknown(wanted.to_keep)
    batch = ProductBatch(
        name=name or change_words(wanted.to_keep)[:120],
        change=wanted.to_keep,
        field=BatchChange.kept_in(wanted.to_keep).field,
        lowers_prices=asker.rights.lowers_catalog,
        applies_itself=applies_itself,
        asked_by=asker.actor,
        carried_out_by=asker.actor,
    )
    batch.begin(utc_now())
    db.session.add(batch)
    db.session.flush()
    batch.total = _choose(batch, chosen)
    if not batch.total:
        raise Refusal(_("No product fits; there is nothing to change."))
    return batch


def _choose(batch: ProductBatch, chosen: Select) -> int:
    rows = chosen.with_only_columns(
        literal(batch.id),
        Product.id,
        Product.sku,
        literal(str(BatchOutcome.WAITING)),
    ).order_by(Product.id)
    columns = ("batch_id", "product_id", "sku", "outcome")
    db.session.execute(insert(BatchRow).from_select(columns, rows))
    # PostgreSQL does not tell how many an INSERT from a SELECT took.
    count = select(func.count()).select_from(BatchRow).where(BatchRow.batch_id == batch.id)
    return db.session.scalar(count) or 0


def look_over_now(batch: ProductBatch) -> ProductBatch:
    """A few are looked over at once, so that nobody waits for a job; returns the batch as it is
    then."""
    if batch.total >= CHUNK:
        return batch
    batch_id = batch.id
    preview_chunk(batch, utc_now())
    return db.session.get_one(ProductBatch, batch_id)


def _refuse_unknown(change: dict[str, Any]) -> None:
    """Raises Invalid."""
    if "tax_profile" in change:
        refuse_unknown_profile(change["tax_profile"])
    if "ncm" in change:
        refuse_unknown_ncm(change["ncm"])


def apply_batch(batch: ProductBatch, asker: Asker) -> None:
    """Said twice, it is carried out once. Raises Refusal, and Invalid where the profile or the NCM
    is gone by now."""
    if batch.status in (BatchStatus.APPLYING, BatchStatus.DONE):
        return
    if batch.status is BatchStatus.PREVIEWING:
        raise Refusal(_("The products are still being looked over; wait for the end of it."))
    if batch.status is not BatchStatus.READY:
        raise Refusal(_("This batch is over; ask for another one."))
    _refuse_unknown(batch.change)
    batch.apply(asker.actor, asker.rights.lowers_catalog, utc_now())


def undo_batch(batch: ProductBatch, asker: Asker) -> None:
    """Said twice, it is undone once. Raises Refusal."""
    if batch.status in (BatchStatus.UNDOING, BatchStatus.UNDONE):
        return
    if batch.is_under_way:
        raise Refusal(_("It is still at work; wait for the end of it, or stop it."))
    if not batch.can_be_undone:
        raise Refusal(_("It has changed nothing, so there is nothing to undo."))
    batch.undo(asker.actor, asker.rights.lowers_catalog, utc_now())


def with_ids(ids: Sequence[int | str]) -> Select:
    """Products by their ids or their SKUs. Raises Invalid, which names those that are unknown."""
    skus = [each for each in ids if isinstance(each, str)]
    by_sku = products_by_sku(skus)
    numbers = {each for each in ids if isinstance(each, int)}
    known = set(db.session.scalars(select(Product.id).where(Product.id.in_(numbers))))
    unknown = [
        FieldError(f"ids.{place}", _("There is no product “%(id)s”.", id=each))
        for place, each in enumerate(ids)
        if each not in by_sku and each not in known
    ]
    if unknown:
        raise Invalid(unknown)
    found = known | {product.id for product in by_sku.values()}
    return select(Product).where(Product.id.in_(found))
