"""What was agreed with payment providers, what they told, and what is strange about money."""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select

from webapp.payments.models import AgreedFee, PaymentProvider, ProviderAccess
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.sales.models import PaymentMethod


def agreed() -> Select[Any]:
    return select(AgreedFee)


def agreed_with(method: PaymentMethod, installments: int) -> AgreedFee | None:
    """Exactly from so many instalments on."""
    query = select(AgreedFee).where(
        AgreedFee.method == method, AgreedFee.installments == installments
    )
    return db.session.scalar(query)


def fee_by_id(fee_id: int) -> AgreedFee:
    """Raises NotFound."""
    fee = db.session.get(AgreedFee, fee_id)
    if fee is None:
        raise NotFound(_("There is no such fee."))
    return fee


def access_to(provider: PaymentProvider) -> ProviderAccess | None:
    return db.session.scalar(select(ProviderAccess).where(ProviderAccess.provider == provider))
