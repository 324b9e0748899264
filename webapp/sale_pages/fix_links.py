"""Where a person fixes what stands in the way of a sale or its NF-e."""

from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _

from webapp.platform.issues import Issue
from webapp.processing.attention import CORRECTABLE
from webapp.sales.models import Sale
from webapp.staff.access import roles_from
from webapp.staff.models import Role

# Fields, and areas of fields.
IN_THE_DETAILS = ("payment_method", "sale.payments", "sale.bills", "sale.buyer_use")
ON_THE_ORDER = ("lines", "sale", "payment_method")


class FixLink(NamedTuple):
    """A button: what it says and where it leads."""

    label: str
    url: str


def fix_link(issue: Issue, sale: Sale, role: Role, address_form: str = "") -> FixLink | None:
    """The link to fix it; None when it has no place, or when it is another role's to fix.

    `address_form` is where the page that asks has a form for the address; else the order's page has
    one. Reads the sale's lines where the issue is about a product.
    """
    if issue.area == "settings" or issue.field == "calendar.packages":
        url = _settings_url(issue.field)
        return _link(issue, _("Open the settings"), url) if role in roles_from("admin") else None
    if is_about_taxes(issue):
        return _tax_link(issue, role)
    if role not in roles_from("clerk"):
        return None
    if issue.field in IN_THE_DETAILS and sale.status in CORRECTABLE:
        url = url_for("sales.edit_details", sale_id=sale.id)
        return _link(issue, _("Fix the invoice details"), url)
    if issue.area == "address":
        url = url_for("sales.page", sale_id=sale.id, mend="address", _anchor="address")
        return _link(issue, _("Fix the address"), address_form or url)
    if issue.area == "customer":
        url = url_for("customers.edit", customer_id=sale.customer_id)
        return _link(issue, _("Fix the customer"), url)
    if product_id := _product_id(issue, sale):
        url = url_for("catalog.edit", product_id=product_id)
        return _link(issue, _("Fix the product"), url)
    return order_link(sale, issue.fix_label) if issue.area in ON_THE_ORDER else None


def _settings_url(field: str) -> str:
    if field == "calendar.packages":
        return url_for("store.official_page", _anchor="packages")
    if field in ("settings.certificate", "settings.environment"):
        return url_for("store.settings_page", _anchor=field.rpartition(".")[2])
    if field.startswith("settings.series"):
        return url_for("store.numbering_page")
    return url_for("partners.index" if field == "settings.partners" else "store.settings_page")


def is_about_taxes(issue: Issue) -> bool:
    """It is fixed where profiles, rates and values are written; then the sale goes on by itself."""
    return issue.area == "calendar" or issue.who == "accountant"


def _tax_link(issue: Issue, role: Role) -> FixLink | None:
    """To the place where a profile, a rate or a value of the calendar is written."""
    if role not in roles_from("manager", "accountant"):
        return None
    if issue.field == "calendar.values":
        asked = {"code": issue.params.get("value"), "from": issue.params.get("day")}
        url = url_for("taxation.calendar", **asked, _anchor="value")
        return _link(issue, _("Open the fiscal calendar"), url)
    if issue.field == "calendar.states":
        return _link(issue, _("Open the rates of the states"), url_for("taxation.rates"))
    code = issue.params.get("profile")
    url = url_for("taxation.show", code=code) if code else url_for("taxation.index")
    return _link(issue, _("Open the tax profiles"), url)


def order_link(sale: Sale, label: str = "") -> FixLink:
    return FixLink(label or _("Open the order"), url_for("sales.page", sale_id=sale.id))


def _link(issue: Issue, label: str, url: str) -> FixLink:
    return FixLink(issue.fix_label or label, url)


def _product_id(issue: Issue, sale: Sale) -> int | None:
    """Whose record is to be fixed; quantities, prices and discounts are the order's."""
    sku = issue.params.get("sku") if issue.field.startswith("lines.*.product") else None
    return next((line.product_id for line in sale.lines if line.sku == sku), None) if sku else None
