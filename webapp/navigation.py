"""The menu: what the person may open, and how much waits behind each entry."""

from flask import current_app, g, request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import select

from webapp.extensions import db
from webapp.fulfilment.models import Task
from webapp.fulfilment.queries import sales_to_ship
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.lists import bounded_count, count_text
from webapp.localization import LOCALES, locale
from webapp.sales.models import Sale, Status
from webapp.staff.access import ANYONE, may
from webapp.store.models import Shop

# icon, label, endpoint, and what the count beside it counts
HOME = ("home", _l("Home"), "dashboard.page", None)
SALES = ("shopping-cart", _l("Orders"), "sales.index", "attention")
PRODUCTS = ("package", _l("Products"), "catalog.index", None)
INVOICES = ("file-invoice", _l("NF-e"), "invoices.index", "review")
SHIPPING = (
    "truck-delivery",
    lazy_pgettext("menu", "Shipping"),
    "fulfilment.packing_slips",
    "to_ship",
)
MENU = (
    (None, (HOME,)),
    (
        _l("Store"),
        (
            SALES,
            PRODUCTS,
            ("users", _l("Customers"), "customers.index", None),
            ("id-badge-2", _l("Memberships"), "fulfilment.memberships", None),
        ),
    ),
    (
        _l("Tax and shipping"),
        (INVOICES, SHIPPING, ("receipt", _l("Royalties"), "fulfilment.royalties", None)),
    ),
    (
        _l("Decisions"),
        (
            ("git-branch", _l("Rules"), "rules.index", None),
            ("coin", _l("Commissions"), "fulfilment.commissions", None),
            ("checklist", _l("Tasks"), "fulfilment.tasks", "tasks"),
        ),
    ),
    (
        _l("Back office"),
        (
            ("mail", _l("E-mails"), "messages.index", None),
            ("settings-automation", _l("Processing"), "monitor.page", None),
            ("history", _l("Audit"), "staff.audit", None),
            ("users", _l("Staff"), "staff.index", None),
            ("settings", _l("Settings"), "store.settings_page", None),
        ),
    ),
)
PHONE = (HOME, SALES, PRODUCTS, INVOICES, SHIPPING)
COUNTS = {
    "attention": (
        select(Sale.id).where(Sale.status == Status.ATTENTION),
        _l("waiting for somebody"),
    ),
    "review": (
        select(Invoice.id).where(Invoice.status == InvoiceStatus.REVIEW),
        _l("under review"),
    ),
    "to_ship": (sales_to_ship(), _l("to pack or ship")),
    "tasks": (select(Task.id).where(Task.done_at.is_(None)), _l("open")),
}


def set_up(app) -> None:
    @app.context_processor
    def layout_context():
        settings = current_app.extensions["settings"]
        shop = db.session.scalars(select(Shop)).first()
        identity = g.get("identity")
        return {
            "current_user": identity.user if identity else None,
            "navigation": navigation,
            "phone_navigation": phone_navigation,
            "may": may,
            "shop": {
                "trade_name": shop.trade_name if shop else "",
                "environment": settings.nfe_environment,
                "authority": settings.nfe_authority,
                "demo": settings.demo,
            },
            "live_cursor": current_app.extensions["live"].cursor,
            "locale": locale(),
            "locales": LOCALES,
        }


def _open_to_me(endpoint: str) -> bool:
    view = current_app.view_functions.get(endpoint)
    allowed = getattr(view, "allowed", None)
    return allowed is ANYONE or bool(allowed and g.identity and g.identity.role in allowed)


def _is_within(endpoint: str) -> bool:
    """Whether this page belongs to the entry: by its feature, or by its address where a feature has
    several entries."""
    feature = endpoint.partition(".")[0]
    if feature in ("fulfilment", "staff"):
        return f"{request.path}/".startswith(url_for(endpoint) + "/")
    return request.blueprint == feature


def _link(icon, label, endpoint, counted) -> dict:
    count = 0
    if counted:
        count = bounded_count(COUNTS[counted][0])
    return {
        "icon": icon,
        "label": label,
        "href": url_for(endpoint),
        "active": _is_within(endpoint),
        "count": count_text(count) if count else None,
        "count_label": COUNTS[counted][1] if counted else "",
    }


def navigation() -> list[dict]:
    groups = []
    for label, entries in MENU:
        links = [_link(*entry) for entry in entries if _open_to_me(entry[2])]
        if links:
            groups.append({"label": label, "links": links})
    return groups


def phone_navigation() -> list[dict]:
    return [_link(*entry) for entry in PHONE if _open_to_me(entry[2])]
