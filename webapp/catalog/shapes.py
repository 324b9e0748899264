"""The shapes of products in answers."""

from webapp.catalog.models import Kind
from webapp.http.answers import Moment, MoneyText, OutShape, PercentText


class KitPartOut(OutShape):
    sku: str
    quantity: int


class ProductOut(OutShape):
    """`stock` is what may be sold, of a kit (one with `parts`) what they allow; `reserved` what
    orders that have not left have taken, `held` both: what stands on the shelf. All null where the
    kind keeps none, `reserved` and `held` of a kit too. `price_confirmed` is false while somebody
    set the price whose orders wait for a manager beyond a limit."""

    sku: str
    name: str
    kind: Kind
    price: MoneyText
    price_confirmed: bool
    supplier: str
    category: str
    shelf: str
    description: str
    specifications: str
    warranty_months: int | None
    ncm: str
    gtin: str
    origin: str
    unit: str
    weight_g: int
    cost: MoneyText | None
    low_stock: int | None
    royalty_percent: PercentText | None
    author: str
    isbn: str
    video_url: str
    plan: str
    stock: int | None
    reserved: int | None
    held: int | None
    on_nfe: bool
    parts: list[KitPartOut]
    tax_profile: str
    archived: bool
    created_at: Moment
    updated_at: Moment


class StockOut(OutShape):
    sku: str
    stock: int
    previous: int
