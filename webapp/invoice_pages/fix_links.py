"""Where a person mends what stands in an NF-e's way."""

from flask import url_for
from flask_babel import gettext as _

from webapp.invoice_pages.concerns import Concern
from webapp.sale_pages.reasons import Mend
from webapp.sales.models import Sale
from webapp.staff.access import may

# The form on the NF-e's own page.
ADDRESS_FORM = "address"


def mend_of(concern: Concern, sale: Sale) -> Mend | None:
    """The link to mend it; None when nothing but checking again helps, or when it is another role's
    to mend."""
    area = (concern.field or "").partition(".")[0]
    if area == "address":
        return Mend(concern.mend or _("Fix the address"), f"#{ADDRESS_FORM}")
    if area == "settings":
        return Mend(concern.mend, url_for("store.settings_page")) if may("admin") else None
    if not may("clerk"):
        return None
    if area == "customer":
        return Mend(
            concern.mend or _("Open the customer"),
            url_for("customers.edit", customer_id=sale.customer_id),
        )
    product_id = next(
        (line.product_id for line in sale.lines if concern.sku and line.sku == concern.sku), None
    )
    if area == "lines" and product_id:
        return Mend(concern.mend, url_for("catalog.edit", product_id=product_id))
    if area in ("lines", "sale", "payment_method"):
        return Mend(concern.mend or _("Open the order"), url_for("sales.page", sale_id=sale.id))
    return None
