"""The menu: which pages stand where, and what is counted behind them."""

from typing import Any

from flask_babel import LazyString, lazy_pgettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from webapp.alerts.queries import open_ids
from webapp.attention.queries import waiting_ids
from webapp.fulfilment.parcels.queries import sales_to_ship
from webapp.fulfilment.tasks.models import Task
from webapp.incoming.queries import unknown_notes
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.monitor.registries import failed_count
from webapp.notifications.telling import own_counters
from webapp.payments.queries import open_findings
from webapp.platform.columns import written_out
from webapp.sales.models import Sale
from webapp.views.entries import pinned_entries, view_offers
from webapp.web.navigation import Command, Counter, Menu, MenuEntry


def _waits(query: Select[Any], label: LazyString) -> Counter:
    """Counted on every page, so that its plan is kept."""
    return Counter(written_out(query), label)


ATTENTION = _waits(select(Sale.id).where(Sale.needs_person), _l("needing attention"))
REVIEW = _waits(
    select(Invoice.id).where(Invoice.status == InvoiceStatus.REVIEW), _l("under review")
)
TO_SHIP = _waits(sales_to_ship(), _l("to pack or ship"))
FAILED_JOBS = Counter(failed_count, _l("failed"))
OPEN_TASKS = _waits(select(Task.id).where(Task.done_at.is_(None)), _l("open"))

STRANGE_PAYMENTS = _waits(open_findings(), _l("to look into"))
OPEN_ALERTS = _waits(open_ids(), _l("open"))
UNKNOWN_NOTES = _waits(unknown_notes(), _l("unknown to us"))

TO_MEND = _waits(waiting_ids(), _l("waiting for a person"))

HOME = MenuEntry("home", _l("Home"), "dashboard.page", keys="g h")
MEND = MenuEntry("alert-triangle", _l("Attention queue"), "attention.index", TO_MEND, keys="g w")
SALES = MenuEntry(
    "shopping-cart", _l("Orders"), "sales.index", ATTENTION, holds=("bulk",), keys="g o"
)
PRODUCTS = MenuEntry(
    "package",
    _l("Products"),
    "catalog.index",
    holds=("batches", "counting", "imports", "reordering"),
    keys="g p",
)
INVOICES = MenuEntry(
    "file-invoice", _l("NF-e"), "invoices.index", REVIEW, holds=("series",), keys="g n"
)
SHIPPING = MenuEntry(
    "truck-delivery", lazy_pgettext("menu", "Shipping"), "parcels.index", TO_SHIP, keys="g s"
)
STORE = (
    SALES,
    PRODUCTS,
    MenuEntry("users", _l("Customers"), "customers.index", keys="g c"),
    MenuEntry("id-badge-2", _l("Memberships"), "memberships.index", keys="g m"),
)
TAX_AND_SHIPPING = (
    INVOICES,
    MenuEntry("download", _l("Incoming NF-e"), "incoming.index", UNKNOWN_NOTES, keys="g i"),
    SHIPPING,
    MenuEntry("credit-card", _l("Payments"), "payments.index", STRANGE_PAYMENTS, keys="g f"),
    MenuEntry("receipt", _l("Royalties"), "royalties.index", keys="g y"),
    MenuEntry("archive", _l("Closing"), "closings.page", keys="g l"),
    MenuEntry("adjustments", _l("Taxes"), "taxation.index", holds=("rehearsals",), keys="g t"),
)
DECISIONS = (
    MenuEntry("git-branch", _l("Rules"), "rules.index", keys="g r"),
    MenuEntry("coin", _l("Commissions"), "commissions.index", keys="g v"),
    MenuEntry("checklist", _l("Tasks"), "tasks.index", OPEN_TASKS, keys="g d"),
)
BACK_OFFICE = (
    MenuEntry("mail", _l("E-mails"), "messages.index", keys="g e"),
    MenuEntry("settings-automation", _l("Processing"), "monitor.page", FAILED_JOBS, keys="g q"),
    MenuEntry("alert-circle", _l("Alerts"), "alerts.index", OPEN_ALERTS, keys="g b"),
    MenuEntry("world", _l("SEFAZ"), "authority.page", keys="g z"),
    MenuEntry("history", _l("Audit"), "audit.index", keys="g a"),
    MenuEntry("users", _l("Staff"), "staff.index", keys="g u"),
    MenuEntry("settings", _l("Settings"), "store.settings_page", holds=("partners",), keys="g x"),
)
COMMANDS = (
    Command("plus", _l("New order"), "sales.new"),
    Command("package", _l("New product"), "catalog.new"),
    Command("user-plus", _l("New customer"), "customers.new"),
    Command("checklist", _l("Count the stock"), "counting.index"),
    Command("barcode", _l("Pack by scan"), "parcels.packing"),
    Command("list", _l("What to reorder"), "reordering.page"),
    Command("upload", _l("Import a spreadsheet"), "imports.import_list"),
    Command("checklist", _l("Batches: products changed together"), "batches.index"),
    Command("checklist", _l("Bulk acts: many orders at once"), "bulk.index"),
    Command("git-branch", _l("New rule"), "rules.new_rule"),
    Command("user-plus", _l("Add a person"), "staff.new_person"),
    Command("id-badge-2", _l("Agents"), "customers.agents_page"),
    Command("download", _l("Export the orders as CSV"), "sales.export"),
    Command("bell", _l("Notifications"), "notifications.index"),
    Command("user", _l("Your account"), "staff.account"),
    Command(
        "moon",
        _l("Switch between light and dark"),
        "staff.choose_theme",
        press="[data-theme-button]",
    ),
    Command("keyboard", _l("Keyboard shortcuts"), "staff.account", press="[data-show-keys]"),
    Command("logout", _l("Sign out"), "staff.sign_out", press="#palette-sign-out button"),
)
MENU = Menu(
    groups=(
        (None, (HOME, MEND)),
        (_l("Store"), STORE),
        (_l("Tax and shipping"), TAX_AND_SHIPPING),
        (_l("Decisions"), DECISIONS),
        (_l("Back office"), BACK_OFFICE),
    ),
    phone=(HOME, SALES, PRODUCTS, INVOICES, SHIPPING),
    commands=COMMANDS,
    offers=(view_offers,),
    pinned=pinned_entries,
    own=own_counters,
)
