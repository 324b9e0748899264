"""The shapes of customers and agents in answers."""

from webapp.addresses.shapes import AddressOut
from webapp.customers.models import Taxpayer
from webapp.http.answers import Moment, OutShape, PercentText


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


class AgentOut(OutShape):
    code: str
    name: str
    commission_percent: PercentText
