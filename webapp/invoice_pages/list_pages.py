"""The list of NF-e, its rows, and a month's files."""

from typing import Any

from flask import Response, render_template, request
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select, select

from webapp.http.lists import (
    Order,
    Tab,
    bounded_count,
    count_text,
    page_of,
    status_tab,
    status_tabs,
)
from webapp.http.query import month_from, query_ids, query_month, query_word
from webapp.invoice_pages.blueprint import bp
from webapp.invoice_pages.downloads import month_archive
from webapp.invoices.issues import issues_of
from webapp.invoices.models import Invoice
from webapp.invoices.queries import VIEWS, invoices
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.staff.access import allow
from webapp.store.queries import issuer_day

ORDERS = {
    "when": Order((Invoice.id,), down=True),
    "total": Order((Invoice.total, Invoice.id), down=True),
}
MONTH_ORDERS = ORDERS | {"when": Order((Invoice.moment, Invoice.id), down=True)}
TABS = {
    "": lazy_pgettext("NF-e", "All"),
    "review": _l("Under review"),
    "errors": _l("With errors"),
    "returned": lazy_pgettext("NF-e", "Returned"),
    "rejected": lazy_pgettext("NF-e", "Rejected"),
    "sending": _l("Awaiting SEFAZ"),
    "authorized": lazy_pgettext("NF-e", "Authorized"),
}


@bp.get("/invoices")
@allow("clerk", "accountant")
def index() -> str:
    view, q = query_word("status", VIEWS), request.args.get("q", "")
    month = query_month()
    query = invoices(q, month)
    query = query.where(VIEWS[view]) if view else query
    page = page_of(
        query, MONTH_ORDERS if month else ORDERS, narrowed=bool(view or q.strip() or month)
    )
    return render_template(
        "invoices/index.html",
        page=page,
        tabs=status_tabs(view, *(_tab(name, label) for name, label in TABS.items())),
        q=q,
        month=month,
        issues_of=issues_of,
        archive_month=month or issuer_day(utc_now()),
        list_url=page.live_url,
    )


def _tab(view: str, label: Any) -> Tab:
    """The tab of all has no count."""
    return status_tab(label, view, _ids_in(view) if view else None)


def _ids_in(view: str) -> Select[int]:
    return select(Invoice.id).where(VIEWS[view])


def count_in(view: str) -> str:
    return count_text(bounded_count(_ids_in(view)))


@bp.get("/invoices/rows")
@allow("clerk", "accountant")
def rows() -> str:
    found = db.session.scalars(invoices().where(Invoice.id.in_(query_ids()))).all()
    return render_template("invoices/_rows.html", invoices=found, issues_of=issues_of)


@bp.get("/invoices/archive")
@allow("clerk", "accountant")
def archive() -> Response:
    return month_archive(month_from(request.args.get("month", "")))
