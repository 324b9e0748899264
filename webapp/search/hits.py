"""What a search found, as the search page and the palette both show it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.catalog.models import Product
from webapp.customers.models import Customer
from webapp.http.formatting import masked_document, moment_text, money_text
from webapp.invoices.models import Invoice
from webapp.platform.searching import look_ahead
from webapp.platform.text import fold
from webapp.sales.models import Sale
from webapp.search import queries
from webapp.web.navigation import Command, MenuEntry, commands, entries, open_to_me


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
    few that fit, `facts` makes the rest of a row's hit. Open to whoever may open its `page`."""

    name: str
    title: Any
    icon: str
    page: str
    id_name: str
    index: str
    exact: Callable[[str], Any]
    like: Callable[[str], list[Any]]
    facts: Callable[[Any], dict[str, Any]]

    def hit(self, row: Any) -> Hit:
        href = url_for(self.page, **{self.id_name: row.id})
        return Hit(icon=self.icon, href=href, **self.facts(row))

    def group(self, q: str) -> HitGroup:
        rows = self.like(q)
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
        _l("Orders"),
        "shopping-cart",
        "sales.page",
        "sale_id",
        "sales.index",
        queries.exact_sale,
        queries.sales_like,
        _sale,
    ),
    Found(
        "invoices",
        _l("NF-e"),
        "file-invoice",
        "invoices.page",
        "invoice_id",
        "invoices.index",
        queries.exact_invoice,
        queries.invoices_like,
        _invoice,
    ),
    Found(
        "customers",
        _l("Customers"),
        "users",
        "customers.show",
        "customer_id",
        "customers.index",
        queries.exact_customer,
        queries.customers_like,
        _customer,
    ),
    Found(
        "products",
        _l("Products"),
        "package",
        "catalog.show",
        "product_id",
        "catalog.index",
        queries.exact_product,
        queries.products_like,
        _product,
    ),
)


def _open_kinds() -> Iterable[Found]:
    return (kind for kind in KINDS if open_to_me(kind.page))


def meant(q: str) -> Hit | None:
    """The one thing that `q` is a code of."""
    for kind in _open_kinds():
        found = kind.exact(q)
        if found:
            return kind.hit(found)
    return None


def groups(q: str) -> list[HitGroup]:
    """What fits `q`, by kind; kinds of which nothing fits are left out."""
    look_ahead((Sale, Customer, Product), q)
    found = [kind.group(q) for kind in _open_kinds()]
    return [group for group in found if group.hits]


def palette(q: str) -> list[HitGroup]:
    """What the palette offers: pages and acts by the beginnings of their words, the one thing
    meant, and what fits. Records are looked for from a few letters on."""
    offered = [_acts(q)]
    if q:
        exact = meant(q)
        found = groups(q) if len(q) >= queries.LEAST else []
        if exact:
            offered.append(HitGroup("meant", _("Exact match"), [exact]))
            found = [_without(group, exact.href) for group in found]
        offered += found
    return [group for group in offered if group.hits]


def _without(group: HitGroup, href: str) -> HitGroup:
    hits = [hit for hit in group.hits if hit.href != href]
    return HitGroup(group.name, group.title, hits, group.all_href)


def _acts(q: str) -> HitGroup:
    wanted = fold(q).split()
    offered: list[Command | MenuEntry] = [*commands(), *entries()]
    hits = [_act(entry) for entry in offered if _begins(wanted, fold(str(entry.label)).split())]
    return HitGroup("acts", _("Pages and commands"), hits)


def _begins(wanted: list[str], words: list[str]) -> bool:
    """Every wanted word is the beginning of one."""
    return all(any(word.startswith(part) for word in words) for part in wanted)


def _act(entry: Command | MenuEntry) -> Hit:
    if isinstance(entry, Command) and entry.press:
        return Hit(icon=entry.icon, name=entry.label, press=entry.press)
    return Hit(icon=entry.icon, name=entry.label, href=url_for(entry.endpoint))
