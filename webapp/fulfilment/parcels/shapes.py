"""The shape of a packing slip in answers."""

import datetime as dt

from webapp.addresses.shapes import AddressOut
from webapp.fulfilment.parcels.models import SlipStatus
from webapp.http.answers import Moment, MoneyText, OutShape
from webapp.sales.models import PaymentMethod


class SenderAddressOut(OutShape):
    street: str
    number: str
    complement: str
    neighborhood: str
    city: str
    state: str
    zip_code: str


class SenderOut(OutShape):
    name: str
    document: str
    phone: str
    address: SenderAddressOut


class RecipientOut(OutShape):
    name: str
    document: str
    phone: str
    address: AddressOut


class SlipPartOut(OutShape):
    sku: str
    name: str
    quantity: int


class SlipItemOut(OutShape):
    """`parts`: what is picked for all of it, of a kit."""

    line: int
    sku: str
    name: str
    quantity: int
    weight_g: int
    parts: list[SlipPartOut]


class SlipPaymentOut(OutShape):
    method: PaymentMethod
    total: MoneyText
    paid_at: Moment


class PackingSlipOut(OutShape):
    """`released` is false while a rule holds the sale; `royalty_copy`: a copy goes to the royalty
    department; `parcel`: the id of the one that is packed now, or was packed last."""

    sale_id: int
    reference: str
    released: bool
    status: SlipStatus
    parcel: int
    sender: SenderOut
    recipient: RecipientOut
    items: list[SlipItemOut]
    weight_g: int
    volumes: int
    carrier: str
    tracking_code: str
    ship_by: Moment | None
    expected_delivery: dt.date
    payment: SlipPaymentOut
    notes: str
    royalty_copy: bool
    packed_at: Moment | None
    shipped_at: Moment | None
    delivered_at: Moment | None


class GoodsLeftOut(OutShape):
    sku: str
    quantity: int


class ScanOut(OutShape):
    """`ok`: whether it went into the parcel, and in words what did or why nothing; `left`: what is
    in no parcel of the slip yet; `closed`: nothing more goes into this one."""

    ok: bool
    message: str
    left: list[GoodsLeftOut]
    closed: bool
