"""The catalog on notes that nobody ordered: one unit of each product to a neighbor."""

from collections.abc import Sequence
from decimal import Decimal

from webapp.catalog.models import Product
from webapp.fiscal.note import Issuer, Item, Note, Party

LEAST_PRICE = Decimal("0.01")
# Invented, and right by its digits; what is found about this buyer is left out.
NOBODY = "Consumidor", "11144477735"


def note_of_products(products: Sequence[Product], issuer: Issuer, environment: str) -> Note:
    return Note(
        environment=environment,
        issuer=issuer,
        recipient=Party(*NOBODY, issuer.address),
        items=tuple(_item(place, product) for place, product in enumerate(products, 1)),
        payment_method="pix",
    )


def _item(place: int, product: Product) -> Item:
    return Item(
        sku=product.sku,
        name=product.name,
        ncm=product.ncm,
        quantity=1,
        unit_price=max(product.price, LEAST_PRICE),
        gtin=product.gtin,
        origin=product.origin,
        unit=product.unit,
        weight_g=product.weight_g,
        kind=str(product.kind),
        category=product.category,
        tax_profile=product.tax_profile,
        position=place,
    )
