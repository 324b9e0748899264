"""The shapes of sales, their decisions and refunds in answers."""

import datetime as dt
from typing import Literal

from pydantic import Field

from webapp.addresses.shapes import AddressOut
from webapp.catalog.models import Kind
from webapp.http.answers import Moment, MoneyText, OutShape, SignedMoneyText
from webapp.invoices.models import InvoiceStatus
from webapp.invoices.shapes import InvoiceReasonOut
from webapp.processing.waiting import WaitsFor
from webapp.rules.models import EffectStatus
from webapp.sales.models import BuyerUse, FreightBy, PaymentMethod, PixKind, Shipping, Status


class AttentionOut(OutShape):
    """Why it waits: for a person when the sale's status is `attention`, else for the outside
    world. `field`: the one to mend."""

    step: Status | None
    reason: str
    field: str | None


class WaitingOut(OutShape):
    """For whom or what it waits, in one sentence; `next_at`: when something happens by itself."""

    waits_for: WaitsFor = Field(alias="for")
    since: Moment
    next_at: Moment | None
    sentence: str


class BuyerOut(OutShape):
    """As the sale keeps it; `document` is bare, and masked for a clerk when a person's."""

    id: int
    name: str
    document: str
    email: str
    phone: str


class SaleAddressOut(AddressOut):
    """`source`: who said each part that was filled, by its name."""

    ibge: str
    source: dict[str, str]


class SaleBillingAddressOut(AddressOut):
    ibge: str


class SaleLineOut(OutShape):
    """`line` is what a refund names; `refunded`: units given back so far."""

    line: int
    sku: str
    name: str
    kind: Kind
    quantity: int
    unit_price: MoneyText
    price_reason: str
    total: MoneyText
    gift: bool
    refunded: int


class PaymentOut(OutShape):
    method: PaymentMethod
    amount: MoneyText
    date: dt.date | None
    acquirer: str | None
    brand: str | None
    authorization: str
    installments: int | None
    pix: PixKind | None


class MarketplaceOut(OutShape):
    """`code`: of the shop's own list; `order`: the marketplace's number of the sale."""

    code: str
    order: str


class PackageOut(OutShape):
    quantity: int
    kind: str
    net_weight_g: int | None
    gross_weight_g: int | None


class BillOut(OutShape):
    due: dt.date
    amount: MoneyText


class SaleInvoiceOut(OutShape):
    id: int
    number: int | None
    series: int | None
    status: InvoiceStatus
    access_key: str | None
    reasons: list[InvoiceReasonOut]


class SaleOut(OutShape):
    """`payments` is empty where one payment is told by `payment_method` alone. `carrier` is a name:
    of the one chosen with the sale, or of who carried it in the end. `ship_by`: when its goods must
    leave, null where nothing does."""

    id: int
    reference: str
    status: Status
    step: Status | None
    shipping: Shipping
    attention: AttentionOut | None
    waiting: WaitingOut | None
    carrier: str
    tracking_code: str
    ship_by: Moment | None
    total: MoneyText
    payment_method: PaymentMethod
    payments: list[PaymentOut]
    buyer_use: BuyerUse | None
    marketplace: MarketplaceOut | None
    freight_by: FreightBy | None
    packages: list[PackageOut]
    bills: list[BillOut]
    tags: list[str]
    customer: BuyerOut
    address: SaleAddressOut
    billing_address: SaleBillingAddressOut | None
    lines: list[SaleLineOut]
    invoice: SaleInvoiceOut | None
    created_at: Moment
    updated_at: Moment


class RuleOutcomeOut(OutShape):
    """`lines`: those it fired for; `by`: the rule that suppressed it or won over it."""

    code: str
    outcome: Literal["fired", "suppressed", "lost"]
    lines: list[int]
    by: str | None


class EffectOut(OutShape):
    """`event`: what brought it about; `reverses`: the id of the effect it takes back."""

    id: int
    kind: str
    rule: str
    target: str
    event: str
    amount: SignedMoneyText | None
    status: EffectStatus
    attempts: int
    error: str
    reverses: int | None


class DecisionOut(OutShape):
    rule_set_version: int
    rules: list[RuleOutcomeOut]
    effects: list[EffectOut]


class RefundLineOut(OutShape):
    line: int
    quantity: int


class RefundOut(OutShape):
    """`number` is null where nothing was left to give back."""

    number: int | None
    amount: MoneyText
    lines: list[RefundLineOut]


class RefundedSaleOut(OutShape):
    sale: SaleOut
    refund: RefundOut


class EffectAttemptOut(OutShape):
    id: int
    status: EffectStatus
    attempts: int


class ReturnNoteOut(OutShape):
    id: int


class ReturnedSaleOut(OutShape):
    """The return note, which goes its way as every NF-e does."""

    invoice: ReturnNoteOut
