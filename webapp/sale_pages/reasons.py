"""Why a sale waits, in the reader's words, and where it is mended."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from webapp.addresses.questions import Question, message
from webapp.fiscal.words import Finding
from webapp.invoices.forms import RETURN_LABELS
from webapp.sales.models import Sale, Status


@dataclass(frozen=True)
class Mend:
    """The row's button: what it says and where it leads."""

    label: str
    url: str


def reason_text(sale: Sale) -> str | None:
    """Why the sale waits for a person or for the outside world; None when it does not."""
    code, params = sale.reason_code, sale.reason_params
    if code is None:
        return None
    if code == "nfe_check":
        return Finding(**params).text
    if code == "returned":
        label = RETURN_LABELS.get(params["code"], params["code"])
        return _(
            "Returned by the reviewer (%(label)s): %(comment)s",
            label=label,
            comment=params["comment"] or "—",
        )
    if code == "step_failed":
        return _("This step failed several times. Try again; if it fails once more, tell support.")
    return str(message(Question(code, sale.reason_field or "", params)))


def mend_of(sale: Sale) -> Mend | None:
    """Where a person mends what the sale waits for; None while it waits for nobody."""
    if sale.status is not Status.ATTENTION:
        return None
    field, page = sale.reason_field or "", url_for("sales.page", sale_id=sale.id)
    area = field.partition(".")[0]
    if area == "address":
        return Mend(
            _("Fix the address"),
            url_for("sales.page", sale_id=sale.id, mend="address", _anchor="address"),
        )
    if area == "customer":
        return Mend(_("Fix the customer"), url_for("customers.show", customer_id=sale.customer_id))
    if area == "lines" and "sku" in sale.reason_params.get("params", {}):
        return Mend(
            _("Fix the product"), url_for("catalog.index", q=sale.reason_params["params"]["sku"])
        )
    if area == "settings":
        return Mend(_("Open the settings"), url_for("store.settings_page"))
    return Mend(_("Open the order"), page)
