"""The list of NF-e, its rows, and a month's files."""

import datetime as dt
from typing import Any, NamedTuple

from flask import Response, render_template, request
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select, select

from webapp.fulfilment.bulk import MOST_AT_ONCE
from webapp.http.filters import USUAL_PAGE
from webapp.http.lists import (
    Order,
    Page,
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
FILTERS = ("status", "q", "month", "sort", "after", "before")
TABS = {
    "": lazy_pgettext("NF-e", "All"),
    "review": _l("Under review"),
    "errors": _l("With errors"),
    "returned": lazy_pgettext("NF-e", "Returned"),
    "rejected": lazy_pgettext("NF-e", "Rejected"),
    "sending": _l("Awaiting SEFAZ"),
    "authorized": lazy_pgettext("NF-e", "Authorized"),
    "goods_returned": lazy_pgettext("NF-e", "Returns"),
}


@bp.get("/invoices")
@allow("clerk", "accountant")
def index() -> str:
    asked, page = Asked.read(), page_asked_for()
    return render_template(
        "invoices/index.html",
        page=page,
        tabs=status_tabs(asked.view, *(_tab(name, label) for name, label in TABS.items())),
        q=asked.q,
        month=asked.month,
        issues_of=issues_of,
        archive_month=asked.month or issuer_day(utc_now()),
        list_url=page.live_url,
        filters=list_filters(),
        most_printed=MOST_AT_ONCE,
    )


class Asked(NamedTuple):
    """The filters of the list that hold."""

    view: str
    q: str
    month: dt.date | None

    @classmethod
    def read(cls) -> "Asked":
        """Raises WrongFilter."""
        return cls(query_word("status", VIEWS), request.args.get("q", ""), query_month())


def page_asked_for(limit: int = USUAL_PAGE) -> Page:
    """The part of the list that the address asks for, in its order."""
    view, q, month = Asked.read()
    query = invoices(q, month)
    query = query.where(VIEWS[view]) if view else query
    orders = MONTH_ORDERS if month else ORDERS
    return page_of(query, orders, limit, narrowed=bool(view or q.strip() or month))


def list_filters() -> dict[str, Any]:
    """What of the address the list is made by, to come along where something is done to it."""
    return {name: request.args[name] for name in FILTERS if request.args.get(name)}


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
