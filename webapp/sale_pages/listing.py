"""The list of sales as pages and files show it: filters from the address, tabs, rows, CSV."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Response, g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from webapp.fulfilment.parcels.models import PackingSlip
from webapp.http.csv import csv_file
from webapp.http.formatting import day_text, with_query
from webapp.http.lists import bounded_count, count_text
from webapp.http.localization import time_zone
from webapp.invoices.issues import issue_of
from webapp.invoices.models import Invoice
from webapp.invoices.queries import invoices_of
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.issues import Issue
from webapp.platform.transactions import only_reading
from webapp.processing.pipeline import PROGRESS
from webapp.sale_pages.fix_links import FixLink, fix_link, order_link
from webapp.sales.forms import CHANNELS
from webapp.sales.models import Sale, Shipping, Status
from webapp.sales.queries import load_lines, sales

TABS = (
    (_l("All"), {}),
    (Status.OPEN.label, {"status": Status.OPEN}),
    (Status.ATTENTION.label, {"status": Status.ATTENTION}),
    (Status.REVIEW.label, {"status": Status.REVIEW}),
    (Shipping.TO_PACK.label, {"shipping": Shipping.TO_PACK}),
    (Shipping.PACKED.label, {"shipping": Shipping.PACKED}),
)
MOST_EXPORTED = 50_000
CHUNK = 500


@dataclass(frozen=True)
class Filters:
    """What the address asks for; a value that cannot be is refused with its name."""

    status: Status | None = None
    shipping: Shipping | None = None
    channel: str = ""
    agent: str = ""
    since: dt.date | None = None
    q: str = ""

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "Filters":
        return cls(
            status=_member(Status, args, "status"),
            shipping=_member(Shipping, args, "shipping"),
            channel=args.get("channel", "")[:20],
            agent=args.get("agent", "")[:20],
            since=_day(args.get("since", "")),
            q=args.get("q", "")[:200],
        )

    def query(self) -> Select:
        since = self.since and dt.datetime.combine(self.since, dt.time(), ZoneInfo(time_zone()))
        return sales(self.status, self.shipping, self.channel, self.agent, since, q=self.q)


def _member(members, args: Mapping[str, str], name: str):
    written = args.get(name)
    if written and written not in set(members):
        raise Invalid(
            [FieldError(name, _("Choose one of: %(expected)s.", expected=", ".join(members)))]
        )
    return members(written) if written else None


def _day(written: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(written) if written else None
    except ValueError:
        raise Invalid([FieldError("since", _("Write a day like 2026-11-20."))]) from None


# -- what stands above the rows -------------------------------------------------------------------


def tabs(filters: Filters) -> list[dict]:
    """The tabs with their counts, exact up to a thousand. Other filters do not count: a tab says
    what waits."""
    here = {
        name: getattr(filters, name) for name in ("status", "shipping") if getattr(filters, name)
    }
    return [
        {
            "label": label,
            "href": with_query(
                after=None, before=None, **{"status": None, "shipping": None} | asked
            ),
            "count": count_text(bounded_count(sales(**asked).with_only_columns(Sale.id))),
            "active": asked == here,
        }
        for label, asked in TABS
    ]


def chosen(filters: Filters) -> list[dict]:
    """Each filter that holds, in words, with the address of the list without it."""
    words = {
        "status": filters.status and filters.status.label,
        "shipping": filters.shipping and filters.shipping.label,
        "channel": filters.channel and CHANNELS.get(filters.channel, filters.channel),
        "agent": filters.agent and _("Agent %(code)s", code=filters.agent),
        "since": filters.since and _("Since %(day)s", day=day_text(filters.since)),
    }
    return [
        {"label": label, "href": with_query(**{name: None, "after": None, "before": None})}
        for name, label in words.items()
        if label
    ]


def choices(filters: Filters, agents: list) -> list[dict]:
    """The filters one may add."""
    today = dt.datetime.now(ZoneInfo(time_zone())).date()
    ago = {0: _("Today"), 6: _("Last 7 days"), 29: _("Last 30 days")}
    days = [((today - dt.timedelta(back)).isoformat(), label) for back, label in ago.items()]
    offered = (
        (
            "status",
            _("Status"),
            [(str(status), status.label) for status in Status],
            str(filters.status),
        ),
        ("channel", _("Channel"), list(CHANNELS.items()), filters.channel),
        ("agent", _("Agent"), [(agent.code, agent.name) for agent in agents], filters.agent),
        ("since", _("Since"), days, str(filters.since)),
    )
    return [
        {
            "label": label,
            "options": [
                {
                    "label": words,
                    "href": with_query(**{name: value, "after": None, "before": None}),
                    "active": value == now,
                }
                for value, words in options
            ],
        }
        for name, label, options, now in offered
        if options
    ]


# -- rows -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A sale with what its row shows beside it."""

    sale: Sale
    invoice: Invoice | None
    expected: dt.date | None
    issue: Issue | None

    @property
    def channel(self):
        return CHANNELS.get(self.sale.channel, self.sale.channel)

    @property
    def fix(self) -> FixLink | None:
        """Where a person fixes what the sale waits for; None while it waits for nobody."""
        if self.issue is None or self.sale.status is not Status.ATTENTION:
            return None
        return fix_link(self.issue, self.sale, g.identity.role) or order_link(self.sale)

    @property
    def segments(self) -> dict | None:
        """How far it is, of five; None where there is no way to go."""
        if self.sale.status in (Status.OPEN, Status.CANCELLED, Status.COMPLETED):
            return None
        at = str(self.sale.status if self.sale.status is not Status.ATTENTION else self.sale.step)
        number = [str(status) for status, _name in PROGRESS].index(at) + 1
        state = {Status.ATTENTION: "stuck", Status.INVOICED: "done"}.get(self.sale.status, "now")
        return {"n": number, "words": PROGRESS[number - 1][1], "state": state}


