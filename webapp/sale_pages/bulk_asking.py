"""A bulk act is begun for marked orders or for all that a list's address finds, by a person or a
program."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask_babel import gettext as _
from sqlalchemy import Select, select

from webapp.bulk.asking import AT_ONCE, begin_for_all, begin_for_each
from webapp.bulk.codes import NamedOrder, named, read_codes
from webapp.bulk.forms import BulkIn
from webapp.bulk.models import MOST_ORDERS, BulkAct
from webapp.fulfilment.labels.choosing import label_provider
from webapp.fulfilment.parcels.queries import packing_slips
from webapp.http.query import MOST_ROWS
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal
from webapp.platform.whole import whole_number
from webapp.processing.bulk_acts import ACTS, MISSING, Act
from webapp.sale_pages.export import SALES
from webapp.sales.models import Sale
from webapp.sales.queries import sales_by_ids
from webapp.store.partners.queries import carriers


def begin_bulk(wanted: BulkIn, actor: str) -> BulkAct:
    """Raises Refusal, Invalid and WrongFilter."""
    act, written = _act_of(wanted.act), dict(parse_qsl(wanted.filter))
    if act.asks == "codes":
        told = _codes(wanted, orders_of_choice(wanted.ids, written, MOST_ORDERS))
        return begin_for_each(told, act.name, {"carrier": wanted.carrier}, actor)
    params = _params(act, wanted)
    if wanted.ids:
        orders = orders_of_choice(wanted.ids, written, MOST_ORDERS)
        return begin_for_each({each.sale_id: "" for each in orders}, act.name, params, actor)
    rows, order = rows_of_choice("", written), _order_of(written)
    return begin_for_all(rows, order, act.name, params, actor)


def _act_of(name: str) -> Act:
    """Raises Invalid."""
    if name not in ACTS:
        raise Invalid([FieldError("act", _("Choose what is to be done."))])
    return ACTS[name]


def rows_of_choice(ids: str, written: Mapping[str, str]) -> Select[Any]:
    """The marked orders, or all that the list's address finds. Raises WrongFilter."""
    return select(Sale).where(Sale.id.in_(_numbers(ids))) if ids else SALES.rows(written)


def _numbers(ids: str) -> list[int]:
    numbers = [whole_number(each, 1) for each in ids.split(",")[:MOST_ROWS]]
    return list(dict.fromkeys(each for each in numbers if each))


def _order_of(written: Mapping[str, str]) -> list[Any]:
    sorting = SALES.sorting(written)
    return [key.desc() if sorting.down else key.asc() for key in sorting.keys]


def orders_of_choice(ids: str, written: Mapping[str, str], most: int) -> list[NamedOrder]:
    """In the order of the list, or as they were marked in it."""
    if ids:
        found = {sale.id: sale for sale in sales_by_ids(_numbers(ids))}
        return [NamedOrder(n, found[n].reference) for n in _numbers(ids) if n in found]
    query = SALES.rows(written).with_only_columns(Sale.id, Sale.reference)
    rows = db.session.execute(query.order_by(*_order_of(written)).limit(most))
    return [NamedOrder(sale_id, reference) for sale_id, reference in rows]


def _params(act: Act, wanted: BulkIn) -> dict[str, str]:
    if act.asks == "carrier":
        return {"carrier": _label_carrier(wanted.label_carrier)}
    if act.asks != "tag":
        return {}
    if not wanted.tag:
        raise Invalid([FieldError("tag", _("Name the tag."))])
    return {"tag": wanted.tag}


def _label_carrier(code: str) -> str:
    """Raises Invalid."""
    if label_provider() is None:
        raise Invalid([FieldError("label_carrier", _("No token of Melhor Envio is set."))])
    if code not in [each.code for each in carriers() if each.label_service]:
        words = _("Choose one whose labels are bought; the settings, under Partners, say so.")
        raise Invalid([FieldError("label_carrier", words)])
    return code


def _codes(wanted: BulkIn, orders: Sequence[NamedOrder]) -> dict[int, str]:
    """Raises Invalid, which names the lines and the orders that cannot be so: then nothing is
    done."""
    if not wanted.carrier:
        raise Invalid([FieldError("carrier", _("Say who carries them."))])
    codes = read_codes(wanted.codes, orders)
    names = {order.sale_id: order.reference for order in orders}
    problems = [
        _("Order %(order)s: %(reason)s", order=names[sale_id], reason=reason)
        for sale_id, reason in _not_to_ship(codes, wanted.carrier)
    ]
    if problems:
        raise Invalid([FieldError("codes", named(problems))])
    return codes


def _not_to_ship(codes: Mapping[int, str], carrier: str) -> Iterator[tuple[int, str]]:
    """Orders that cannot leave with their code, each with why not."""
    ids = list(codes)
    for at in range(0, len(ids), AT_ONCE):
        some = ids[at : at + AT_ONCE]
        query = packing_slips().where(Sale.id.in_(some))
        slips = {slip.sale_id: slip for slip in db.session.scalars(query)}
        for sale_id in some:
            try:
                if sale_id not in slips:
                    raise NotFound(MISSING[ACTS["ship"].load])
                slips[sale_id].refuse_shipment(carrier, codes[sale_id])
            except Refusal as refusal:
                yield sale_id, str(refusal)
