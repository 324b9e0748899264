"""What to reorder as JSON."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from webapp.catalog.models import Product
from webapp.http.answers import list_of
from webapp.reordering.forms import ReorderQuery
from webapp.reordering.listing import BY_SUPPLIER
from webapp.reordering.queries import Reorder, low_products, reorders
from webapp.reordering.shapes import ReorderOut
from webapp.store.queries import the_shop
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("reordering")


def reorder_json(row: Reorder) -> dict[str, object]:
    facts = ("sku", "name", "supplier", "stock", "low_stock")
    amounts = {"cost": row.product.cost, "value": row.value}
    return (
        {name: getattr(row.product, name) for name in facts}
        | {"sold": row.sold, "days_left": row.days_left, "quantity": row.quantity}
        | {name: None if told is None else str(told) for name, told in amounts.items()}
    )


@endpoint(
    bp,
    "GET",
    "/reorder",
    "clerk",
    query=ReorderQuery,
    answer=list_of(ReorderOut),
    summary=_l("Products at or under their level, by supplier, with how many to buy."),
)
def list_reorder(asked: ReorderQuery) -> dict[str, object]:
    by_id: dict[int, Reorder] = {}

    def learn(low: Sequence[Product]) -> None:
        by_id.update({row.product.id: row for row in reorders(low, the_shop().reorder_days)})

    return list_answer(
        asked,
        low_products(asked.supplier),
        BY_SUPPLIER.keys,
        lambda product: reorder_json(by_id[product.id]),
        ahead=learn,
        descending=False,
    )
