"""The list of NF-e, its rows, and a month's files."""

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext
from sqlalchemy import Select, select

from webapp.fulfilment.bulk import MOST_AT_ONCE
from webapp.http.filters import USUAL_PAGE
from webapp.http.formatting import with_query
from webapp.http.lists import (
    Page,
    Tab,
    bounded_counts,
    count_text,
    tabs_of,
)
from webapp.http.query import query_ids, typed_month
from webapp.invoice_pages.blueprint import bp
from webapp.invoice_pages.downloads import month_archive
from webapp.invoice_pages.listing import AGES, INVOICES, Asked, waits_since
from webapp.invoices.issues import issues_of, reason_label
from webapp.invoices.models import Invoice
from webapp.invoices.queries import VIEWS, WAITS_FOR_PERSON, invoices
from webapp.invoices.reasons import reasons_among
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing.wait_facts import waits_of_notes
from webapp.staff.access import allow
from webapp.store.queries import issuer_day

FILTERS = (*INVOICES.filters, "sort", "after", "before")
TABS = {
    "": lazy_pgettext("NF-e", "All"),
    "review": _l("Under review"),
    "errors": _l("With errors"),
    "returned": _l("To correct"),
    "rejected": lazy_pgettext("NF-e", "Rejected"),
    "sending": _l("Awaiting SEFAZ"),
    "authorized": lazy_pgettext("NF-e", "Authorized"),
    "goods_returned": lazy_pgettext("NF-e", "Returns"),
}


@bp.get("/invoices")
@allow("clerk", "accountant")
def index() -> str:
    asked, page = Asked.of(request.args), page_asked_for()
    return render_template(
        "invoices/index.html",
        page=page,
        tabs=tabs_of([_tab(name, label) for name, label in TABS.items()], _in_view(asked.view)),
        queue=queue_filters(asked),
        period=asked.period,
        is_review=asked.view == "review",
        q=asked.q,
        month=asked.month,
        issues_of=issues_of,
        waits=waits_of_notes(page.items),
        archive_month=asked.month or issuer_day(utc_now()),
        list_url=page.live_url,
        filters=list_filters(),
        most_printed=MOST_AT_ONCE,
    )


def page_asked_for(limit: int = USUAL_PAGE) -> Page:
    """The part of the list that the address asks for, in its order."""
    asked = Asked.of(request.args)
    return INVOICES.page(request.args, limit, narrowed=asked.is_narrowed)


def queue_filters(asked: Asked) -> dict[str, list[dict[str, Any]]]:
    """The filters of a queue that hold and those to choose from, with their counts, as
    `lists.filters` takes them; none of another view."""
    if not asked.is_queue:
        return {"on": [], "add": []}
    view = VIEWS[asked.view] & WAITS_FOR_PERSON
    reasons = [(each.reason, reason_label(each.reason), each.notes) for each in reasons_among(view)]
    counts = bounded_counts(
        [select(Invoice.id).where(view, waits_since(days)) for days in AGES.values()]
    )
    ages = [
        (name, ngettext("%(num)s day or more", "%(num)s days or more", days), count)
        for (name, days), count in zip(AGES.items(), counts, strict=True)
    ]
    offered = (
        (_("Reason"), "reason", reasons, asked.reason),
        (_("Waiting for"), "age", ages, str(asked.age or "")),
    )
    return {
        "on": [
            {"label": words, "href": _leading("", name)}
            for _label, name, options, now in offered
            for value, words, _count in options or [(now, now, 0)]
            if value == now
        ],
        "add": [
            {
                "label": label,
                "options": [
                    {
                        "label": f"{words} ({count_text(count)})",
                        "href": _leading(value, name),
                        "active": value == now,
                    }
                    for value, words, count in options
                ],
            }
            for label, name, options, now in offered
            if options
        ],
    }


def _leading(value: str, name: str) -> str:
    return with_query(**{name: value or None, "after": None, "before": None})


def list_filters() -> dict[str, Any]:
    """What of the address the list is made by, to come along where something is done to it."""
    return {name: request.args[name] for name in FILTERS if request.args.get(name)}


def _tab(view: str, label: Any) -> Tab:
    """The tab of all has no count."""
    return Tab(label, _in_view(view), _ids_in(view) if view else None)


def _in_view(view: str) -> dict[str, str | None]:
    """What a queue is sorted by is its own."""
    return {"status": view, "reason": None, "age": None}


def _ids_in(view: str) -> Select[int]:
    return select(Invoice.id).where(VIEWS[view])


def counts_in(*views: str) -> list[str]:
    """How many NF-e each view has, asked at once."""
    return [count_text(count) for count in bounded_counts([_ids_in(view) for view in views])]


@bp.get("/invoices/rows")
@allow("clerk", "accountant")
def rows() -> str:
    found = db.session.scalars(invoices().where(Invoice.id.in_(query_ids()))).all()
    return render_template(
        "invoices/_rows.html", invoices=found, issues_of=issues_of, waits=waits_of_notes(found)
    )


@bp.get("/invoices/archive")
@allow("clerk", "accountant")
def archive() -> Response:
    return month_archive(typed_month(request.args.get("month", "")))
