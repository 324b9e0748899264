"""The shapes of a sale as a checkout, a form or a file sends it, and of what is asked of sales."""

from typing import Annotated, Any, Self

from flask_babel import lazy_gettext as _l
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from webapp.customers.forms import AddressIn, NoteAddressIn
from webapp.http.fields import Document, Email, OfSomeCountry, Phone
from webapp.http.filters import By, ListQuery, Since, Until
from webapp.http.forms import BlankIsNone, FieldRefused, Flag, Money, Quantity, Shape, Text, example
from webapp.http.patches import partial
from webapp.platform.money import ZERO
from webapp.sales.detail_forms import InvoiceDetailsIn, refuse_what_only_companies_tell
from webapp.sales.models import PaymentMethod, Status

COUNTER, MARKETPLACE = "store", "marketplace"
CHANNELS = {
    "site": _l("Site"),
    COUNTER: _l("Shop counter"),
    "phone": _l("Phone"),
    "wholesale": _l("Wholesale"),
    MARKETPLACE: _l("Marketplace"),
}
MAX_LINES = 200
MOST_TAGS = 20


AgentCode = Annotated[str, Text(20)]
TagName = Annotated[str, Text(30, required=True)]
TagNames = Annotated[list[TagName], Field(max_length=MOST_TAGS)]


class LineIn(Shape):
    sku: Annotated[str, Text(60, required=True)]
    quantity: Quantity
    unit_price: Annotated[Money | None, BlankIsNone] = None
    price_reason: Annotated[str, Text(200)] = ""

    @model_serializer(mode="wrap")
    def as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As `InvoiceDetailsIn` does it."""
        written = handler(self)
        if not self.price_reason:
            written.pop("price_reason", None)
        return written


class BuyerIn(Shape):
    """`document`: a CPF or CNPJ; with an address abroad also a passport, or nothing. `email` and
    `phone` left blank in a new sale are those of the known customer with this document, if the name
    is theirs too; under another name, or in a change, they stay blank."""

    name: Annotated[str, Text(120, required=True)]
    document: Document = ""
    email: Email = ""
    phone: Phone = ""


class SaleIn(OfSomeCountry, InvoiceDetailsIn):
    """`payment_method` is what `payments` does not tell: of several it is that of the largest.
    `tags` left out stay as they are. `ship_by`: when it must leave, as its channel says; a day
    alone is its last minute. Left out, the shop's own terms say it. `price_reason`: why a line's
    price is another than the catalog's; a person is asked for it."""

    model_config = example(
        {
            "reference": "WEB-1001",
            "paid": True,
            "payment_method": "pix",
            "freight": "12.00",
            "customer": {
                "name": "José da Conceição",
                "document": "111.444.777-35",
                "email": "jose@example.com",
            },
            "address": {"zip_code": "01025-020", "number": "100"},
            "lines": [{"sku": "LV-0001", "quantity": 2}],
        },
        {
            "reference": "B2B-1002",
            "paid": True,
            "channel": "wholesale",
            "customer": {"name": "Livraria Horizonte Ltda", "document": "7K.2M9.QX4/0001-08"},
            "address": {"zip_code": "18072-856", "number": "88"},
            "lines": [{"sku": "LV-0001", "quantity": 2}],
            "payments": [
                {
                    "method": "credit_card",
                    "amount": "100.00",
                    "acquirer": "credenciadora",
                    "brand": "visa",
                    "authorization": "C48151",
                    "installments": 3,
                },
                {"method": "pix", "amount": "79.80", "pix": "dynamic"},
            ],
            "buyer_use": "resale",
            "carrier": "andorinha",
            "freight_by": "shop",
            "packages": [{"quantity": 1, "kind": "CAIXA", "gross_weight_g": 1300}],
        },
    )

    reference: Annotated[str, Text(60)] = ""
    paid: Flag = False
    payment_method: Annotated[PaymentMethod | None, BlankIsNone] = None
    agent: Annotated[AgentCode | None, BlankIsNone] = None
    channel: Annotated[str, Text(20, required=True)] = "site"
    freight: Money = ZERO
    discount: Money = ZERO
    customer: BuyerIn
    address: AddressIn
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=MAX_LINES)]
    tags: TagNames | None = None
    ship_by: Annotated[By | None, BlankIsNone] = None

    @model_validator(mode="after")
    def paid_somehow(self) -> Self:
        methods = {payment.method for payment in self.payments}
        if not methods and self.payment_method is None:
            raise FieldRefused("payment_method", _l("Fill this in."))
        if methods and self.payment_method and self.payment_method not in methods:
            raise FieldRefused("payment_method", _l("None of the payments is made this way."))
        return self

    @model_validator(mode="after")
    def of_a_company(self) -> Self:
        refuse_what_only_companies_tell(self, self.customer.document, self.address.country)
        return self

    @property
    def main_method(self) -> PaymentMethod:
        """How the most of it is paid."""
        method = self.largest_method or self.payment_method
        assert method, "without payments it is asked for"
        return method


class TypedSaleIn(SaleIn):
    """By a person, who is asked; a checkout that names the channel alone is taken as ever."""

    address: NoteAddressIn

    @model_validator(mode="after")
    def by_a_named_marketplace(self) -> Self:
        if self.channel == MARKETPLACE and not self.marketplace:
            raise FieldRefused("marketplace.code", _l("Say through which marketplace it came."))
        return self


SalePatch = partial(SaleIn)


class TagIn(Shape):
    name: TagName


class TagsIn(Shape):
    """All that it has: what is left out is taken off."""

    model_config = example({"tags": ["presente", "vip"]})

    tags: TagNames


class SaleQuery(ListQuery):
    """`since`: entered then or later, `until`: before; `updated_since`: changed then or later."""

    status: Status | None = None
    q: str = ""
    tag: str = ""
    since: Since | None = None
    until: Until | None = None
    updated_since: Since | None = None

    @model_validator(mode="after")
    def days_in_their_order(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            message = _l("It is not before `until`, so that nothing lies between them.")
            raise FieldRefused("since", message)
        return self


class SaleAddressIn(Shape):
    """The address alone, with the names that it has in the whole form."""

    address: NoteAddressIn
