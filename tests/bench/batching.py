"""Ten thousand products repriced as one batch, half of them changed since, and undone."""

import resource
import time
from decimal import Decimal

from sqlalchemy import select, update

from tests.bench.figures import tell
from tests.bench.importing import in_both_shops, work_through
from webapp.batches.asking import Asker, begin_batch, undo_batch
from webapp.batches.forms import ChangeIn
from webapp.batches.models import ProductBatch
from webapp.batches.queries import batch_by_id
from webapp.catalog.models import Kind, Product
from webapp.platform.database import db
from webapp.processing.batch_steps import ApplyBatchStep, PreviewBatchStep, UndoBatchStep
from webapp.store.price_rights import UNBOUND

PRODUCTS = 10_000
ASKER = Asker("bench", UNBOUND)


def measure() -> None:
    in_both_shops(_reprice)


def _reprice() -> None:
    _add_products()
    began, begun_at, before = time.process_time(), time.monotonic(), _most_memory()
    wanted = ChangeIn(price_percent="7.00", price_ending="90")
    begun = begin_batch(select(Product), wanted, ASKER, applies_itself=True)
    db.session.commit()
    asking = time.process_time() - began
    looking, applying = work_through(PreviewBatchStep()), work_through(ApplyBatchStep())
    assert _batch(begun.id).changed == PRODUCTS
    db.session.execute(update(Product).where(Product.id % 2 == 0).values(price=Decimal(1)))
    undo_batch(batch_by_id(begun.id, lock=True), ASKER)
    db.session.commit()
    undoing, memory = work_through(UndoBatchStep()), _most_memory() - before
    seconds = time.monotonic() - begun_at
    assert (_batch(begun.id).undone, _batch(begun.id).kept) == (PRODUCTS / 2, PRODUCTS / 2)
    tell(
        f"{PRODUCTS:,} products repriced as one batch",
        f"{asking + looking + applying:.1f} s of processor time (at most 10): {asking:.1f} chosen, "
        f"{looking:.1f} looked over, {applying:.1f} changed; undone in {undoing:.1f}, half of them "
        f"changed since; {seconds:.0f} s in all; {memory:.0f} MB more memory",
    )


def _add_products() -> None:
    rows = [
        {
            "sku": f"B-{number}",
            "name": f"Product {number}",
            "kind": Kind.PHYSICAL,
            "price": Decimal(10 + number % 90),
            "stock": 5,
            "on_nfe": True,
        }
        for number in range(1, PRODUCTS + 1)
    ]
    db.session.execute(Product.__table__.insert(), rows)
    db.session.commit()


def _batch(batch_id: int) -> ProductBatch:
    db.session.expire_all()
    return batch_by_id(batch_id)


def _most_memory() -> float:
    """Of this process until now, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
