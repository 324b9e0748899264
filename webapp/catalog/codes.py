"""The product that a scanner, or a hand, names by whatever code it bears: SKU, GTIN or ISBN."""

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.catalog.models import Product
from webapp.catalog.queries import ON_SALE, named_products, products_by_sku
from webapp.platform.database import db
from webapp.platform.errors import Refusal


class UnknownCode(Refusal):
    field = "code"


def product_by_code(written: str) -> Product:
    """Raises UnknownCode for a code that no product bears, or more than one."""
    known = products_by_sku([written]).get(written)
    if known:
        return known
    query = select(Product).where(ON_SALE, Product.id.in_(named_products(written)))
    found = db.session.scalars(query.limit(2)).all()
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownCode(
            _("More than one product has the code %(code)s; use the SKU.", code=written[:60])
        )
    raise UnknownCode(_("No product has the code %(code)s.", code=written[:60]))
