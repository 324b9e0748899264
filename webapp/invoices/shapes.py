"""The shapes of NF-e in answers."""

import datetime as dt

from pydantic import ConfigDict, Field

from webapp.fiscal.events import EventKind
from webapp.http.answers import Moment, MoneyText, OutShape
from webapp.invoices.ledger import NumberState
from webapp.invoices.models import EventStatus, InvoiceStatus, Purpose, RejectedBy, VoidingStatus


class InvoiceReasonOut(OutShape):
    """Why it was rejected or waits for a reviewer; `field`: the place to mend."""

    code: str
    message: str
    field: str | None


class InvoiceEventOut(OutShape):
    """`type` is the authority's number for its kind. `code` and `reason` are its answer."""

    id: int
    kind: EventKind
    type: str
    sequence: int
    status: EventStatus
    text: str
    code: str | None
    reason: str
    protocol: str | None
    created_at: Moment
    registered_at: Moment | None


class VoidingOut(OutShape):
    """`code` and `reason` are the authority's answer."""

    id: int
    series: int
    first: int
    last: int
    status: VoidingStatus
    text: str
    code: str | None
    reason: str
    protocol: str | None
    created_at: Moment
    received_at: Moment | None


class LeftOverOut(OutShape):
    """Numbers that no NF-e has; `gap`: none ever had. To be voided by the day `due`."""

    first: int
    last: int
    gap: bool
    since: dt.date
    due: dt.date


class SeriesOut(OutShape):
    number: int
    next_number: int
    left_over: list[LeftOverOut]


class EverySeriesOut(OutShape):
    items: list[SeriesOut]


class NumberOut(OutShape):
    """`spare`: no NF-e has it; `gap`: none ever had. `kept`: an NF-e that is being fixed has it."""

    number: int
    state: NumberState
    gap: bool
    invoice_id: int | None
    access_key: str | None


class NumbersOut(OutShape):
    """`from` and `to` are what was told, a thousand numbers at most."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    series: int
    next_number: int
    first: int = Field(alias="from")
    last: int = Field(alias="to")
    items: list[NumberOut]


class InvoiceOut(OutShape):
    """`origin_id`: of a return, the NF-e whose goods come back."""

    id: int
    sale_id: int
    purpose: Purpose
    origin_id: int | None
    number: int | None
    series: int | None
    status: InvoiceStatus
    rejected_by: RejectedBy | None
    access_key: str | None
    reasons: list[InvoiceReasonOut]
    total: MoneyText
    issued_at: Moment | None
    authorized_at: Moment | None
    protocol: str | None
