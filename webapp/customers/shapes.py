"""The shapes of customers and agents in answers."""

from webapp.addresses.shapes import AddressOut
from webapp.customers.models import Taxpayer
from webapp.http.answers import Moment, OutShape, PercentText, SignedMoneyText


class CustomerOut(OutShape):
    """`document` is bare, without points and dashes; masked for a clerk when a person's."""

    id: int
    name: str
    document: str
    email: str
    phone: str
    state_registration: str
    taxpayer: Taxpayer
    address: AddressOut
    created_at: Moment
    updated_at: Moment


class CustomerAddressOut(OutShape):
    """One beside the main one. `for_delivery`: orders go there first."""

    id: int
    label: str
    for_delivery: bool
    address: AddressOut


class BoughtOut(OutShape):
    """Of the paid orders that were not cancelled: how many, what they came to less what was given
    back, their average, and when the first and the last one was paid."""

    orders: int
    net: SignedMoneyText
    average: SignedMoneyText
    first_at: Moment | None
    last_at: Moment | None


class CustomerRecordOut(CustomerOut):
    """`merged_into`: the customer that this one is by now; what it was stands there."""

    addresses: list[CustomerAddressOut]
    bought: BoughtOut
    merged_into: int | None
    anonymised_at: Moment | None


class AgentOut(OutShape):
    code: str
    name: str
    commission_percent: PercentText
