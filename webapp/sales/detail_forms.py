"""The shapes of what a sale may tell for its NF-e beside the buyer and the goods: all of it may be
left out."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from flask_babel import lazy_gettext as _l
from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from webapp.customers.forms import NoteAddressIn
from webapp.fiscal.payments import BRANDS
from webapp.http.forms import (
    BlankIsNone,
    Day,
    FieldRefused,
    Money,
    OneOf,
    Quantity,
    Shape,
    Text,
    Whole,
)
from webapp.http.patches import partial
from webapp.platform.documents import DocumentKind, document_kind
from webapp.platform.towns import city_code
from webapp.sales.models import BuyerUse, FreightBy, PaymentMethod, PixKind
from webapp.store.partners.forms import PartnerCode

MAX_PAYMENTS, MAX_PACKAGES, MAX_BILLS = 100, 100, 120
MAX_GRAMS = 99_999_999
CARDS = (PaymentMethod.CREDIT_CARD, PaymentMethod.DEBIT_CARD)
# What an institution may stand behind.
ELECTRONIC = (*CARDS, PaymentMethod.PIX, PaymentMethod.BOLETO, PaymentMethod.WALLET)
WITHOUT_BLANKS = ("zip_code", "state", "city", "neighborhood", "street", "number")


def _above_zero(amount: Decimal) -> Decimal:
    if not amount:
        raise ValueError(_l("Write an amount above zero."))
    return amount


Amount = Annotated[Money, AfterValidator(_above_zero)]
Grams = Annotated[Annotated[int, Whole(0, MAX_GRAMS)] | None, BlankIsNone]


class SalePaymentIn(Shape):
    """`acquirer`: the code of the institution that takes it; `brand` and `installments`: of a
    card; `authorization`: the institution's code for it; `date`: when it was paid."""

    method: PaymentMethod
    amount: Amount
    date: Annotated[Day | None, BlankIsNone] = None
    acquirer: Annotated[PartnerCode | None, BlankIsNone] = None
    brand: Annotated[Annotated[str, OneOf(tuple(BRANDS))] | None, BlankIsNone] = None
    authorization: Annotated[str, Text(128)] = ""
    installments: Annotated[Annotated[int, Whole(1, 99)] | None, BlankIsNone] = None
    pix: Annotated[PixKind | None, BlankIsNone] = None

    @model_validator(mode="after")
    def facts_of_its_method(self) -> Self:
        if self.pix and self.method is not PaymentMethod.PIX:
            raise FieldRefused("pix", _l("Only a Pix is dynamic or static."))
        if self.brand and self.method not in CARDS:
            raise FieldRefused("brand", _l("Only a card has a brand."))
        if self.installments and self.method not in CARDS:
            raise FieldRefused("installments", _l("Only a card is paid in instalments here."))
        behind = self.method in ELECTRONIC and self.pix is not PixKind.STATIC
        for name in ("acquirer", "authorization"):
            if getattr(self, name) and not behind:
                message = _l("This way of paying has no acquirer and no authorization code.")
                raise FieldRefused(name, message)
        return self


class MarketplaceIn(Shape):
    """`code`: of one that the shop knows; `order`: the marketplace's own number of the sale."""

    code: PartnerCode
    order: Annotated[str, Text(60)] = ""


class PackageIn(Shape):
    """`quantity` volumes alike, as packed; `kind`: box, envelope and so on. The weights are of all
    of them together."""

    quantity: Quantity
    kind: Annotated[str, Text(60)] = ""
    net_weight_g: Grams = None
    gross_weight_g: Grams = None

    @model_validator(mode="after")
    def heavier_with_its_packing(self) -> Self:
        net, gross = self.net_weight_g, self.gross_weight_g
        if net is not None and gross is not None and gross < net:
            message = _l("With its packing it weighs no less than without.")
            raise FieldRefused("gross_weight_g", message)
        return self


class BillIn(Shape):
    """An instalment that the buyer owes the shop (duplicata)."""

    due: Day
    amount: Amount


class BillingAddressIn(NoteAddressIn):
    """A company's registered address, whole: nobody looks it up."""

    country: Literal["BR"] = "BR"

    @model_validator(mode="after")
    def nothing_left_blank(self) -> Self:
        for part in WITHOUT_BLANKS:
            if not getattr(self, part):
                raise FieldRefused(part, _l("Fill this in."))
        if not self.ibge:
            raise FieldRefused("city", _l("There is no such city in this state; check both."))
        return self

    @property
    def ibge(self) -> str:
        return city_code(self.city, self.state) or ""


class InvoiceDetailsIn(Shape):
    """`payments` add up to the sale's total; `bills` come to no more than it."""

    payments: Annotated[list[SalePaymentIn], Field(max_length=MAX_PAYMENTS)] = []
    buyer_use: Annotated[BuyerUse | None, BlankIsNone] = None
    billing_address: BillingAddressIn | None = None
    marketplace: MarketplaceIn | None = None
    carrier: Annotated[PartnerCode | None, BlankIsNone] = None
    freight_by: Annotated[FreightBy | None, BlankIsNone] = None
    packages: Annotated[list[PackageIn], Field(max_length=MAX_PACKAGES)] = []
    bills: Annotated[list[BillIn], Field(max_length=MAX_BILLS)] = []

    @model_validator(mode="after")
    def bills_in_their_order(self) -> Self:
        for number, (bill, following) in enumerate(zip(self.bills, self.bills[1:], strict=False)):
            if following.due <= bill.due:
                message = _l("Each instalment is due later than the one before it.")
                raise FieldRefused(f"bills.{number + 1}.due", message)
        return self

    @property
    def largest_method(self) -> PaymentMethod | None:
        """Of several payments; None where none is told."""
        largest = max(self.payments, key=lambda payment: payment.amount, default=None)
        return largest.method if largest else None

    @model_serializer(mode="wrap")
    def as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What is left out leaves no trace: a body that a key came with before there were these
        fields is the same body still."""
        written = handler(self)
        return {
            name: value
            for name, value in written.items()
            if name not in LATER or value not in (None, [])
        }


DETAILS = tuple(InvoiceDetailsIn.model_fields)
# What a body may hold by now beside what it always did.
LATER = frozenset((*DETAILS, "tags", "ship_by"))
InvoiceDetailsPatch = partial(InvoiceDetailsIn)


def refuse_what_only_companies_tell(wanted: InvoiceDetailsIn, document: str, country: str) -> None:
    """Raises FieldRefused for what a buyer with this document, or goods that go to this country,
    cannot have."""
    is_company = document_kind(document) is DocumentKind.CNPJ
    if wanted.buyer_use is BuyerUse.RESALE and not is_company:
        raise FieldRefused("buyer_use", _l("Only a company, with a CNPJ, buys to sell again."))
    if wanted.billing_address and not is_company:
        message = _l("Only a company, with a CNPJ, has a registered address of its own.")
        raise FieldRefused("billing_address.zip_code", message)
    if wanted.billing_address and country != "BR":
        message = _l("These goods leave the country: the NF-e goes to where they go.")
        raise FieldRefused("billing_address.zip_code", message)