def rows_of(found: list[Sale]) -> list[Row]:
    ids = [sale.id for sale in found]
    load_lines([sale for sale in found if sale.status is Status.ATTENTION])
    invoices = invoices_of(ids)
    slips = select(PackingSlip.sale_id, PackingSlip.expected_delivery).where(
        PackingSlip.sale_id.in_(ids)
    )
    expected = {sale_id: day for sale_id, day in db.session.execute(slips)}
    return [
        Row(sale, invoices.get(sale.id), expected.get(sale.id), issue_of(sale)) for sale in found
    ]


# -- CSV ------------------------------------------------------------------------------------------


def csv_answer(filters: Filters) -> Response:
    """The filtered list, the newest first, at most MOST_EXPORTED rows, sent while it is read."""
    header = [
        _("Order"),
        _("When"),
        _("Customer"),
        _("Status"),
        _("Channel"),
        _("Agent"),
        _("Payment"),
        _("Freight"),
        _("Discount"),
        _("Total"),
        _("Series"),
        _("NF-e"),
        _("Access key"),
        _("Shipping"),
    ]
    return csv_file("sales", header, _exported(filters))


def _exported(filters: Filters) -> Iterator[tuple]:
    last, left = None, MOST_EXPORTED
    while left:
        chunk, last = _chunk(filters, last, min(CHUNK, left))
        if not chunk:
            return
        left -= len(chunk)
        yield from chunk


def _chunk(filters: Filters, last: int | None, most: int) -> tuple[list[tuple], int | None]:
    """The cells of the next rows, and the last sale's id. No transaction stays open while
    somebody's slow line takes them in."""
    with only_reading():
        query = filters.query() if last is None else filters.query().where(Sale.id < last)
        found = list(db.session.scalars(query.order_by(Sale.id.desc()).limit(most)))
        chunk = [_cells(row) for row in rows_of(found)]
        last = found[-1].id if found else None
        db.session.rollback()
        db.session.expunge_all()
    return chunk, last


def _cells(row: Row) -> tuple:
    sale, invoice = row.sale, row.invoice
    return (
        sale.reference,
        sale.created_at.isoformat(timespec="seconds"),
        sale.customer_name,
        sale.status.label,
        row.channel,
        sale.agent_code or "",
        sale.payment_method.label,
        sale.freight,
        sale.discount,
        sale.total,
        invoice.series if invoice and invoice.series else "",
        invoice.number if invoice and invoice.number else "",
        invoice.access_key if invoice and invoice.access_key else "",
        sale.shipping.label,
    )
