"""The shapes of NF-e in answers."""

from webapp.http.answers import Moment, MoneyText, OutShape
from webapp.invoices.models import InvoiceStatus, Purpose, RejectedBy


class InvoiceReasonOut(OutShape):
    """Why it was rejected or waits for a reviewer; `field`: the place to mend."""

    code: str
    message: str
    field: str | None


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
