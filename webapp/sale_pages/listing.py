"""The list of sales as pages and files show it: filters from the address, tabs, rows."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from webapp.customers.models import Agent
from webapp.fulfilment.parcels.models import MAY_LEAVE, PackingSlip, SlipStatus
from webapp.fulfilment.parcels.queries import slips_of
from webapp.http.formatting import with_query
from webapp.http.lists import Order, Orders, Tab, tabs_of
from webapp.http.periods import Period
from webapp.http.query import query_choice
from webapp.invoices.issues import issue_of
from webapp.invoices.models import Invoice
from webapp.invoices.queries import invoices_of
from webapp.platform.clock import utc_now
from webapp.platform.codes import LONGEST
from webapp.platform.columns import written_out
from webapp.platform.issues import Issue
from webapp.processing.pipeline import PROGRESS
from webapp.processing.wait_facts import WaitingSale, waits_of
from webapp.processing.waiting import Wait
from webapp.sale_pages.fix_links import FixLink, fix_link, order_link
from webapp.sales.forms import CHANNELS
from webapp.sales.leaving import Due
from webapp.sales.models import IS_TO_SHIP, Sale, SaleTag, Shipping, Status, Tag
from webapp.sales.queries import load_lines, sales, tags_of
from webapp.sums.margins import Margin
from webapp.web.listings import Asked
from webapp.web.navigation import Counter, counted

ORDERS = {
    "when": Order((Sale.id,), down=True),
    "order": Order((Sale.reference, Sale.id)),
    "customer": Order((Sale.customer_name, Sale.id)),
    "total": Order((Sale.total, Sale.id), down=True),
    # What has not to leave any more, or not yet, stands at the end.
    "ship_by": Order((Sale.leaves_by, Sale.id)),
}
# A list of one tag goes by the index of that.
TAGGED_ORDERS = ORDERS | {"when": Order((SaleTag.id,), down=True)}
# What must leave is read by when.
_BY_LEAVING = {"ship_by": Order((Sale.ship_by, Sale.id))}
LEAVING = _BY_LEAVING | ORDERS | _BY_LEAVING
# What was paid on some days, by the payment.
PAID_ORDERS = ORDERS | {"when": Order((Sale.paid_at, Sale.id), down=True)}
TABS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (_l("All"), {}),
    (Status.OPEN.label, {"status": Status.OPEN}),
    (Status.ATTENTION.label, {"status": Status.ATTENTION}),
    (Status.REVIEW.label, {"status": Status.REVIEW}),
    (Shipping.TO_PACK.label, {"shipping": Shipping.TO_PACK}),
    (Shipping.PACKED.label, {"shipping": Shipping.PACKED}),
    (Due.LATE.label, {"due": Due.LATE}),
    (Due.TODAY.label, {"due": Due.TODAY}),
    (Due.WILL_MISS.label, {"due": Due.WILL_MISS}),
)


@dataclass(frozen=True)
class SaleFilters:
    """What the address asks for; a value that cannot be is refused with its name."""

    status: Status | None = None
    shipping: Shipping | None = None
    due: Due | None = None
    channel: str = ""
    agent: str = ""
    tag: str = ""
    period: Period = Period()
    paid: Period = Period(of="paid_")
    q: str = ""

    @classmethod
    def of(cls, asked: Asked) -> "SaleFilters":
        """Raises WrongFilter."""
        return cls(
            status=query_choice("status", Status, asked),
            shipping=query_choice("shipping", Shipping, asked),
            due=query_choice("due", Due, asked),
            channel=asked.get("channel", "")[:20],
            agent=asked.get("agent", "")[:20],
            tag=asked.get("tag", "")[:LONGEST],
            period=Period.asked(asked),
            paid=Period.asked(asked, "paid_"),
            q=asked.get("q", "")[:LONGEST],
        )

    def query(self) -> Select[Any]:
        return _sales(
            status=self.status,
            shipping=self.shipping,
            due=self.due,
            channel=self.channel,
            agent=self.agent,
            tag=self.tag,
            since=self.period.begins,
            until=self.period.ends,
            paid_since=self.paid.begins,
            paid_until=self.paid.ends,
            q=self.q,
        )

    @property
    def narrowed(self) -> bool:
        return self != SaleFilters()


def _sales(
    status: Status | None = None, shipping: Shipping | None = None, **others: Any
) -> Select[Any]:
    """What needs attention on a page is more than the state of that name, and what is to be packed
    or shipped is less: its goods may leave (`SaleRow.parcel`)."""
    if status is Status.ATTENTION:
        found = sales(needs_person=True, shipping=shipping, **others)
    else:
        found = sales(status, shipping, **others)
    if shipping in (Shipping.TO_PACK, Shipping.PACKED):
        found = found.where(Sale.status.in_(MAY_LEAVE), IS_TO_SHIP)
    return found


# -- what stands above the rows -------------------------------------------------------------------


def _ids(**asked: Any) -> Select[Any]:
    return _sales(**asked).with_only_columns(Sale.id)


@cache
def _standing(**asked: Any) -> Counter:
    return Counter(written_out(_ids(**asked)))


def tabs(filters: SaleFilters) -> list[dict[str, Any]]:
    """The tabs with their counts, exact up to a thousand and asked with the menu's. Other filters
    do not count: a tab says what waits."""
    nothing_asked = {"status": None, "shipping": None, "due": None}
    # What is late is so as of now; the others are asked alike each time.
    counters = [
        Counter(_ids(**asked)) if "due" in asked else _standing(**asked) for _, asked in TABS
    ]
    rows = counted(*counters)
    tabs = [
        Tab(label, nothing_asked | asked, rows[counter])
        for (label, asked), counter in zip(TABS, counters, strict=True)
    ]
    return tabs_of(tabs, {name: getattr(filters, name) for name in nothing_asked})


def chosen(filters: SaleFilters) -> list[dict[str, Any]]:
    """Each filter that holds, in words, with the address of the list without it."""
    words = {
        "status": filters.status and filters.status.label,
        "shipping": filters.shipping and filters.shipping.label,
        "due": filters.due and filters.due.label,
        "channel": filters.channel and CHANNELS.get(filters.channel, filters.channel),
        "agent": filters.agent and _("Agent %(code)s", code=filters.agent),
        "tag": filters.tag and _("Tag %(name)s", name=filters.tag),
    }
    chips = [
        {"label": label, "href": with_query(**{name: None, "after": None, "before": None})}
        for name, label in words.items()
        if label
    ]
    return chips + filters.period.chosen() + filters.paid.chosen()


def orders_of(asked: Asked) -> Orders:
    if asked.get("due"):
        return LEAVING
    if asked.get("tag"):
        return TAGGED_ORDERS
    return PAID_ORDERS if asked.get("paid_since") or asked.get("paid_until") else ORDERS


def choices(filters: SaleFilters, agents: list[Agent], tags: list[Tag]) -> list[dict[str, Any]]:
    """The filters that have something to choose from, as `lists.filters` takes them."""
    statuses = [(str(status), status.label) for status in Status]
    names = [(agent.code, agent.name) for agent in agents]
    offered = (
        _choice(_("Status"), "status", statuses, str(filters.status)),
        _choice(_("Ship by"), "due", [(str(due), due.label) for due in Due], str(filters.due)),
        _choice(_("Channel"), "channel", list(CHANNELS.items()), filters.channel),
        _choice(_("Agent"), "agent", names, filters.agent),
        _choice(_("Tag"), "tag", [(tag.name, tag.name) for tag in tags], filters.tag),
    )
    return [choice for choice in offered if choice["options"]] + [filters.period.choice()]


def _choice(label: str, name: str, values: list[tuple[str, Any]], now: str) -> dict[str, Any]:
    options = [
        {
            "label": words,
            "href": with_query(**{name: value, "after": None, "before": None}),
            "active": value == now,
        }
        for value, words in values
    ]
    return {"label": label, "options": options}


# -- rows -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SaleRow:
    """A sale with what its row shows beside it."""

    sale: Sale
    invoice: Invoice | None
    slip: PackingSlip | None
    issue: Issue | None
    tags: list[Tag]
    wait: Wait | None = None
    # In files alone.
    margin: Margin | None = None

    @property
    def channel(self) -> Any:
        return CHANNELS.get(self.sale.channel, self.sale.channel)

    @property
    def parcel(self) -> Any:
        """How far its parcel is; nothing to pack before its slip may be packed."""
        if self.slip and self.slip.status in (SlipStatus.HELD, SlipStatus.AWAITING_NFE):
            return self.slip.status.label
        return self.sale.shipping.label if self.sale.shipping is not Shipping.NONE else ""

    @property
    def is_late(self) -> bool:
        return self.sale.is_late(utc_now())

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


def rows_of(found: list[Sale], with_waits: bool = False) -> list[SaleRow]:
    """`with_waits`: with the sentence for what each waits."""
    ids = [sale.id for sale in found]
    load_lines([sale for sale in found if sale.status is Status.ATTENTION])
    tags = tags_of(ids)
    if with_waits:
        told = waits_of(found)
    else:
        # Its sale is one of those found: no row asks for it.
        invoices, slips = invoices_of(ids), slips_of(ids)
        told = {row: WaitingSale(None, invoices.get(row), slips.get(row)) for row in ids}
    return [
        SaleRow(
            sale,
            told[sale.id].invoice,
            told[sale.id].slip,
            issue_of(sale),
            tags.get(sale.id, []),
            told[sale.id].wait,
        )
        for sale in found
    ]
