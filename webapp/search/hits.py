"""What a search found, as the search page and the palette both show it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException

from webapp.catalog.models import Product
from webapp.customers.models import Customer
from webapp.http.formatting import masked_document, moment_text, money_text
from webapp.invoices.models import Invoice
from webapp.platform.searching import look_ahead
from webapp.platform.text import fold
from webapp.sales.models import Sale
from webapp.search import queries
from webapp.web.navigation import Command, MenuEntry, Offer, commands, entries, offers, open_to_me


@dataclass(frozen=True)
class Hit:
    """One thing that fits: `name` is its link, `beside` stands after it, `second` below. `press` is
    the element that a command presses, for one that leads nowhere."""

    icon: str
    name: Any
    href: str = ""
    beside: str = ""
    second: str = ""
    badge: Any = ""
    tone: str = ""
    press: str = ""


@dataclass(frozen=True)
class HitGroup:
    """Hits of one kind; `all_href` lists the rest where there are more."""

    name: str
    title: Any
    hits: list[Hit]
    all_href: str = ""


@dataclass(frozen=True)
class Found:
    """A kind of thing that is searched for: `exact` finds the one row that a code means, `like` a
    few that fit, after those it is a code of, `facts` makes the rest of a row's hit. Open to
    whoever may open its `page`."""

    name: str
    one: str
    title: Any
    icon: str
    page: str
    id_name: str
    index: str
    model: Any
    exact: Callable[[str], Any]
    like: Callable[[str, queries.NamedRows], list[Any]]
    facts: Callable[[Any], dict[str, Any]]

    def hit(self, row: Any) -> Hit:
        href = url_for(self.page, **{self.id_name: row.id})
        return Hit(icon=self.icon, href=href, **self.facts(row))

    def group(self, q: str, known: queries.NamedRows) -> HitGroup:
        rows = self.like(q, known)
        more = url_for(self.index, q=q) if len(rows) > queries.SHOWN else ""
        return HitGroup(
            self.name, self.title, [self.hit(row) for row in rows[: queries.SHOWN]], more
        )


def _sale(sale: Sale) -> dict[str, Any]:
    return {
        "name": sale.reference,
        "beside": sale.customer_name,
        "second": f"{money_text(sale.total)} · {moment_text(sale.created_at)}",
        "badge": sale.status.label,
        "tone": sale.status.tone,
    }


def _invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "name": invoice.printed_number or _("Not numbered yet"),
        "beside": invoice.sale.customer_name,
        "second": f"{invoice.sale.reference} · {money_text(invoice.total)}",
        "badge": invoice.label,
        "tone": invoice.status.tone,
    }


def _customer(customer: Customer) -> dict[str, Any]:
    place = "/".join(filter(None, (customer.city, customer.state))) if customer.city else ""
    return {
        "name": customer.name,
        "second": " · ".join(filter(None, (masked_document(customer.document), place))),
    }


def _product(product: Product) -> dict[str, Any]:
    return {
        "name": product.name,
        "second": f"{product.sku} · {money_text(product.price)} · {product.kind.label}",
        "badge": _("Archived") if product.archived_at else "",
    }


# A code that fits several kinds means the first of them.
KINDS = (
    Found(
        "sales",
        "sale",
        _l("Orders"),
        "shopping-cart",
        "sales.page",
        "sale_id",
        "sales.index",
        Sale,
        queries.exact_sale,
        queries.sales_like,
        _sale,
    ),
    Found(
        "invoices",
        "invoice",
        _l("NF-e"),
        "file-invoice",
        "invoices.page",
        "invoice_id",
        "invoices.index",
        Invoice,
        queries.exact_invoice,
        queries.invoices_like,
        _invoice,
    ),
    Found(
        "customers",
        "customer",
        _l("Customers"),
        "users",
        "customers.show",
        "customer_id",
        "customers.index",
        Customer,
        queries.exact_customer,
        queries.customers_like,
        _customer,
    ),
    Found(
        "products",
        "product",
        _l("Products"),
        "package",
        "catalog.show",
        "product_id",
        "catalog.index",
        Product,
        queries.exact_product,
        queries.products_like,
        _product,
    ),
)
RECENT = 5
MOST_RECENT = 20


def _open_kinds() -> Iterable[Found]:
    return (kind for kind in KINDS if open_to_me(kind.page))


def meant(q: str) -> Hit | None:
    """The one thing that `q` is a code of."""
    found = _meant_row(q)
    return found and found[0].hit(found[1])


def _meant_row(q: str) -> tuple[Found, Any] | None:
    rows = ((kind, kind.exact(q)) for kind in _open_kinds())
    return next(((kind, row) for kind, row in rows if row), None)


def groups(q: str) -> list[HitGroup]:
    """What fits `q`, by kind; kinds of which nothing fits are left out."""
    known = _known(q)
    found = [kind.group(q, known[kind.model]) for kind in _open_kinds()]
    return [group for group in found if group.hits]


def _known(q: str) -> dict[Any, queries.NamedRows]:
    """And how the rest of what goes by name is looked for, in one statement."""
    known = queries.known_by(q)
    if unknown := [each for each in (Customer, Product) if not known[each].is_enough]:
        look_ahead(unknown, q)
    return known


def best(q: str) -> list[tuple[Found, Any, Hit]]:
    """For programs: the one thing meant, then a few of each kind that fit."""
    if not q.strip():
        return []
    exact = _meant_row(q)
    known = _known(q)
    found = ((kind, kind.like(q, known[kind.model])) for kind in _open_kinds())
    fits = [(kind, row) for kind, rows in found for row in rows[: queries.SHOWN]]
    if exact:
        fits = [exact, *(pair for pair in fits if pair[1] is not exact[1])]
    return [(kind, row, kind.hit(row)) for kind, row in fits]


def palette(q: str, recent: Sequence[str] = ()) -> list[HitGroup]:
    """What the palette offers: what was opened lately, pages and acts by the beginnings of their
    words, the one thing meant, and what fits. Records are looked for from a few letters on.
    `recent`: addresses, the latest first."""
    lately = HitGroup("recent", _("Recent"), _opened(recent, q))
    offered, found = [lately, _acts(q)], []
    if q:
        exact = meant(q)
        found = groups(q) if len(q) >= queries.LEAST else []
        if exact:
            offered.append(HitGroup("meant", _("Exact match"), [exact]))
    known = {hit.href for group in offered for hit in group.hits}
    offered += [_without(group, known) for group in found]
    return [group for group in offered if group.hits]


def _opened(recent: Sequence[str], q: str) -> list[Hit]:
    """Those that are there still, are open to the person, and fit."""
    places = _records(recent)
    rows: dict[tuple[str, int], Hit] = {}
    for kind in _open_kinds():
        ids = [row_id for name, row_id in places if name == kind.name]
        rows |= {(kind.name, row.id): kind.hit(row) for row in queries.by_ids(kind.model, ids)}
    wanted = fold(q).split()
    hits = [rows[place] for place in places if place in rows]
    return [hit for hit in hits if _holds(hit, wanted)][:RECENT]


def _records(recent: Sequence[str]) -> list[tuple[str, int]]:
    """Kinds and ids of the records that these are the addresses of."""
    kinds = {kind.page: kind for kind in KINDS}
    found: dict[tuple[str, int], None] = {}
    for address in recent[:MOST_RECENT]:
        try:
            page, values = current_app.url_map.bind("").match(address)
        except HTTPException:
            continue
        if page in kinds:
            found[kinds[page].name, values[kinds[page].id_name]] = None
    return list(found)


def _holds(hit: Hit, wanted: list[str]) -> bool:
    text = fold(f"{hit.name} {hit.beside} {hit.second}")
    return all(word in text for word in wanted)


def _without(group: HitGroup, known: set[str]) -> HitGroup:
    hits = [hit for hit in group.hits if hit.href not in known]
    return HitGroup(group.name, group.title, hits, group.all_href)


def _acts(q: str) -> HitGroup:
    wanted = fold(q).split()
    offered: list[Command | MenuEntry | Offer] = [*commands(), *entries(), *offers()]
    hits = [_act(entry) for entry in offered if _begins(wanted, fold(str(entry.label)).split())]
    return HitGroup("acts", _("Pages and commands"), hits)


def _begins(wanted: list[str], words: list[str]) -> bool:
    """Every wanted word is the beginning of one."""
    return all(any(word.startswith(part) for word in words) for part in wanted)


def _act(entry: Command | MenuEntry | Offer) -> Hit:
    if isinstance(entry, Offer):
        return Hit(icon=entry.icon, name=entry.label, href=entry.href)
    if isinstance(entry, Command) and entry.press:
        return Hit(icon=entry.icon, name=entry.label, press=entry.press)
    return Hit(icon=entry.icon, name=entry.label, href=url_for(entry.endpoint))
