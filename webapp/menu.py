"""The menu: which pages stand where, and what is counted behind them."""

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import select

from webapp.fulfilment.parcels.queries import sales_to_ship
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.sales.models import Sale, Status
from webapp.web.navigation import Counter, Entry, Menu

ATTENTION = Counter(
    select(Sale.id).where(Sale.status == Status.ATTENTION), _l("waiting for somebody")
)
REVIEW = Counter(
    select(Invoice.id).where(Invoice.status == InvoiceStatus.REVIEW), _l("under review")
)
TO_SHIP = Counter(sales_to_ship(), _l("to pack or ship"))
OPEN_TASKS = Counter(select(Task.id).where(Task.done_at.is_(None)), _l("open"))

HOME = Entry("home", _l("Home"), "dashboard.page")
SALES = Entry("shopping-cart", _l("Orders"), "sales.index", ATTENTION)
PRODUCTS = Entry("package", _l("Products"), "catalog.index")
INVOICES = Entry("file-invoice", _l("NF-e"), "invoices.index", REVIEW)
SHIPPING = Entry("truck-delivery", lazy_pgettext("menu", "Shipping"), "parcels.index", TO_SHIP)
STORE = (
    SALES,
    PRODUCTS,
    Entry("users", _l("Customers"), "customers.index"),
    Entry("id-badge-2", _l("Memberships"), "memberships.index"),
)
TAX_AND_SHIPPING = (
    INVOICES,
    SHIPPING,
    Entry("receipt", _l("Royalties"), "royalties.index"),
)
DECISIONS = (
    Entry("git-branch", _l("Rules"), "rules.index"),
    Entry("coin", _l("Commissions"), "commissions.index"),
    Entry("checklist", _l("Tasks"), "tasks.index", OPEN_TASKS),
)
BACK_OFFICE = (
    Entry("mail", _l("E-mails"), "messages.index"),
    Entry("settings-automation", _l("Processing"), "monitor.page"),
    Entry("history", _l("Audit"), "audit.index"),
    Entry("users", _l("Staff"), "staff.index"),
    Entry("settings", _l("Settings"), "store.settings_page"),
)
MENU = Menu(
    groups=(
        (None, (HOME,)),
        (_l("Store"), STORE),
        (_l("Tax and shipping"), TAX_AND_SHIPPING),
        (_l("Decisions"), DECISIONS),
        (_l("Back office"), BACK_OFFICE),
    ),
    phone=(HOME, SALES, PRODUCTS, INVOICES, SHIPPING),
)
