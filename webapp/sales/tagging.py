"""Putting tags on sales and taking them off, of one or of many at once."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import delete, insert, select

from webapp.audit.tracking import record
from webapp.platform.database import db
from webapp.platform.notices import tell_pages
from webapp.sales.models import Sale, SaleTag, Tag
from webapp.sales.queries import tag_key, tags_of


def tag(sales: Sequence[Sale], names: Collection[str]) -> None:
    """Each of them has these tags from now on; a name that nobody used yet makes a new one. Those
    that have it keep it: said twice, nothing is done."""
    wanted = _named(names, make=True)
    had = _had(sales)
    rows = []
    for sale in sales:
        new = [each for each in wanted if each.id not in had[sale.id]]
        rows += [{"tag_id": each.id, "id": sale.id} for each in new]
        _tell("tagged", sale, new)
    if rows:
        db.session.execute(insert(SaleTag), rows)


def untag(sales: Sequence[Sale], names: Collection[str]) -> None:
    """None of them has these tags any more."""
    known, had = _named(names), _had(sales)
    for sale in sales:
        _tell("untagged", sale, [each for each in known if each.id in had[sale.id]])
    ids, tag_ids = [sale.id for sale in sales], [each.id for each in known]
    db.session.execute(delete(SaleTag).where(SaleTag.id.in_(ids), SaleTag.tag_id.in_(tag_ids)))


def retag(sale: Sale, names: Collection[str]) -> None:
    """It has these tags and no others."""
    wanted = {tag_key(name) for name in names}
    had = tags_of([sale.id]).get(sale.id, [])
    untag([sale], [each.name for each in had if each.key not in wanted])
    tag([sale], names)


def _named(names: Iterable[str], make: bool = False) -> list[Tag]:
    by_key = {tag_key(name): " ".join(name.split()) for name in names}
    by_key.pop("", None)
    known = {tag.key: tag for tag in db.session.scalars(select(Tag).where(Tag.key.in_(by_key)))}
    if make:
        new = {key: Tag(name=name, key=key) for key, name in by_key.items() if key not in known}
        db.session.add_all(new.values())
        db.session.flush()
        known |= new
    return list(known.values())


def _had(sales: Sequence[Sale]) -> dict[int, set[int]]:
    """The ids of each sale's tags."""
    found = tags_of([sale.id for sale in sales])
    return {sale.id: {each.id for each in found.get(sale.id, ())} for sale in sales}


def _tell(action: str, sale: Sale, tags: Sequence[Tag]) -> None:
    if not tags:
        return
    names = ", ".join(each.name for each in tags)
    record(db.session, action, "sales", sale.id, sale.reference, tags=names)
    tell_pages(db.session, sale)
    # What was read of them is of before.
    db.session.expire(sale, ["tags"])
