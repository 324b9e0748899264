"""What Melhor Envio is told of a parcel: who sends it, to whom, what is in it and its NF-e."""

from decimal import Decimal
from typing import Any, NamedTuple

from webapp.fulfilment.labels.melhor_envio import volume_of
from webapp.fulfilment.labels.models import Label
from webapp.fulfilment.labels.provider import Box
from webapp.fulfilment.parcels.models import PackingSlip, by_line
from webapp.platform.money import ZERO, cents
from webapp.platform.whole import whole_number
from webapp.sales.models import Sale
from webapp.store.models import Shop

CNPJ_LENGTH = 14


def order_of(label: Label, access_key: str, shop: Shop) -> dict[str, Any]:
    """As `POST /me/cart` takes it. Without an NF-e it goes with a declaration of contents."""
    slip = label.slip
    box = Box(label.height_cm, label.width_cm, label.length_cm, label.weight_g)
    invoice = {"invoice": {"key": access_key}} if access_key else {}
    return {
        "service": whole_number(label.service),
        "from": _sender(shop),
        "to": _recipient(slip.sale),
        "products": _products(slip, label.number),
        "volumes": [volume_of(box)],
        "options": {
            "insurance_value": float(insured_value(slip, label.number)),
            "receipt": False,
            "own_hand": False,
            "reverse": False,
            "non_commercial": not access_key,
            "platform": "Balcão",
            "tags": [{"tag": label.reference}],
        }
        | invoice,
    }


def insured_value(slip: PackingSlip, number: int) -> Decimal:
    """Of the volume of that number: what was packed into it, else an even part of the goods."""
    goods = sum((each.price * each.quantity for each in _goods(slip, number)), ZERO)
    return cents(goods if slip.packed_parcel(number) else goods / slip.volumes)


class _Goods(NamedTuple):
    """`price`: what the buyer pays for a unit."""

    name: str
    quantity: int
    price: Decimal


def _goods(slip: PackingSlip, number: int) -> list[_Goods]:
    """In a volume as it was packed; in one that nobody packed by itself, all of the slip's."""
    prices = {line.position: line.share(line.total, 1) for line in slip.sale.lines}
    parcel = slip.packed_parcel(number)
    if parcel is None:
        return [
            _Goods(item["name"], item["quantity"], prices.get(item["line"], ZERO))
            for item in slip.items
        ]
    names, whole = slip.goods_names(), by_line(slip.units())
    # Of a kit each of its parts bears the same share of its price, as of its weight.
    of_unit = {
        item["line"]: prices.get(item["line"], ZERO) * item["quantity"] / whole[item["line"]]
        for item in slip.items
    }
    return [_Goods(names[sku], many, of_unit[line]) for (line, sku), many in parcel.units().items()]


def _products(slip: PackingSlip, number: int) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "quantity": each.quantity,
            "unitary_value": float(cents(each.price)),
        }
        for each in _goods(slip, number)
    ]


def _sender(shop: Shop) -> dict[str, str]:
    return {
        "name": shop.trade_name,
        "phone": shop.phone,
        "email": shop.email,
        "company_document": shop.cnpj,
        "state_register": shop.state_registration,
        "address": shop.street,
        "number": shop.number,
        "complement": shop.complement,
        "district": shop.neighborhood,
        "city": shop.city,
        "state_abbr": shop.state,
        "country_id": "BR",
        "postal_code": shop.zip_code,
    }


def _recipient(sale: Sale) -> dict[str, str]:
    is_company = len(sale.customer_document) == CNPJ_LENGTH
    papers = (
        {
            "company_document": sale.customer_document,
            "state_register": sale.customer_state_registration,
        }
        if is_company
        else {"document": sale.customer_document}
    )
    return papers | {
        "name": sale.customer_name,
        "phone": sale.customer_phone,
        "email": sale.customer_email,
        "address": sale.street,
        "number": sale.number,
        "complement": sale.complement,
        "district": sale.neighborhood,
        "city": sale.city,
        "state_abbr": sale.state,
        "country_id": sale.country,
        "postal_code": sale.zip_code,
    }
