"""The lists of payments as declarations."""

from flask_babel import lazy_gettext as _l

from webapp.http.lists import Order
from webapp.payments.models import AgreedFee
from webapp.payments.queries import agreed
from webapp.web.listings import Cell, Listing

FEES = Listing(
    name="agreed-fees",
    label=_l("Agreed fees"),
    endpoint="payments.fees_page",
    rows=lambda _asked: agreed(),
    orders={"method": Order((AgreedFee.method, AgreedFee.installments, AgreedFee.id))},
    cells=(
        Cell(_l("Payment"), lambda fee: str(fee.method.label)),
        Cell(_l("From instalments"), lambda fee: fee.installments),
        Cell(_l("Percentage"), lambda fee: fee.percent),
        Cell(_l("Each time"), lambda fee: fee.fixed),
    ),
)
