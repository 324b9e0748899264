"""What was counted becomes lines of a count, each tied to where its product's ledger stood."""

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.audit.tracking import actor
from webapp.catalog.forms import MAX_STOCK
from webapp.catalog.models import Product
from webapp.catalog.queries import products_by_sku
from webapp.counting.forms import BeginIn, CountedIn, CountIn, EntryIn
from webapp.counting.models import Count, CountLine, CountStatus, Scope
from webapp.counting.queries import balances, count_by_id, positions
from webapp.http.formatting import moment_text
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.notices import notices_of

# So many of a line's latest entries are known again.
KNOWN_ENTRIES = 20
LAST = dt.datetime.max.replace(tzinfo=dt.UTC)


def begin_count(wanted: BeginIn, marked: Sequence[int] = ()) -> Count:
    """A count that people enter line by line; `marked`: the products that it is about."""
    by_scope: dict[Scope, list[str | int]] = {
        Scope.CATEGORY: [wanted.category],
        Scope.SUPPLIER: [wanted.supplier],
        Scope.MARKED: list(marked),
    }
    among = by_scope.get(wanted.scope, [])
    if wanted.scope is Scope.MARKED and not among:
        raise Refusal(_("Mark the products that are to be counted."))
    count = Count(
        name=wanted.name or _default_name(),
        scope=wanted.scope,
        among=among,
        includes_reserved=wanted.includes_reserved,
        begun_by=actor(),
    )
    db.session.add(count)
    db.session.flush()
    return count


def _default_name() -> str:
    return _("Count of %(moment)s", moment=moment_text(utc_now()))


# -- many lines at once, from a program ------------------------------------------------------------


def count_once(scope: str, wanted: CountIn) -> Count:
    """The count that this call made or makes, to be taken as it is. Told again, with the moments of
    its numbers, it is the same. Raises Invalid."""
    products = _products_counted(wanted.lines)
    fingerprint = _fingerprint(scope, wanted)
    known = _known(fingerprint)
    if known:
        return known
    count = Count(
        name=wanted.name or _default_name(),
        status=CountStatus.REVIEWED,
        scope=Scope.MARKED,
        includes_reserved=wanted.includes_reserved,
        begun_by=actor(),
        fingerprint=fingerprint,
    )
    db.session.add(count)
    # Of two calls that tell it at once, one fails on this row and, begun anew, finds the other's.
    db.session.flush()
    latest = {}
    for line in sorted(wanted.lines, key=lambda line: line.at or LAST):
        latest[products[line.sku].id] = line
    _lock(latest)
    now = utc_now()
    lines = [
        CountLine(
            count_id=count.id,
            product_id=product_id,
            counted=line.counted,
            at=line.at or now,
            counted_by=actor(),
        )
        for product_id, line in sorted(latest.items())
    ]
    db.session.add_all(lines)
    _tie(count, lines, now)
    return count


def _fingerprint(scope: str, wanted: CountIn) -> str | None:
    """None where a number is told as of now: the same one may be counted twice."""
    if any(line.at is None for line in wanted.lines):
        return None
    said = json.dumps([scope, wanted.model_dump(mode="json")], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _known(fingerprint: str | None) -> Count | None:
    if fingerprint is None:
        return None
    return db.session.scalar(select(Count).where(Count.fingerprint == fingerprint))


def _products_counted(lines: Sequence[CountedIn]) -> dict[str, Product]:
    """By SKU as it is written there. Raises Invalid for one that is not there or keeps no stock."""
    products = products_by_sku(line.sku for line in lines)
    errors = []
    for index, line in enumerate(lines):
        product, field = products.get(line.sku), f"lines.{index}.sku"
        if product is None:
            message = _("There is no product with the SKU %(sku)s.", sku=line.sku)
            errors.append(FieldError(field, message))
        elif product.stock is None:
            errors.append(FieldError(field, _("This kind of product keeps no stock.")))
    if errors:
        raise Invalid(errors)
    return products


# -- one after the other, by people ----------------------------------------------------------------


def new_key() -> str:
    """Of one entry."""
    return secrets.token_hex(16)


def enter(count_id: int, product: Product, wanted: EntryIn) -> CountLine:
    """Counts what was scanned or typed. The same entry told again counts once; others of the same
    product take turns. Raises Refusal."""
    _lock([product.id])
    count = count_by_id(count_id)
    count.refuse_closed()
    if product.stock is None:
        raise Refusal(_("This kind of product keeps no stock."), "code")
    query = select(CountLine).where(
        CountLine.count_id == count.id, CountLine.product_id == product.id
    )
    line = db.session.scalar(query.execution_options(populate_existing=True))
    if line is None:
        line = CountLine(count_id=count.id, product_id=product.id, counted=0, entries=[])
        db.session.add(line)
    elif wanted.key and wanted.key in line.entries:
        return line
    now, more = utc_now(), 1 if wanted.counted is None else wanted.counted
    adds = wanted.adds or wanted.counted is None
    line.counted = line.counted + more if adds else more
    if line.counted > MAX_STOCK:
        raise Refusal(_("At most %(high)s.", high=MAX_STOCK), "counted")
    line.at, line.counted_by = now, actor()
    line.entries = [*line.entries, wanted.key][-KNOWN_ENTRIES:] if wanted.key else line.entries
    _tie(count, [line], now)
    _tell(count)
    return line


def remove_line(count_id: int, product_id: int) -> None:
    """It is as if nobody had counted the product; said twice, it is gone once."""
    _lock([product_id])
    count = count_by_id(count_id)
    if count.status not in (CountStatus.OPEN, CountStatus.REVIEWED):
        count.refuse_closed()
    query = select(CountLine).where(
        CountLine.count_id == count.id, CountLine.product_id == product_id
    )
    line = db.session.scalar(query)
    if line:
        db.session.delete(line)
        _tell(count)


def _tell(count: Count) -> None:
    """To open pages: its own row is left alone, so that those who count do not wait for it."""
    notices_of(db.session()).row_changed("count", count.id, str(count.status))


def _lock(product_ids: Iterable[int]) -> None:
    """So that whatever moves their stock is either in the ledger already or comes after. In one
    order, as everybody locks them."""
    query = select(Product.id).where(Product.id.in_(list(product_ids))).order_by(Product.id)
    db.session.execute(query.with_for_update(key_share=True)).all()


def _tie(count: Count, lines: list[CountLine], now: dt.datetime) -> None:
    """Writes down where each product's ledger stood, and what it said there. The products have been
    locked since `now`."""
    db.session.flush()
    by_id = {line.id: line for line in lines}
    for line_id, position in positions(list(by_id), now).items():
        by_id[line_id].position = position
    db.session.flush()
    for line_id, expected in balances(list(by_id), count.includes_reserved).items():
        by_id[line_id].expected = expected
    db.session.flush()
