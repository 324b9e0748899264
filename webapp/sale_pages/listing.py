"""The list of sales as pages and files show it: filters from the address, tabs, rows."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from webapp.customers.models import Agent
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.http.formatting import day_text, with_query
from webapp.http.lists import bounded_count, count_text
from webapp.http.localization import time_zone
from webapp.http.query import query_choice, query_day
from webapp.invoices.issues import issue_of
from webapp.invoices.models import Invoice
from webapp.invoices.queries import invoices_of
from webapp.platform.database import db
from webapp.platform.issues import Issue
from webapp.processing.pipeline import PROGRESS
from webapp.sale_pages.fix_links import FixLink, fix_link, order_link
from webapp.sales.forms import CHANNELS
from webapp.sales.models import Sale, Shipping, Status
from webapp.sales.queries import load_lines, sales

TABS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (_l("All"), {}),
    (Status.OPEN.label, {"status": Status.OPEN}),
    (Status.ATTENTION.label, {"status": Status.ATTENTION}),
    (Status.REVIEW.label, {"status": Status.REVIEW}),
    (Shipping.TO_PACK.label, {"shipping": Shipping.TO_PACK}),
    (Shipping.PACKED.label, {"shipping": Shipping.PACKED}),
)


@dataclass(frozen=True)
class SaleFilters:
    """What the address asks for; a value that cannot be is refused with its name."""

    status: Status | None = None
    shipping: Shipping | None = None
    channel: str = ""
    agent: str = ""
    since: dt.date | None = None
    q: str = ""

    @classmethod
    def from_address(cls) -> "SaleFilters":
        return cls(
            status=query_choice("status", Status),
            shipping=query_choice("shipping", Shipping),
            channel=request.args.get("channel", "")[:20],
            agent=request.args.get("agent", "")[:20],
            since=query_day("since"),
            q=request.args.get("q", "")[:200],
        )

    def query(self) -> Select[Any]:
        since = None
        if self.since:
            since = dt.datetime.combine(self.since, dt.time(), ZoneInfo(time_zone()))
        return _sales(
            status=self.status,
            shipping=self.shipping,
            channel=self.channel,
            agent=self.agent,
            since=since,
            q=self.q,
        )


def _sales(status: Status | None = None, **others: Any) -> Select[Any]:
    """What needs attention on a page is more than the state of that name."""
    if status is Status.ATTENTION:
        return sales(needs_person=True, **others)
    return sales(status, **others)


# -- what stands above the rows -------------------------------------------------------------------


def tabs(filters: SaleFilters) -> list[dict[str, Any]]:
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
            "count": count_text(bounded_count(_sales(**asked).with_only_columns(Sale.id))),
            "active": asked == here,
        }
        for label, asked in TABS
    ]


def chosen(filters: SaleFilters) -> list[dict[str, Any]]:
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


class FilterChoice(NamedTuple):
    """A filter one may add; `options` are of {label, href, active}."""

    label: str
    options: list[dict[str, Any]]


def choices(filters: SaleFilters, agents: list[Agent]) -> list[FilterChoice]:
    """The filters that have something to choose from."""
    statuses = [(str(status), status.label) for status in Status]
    names = [(agent.code, agent.name) for agent in agents]
    offered = (
        _choice(_("Status"), "status", statuses, str(filters.status)),
        _choice(_("Channel"), "channel", list(CHANNELS.items()), filters.channel),
        _choice(_("Agent"), "agent", names, filters.agent),
        _choice(_("Period"), "since", _days_ago(), str(filters.since)),
    )
    return [choice for choice in offered if choice.options]


def _days_ago() -> list[tuple[str, str]]:
    today = dt.datetime.now(ZoneInfo(time_zone())).date()
    ago = {0: _("Today"), 6: _("Last 7 days"), 29: _("Last 30 days")}
    return [((today - dt.timedelta(back)).isoformat(), label) for back, label in ago.items()]


def _choice(label: str, name: str, values: list[tuple[str, Any]], now: str) -> FilterChoice:
    options = [
        {
            "label": words,
            "href": with_query(**{name: value, "after": None, "before": None}),
            "active": value == now,
        }
        for value, words in values
    ]
    return FilterChoice(label, options)


# -- rows -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SaleRow:
    """A sale with what its row shows beside it."""

    sale: Sale
    invoice: Invoice | None
    expected: dt.date | None
    issue: Issue | None

    @property
    def channel(self) -> Any:
        return CHANNELS.get(self.sale.channel, self.sale.channel)

    @property
    def fix(self) -> FixLink | None:
        """Where a person fixes what the sale waits for; None while it waits for nobody."""
        if self.issue is None:
            return None
        link = fix_link(self.issue, self.sale, g.identity.role)
        return link or (order_link(self.sale) if self.sale.status is Status.ATTENTION else None)

    @property
    def segments(self) -> dict[str, Any] | None:
        """How far it is, of five; None where there is no way to go."""
        if self.sale.status in (Status.OPEN, Status.CANCELLED, Status.COMPLETED):
            return None
        at = str(self.sale.status if self.sale.status is not Status.ATTENTION else self.sale.step)
        number = [str(status) for status, _name in PROGRESS].index(at) + 1
        state = {Status.ATTENTION: "stuck", Status.INVOICED: "done"}.get(self.sale.status, "now")
        return {"n": number, "words": PROGRESS[number - 1][1], "state": state}


def rows_of(found: list[Sale]) -> list[SaleRow]:
    ids = [sale.id for sale in found]
    load_lines([sale for sale in found if sale.status is Status.ATTENTION])
    invoices = invoices_of(ids)
    slips = select(PackingSlip.sale_id, PackingSlip.expected_delivery).where(
        PackingSlip.sale_id.in_(ids)
    )
    expected = {sale_id: day for sale_id, day in db.session.execute(slips)}
    return [
        SaleRow(sale, invoices.get(sale.id), expected.get(sale.id), issue_of(sale))
        for sale in found
    ]
