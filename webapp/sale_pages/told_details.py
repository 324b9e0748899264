"""What a sale tells for its NF-e alone, in words."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.http.formatting import day_text, money_text, weight_text
from webapp.sales.invoice_details import brand_name, partner_facts
from webapp.sales.models import BuyerUse, FreightBy, PaymentMethod, PixKind
from webapp.store.models import PartnerKind

Row = dict[str, Any]


class ToldFact(NamedTuple):
    """A term, and what is told of it, one text for each row."""

    term: str
    values: list[str]


def told_details(details: Row | None) -> list[ToldFact]:
    """Those told, in the order of the form."""
    if not details:
        return []
    found = (ToldFact(term, list(values)) for term, values in _all(details))
    return [fact for fact in found if fact.values]


def in_one_line(details: Row | None) -> str:
    """For the audit."""
    facts = told_details(details)
    return " · ".join(f"{fact.term}: {', '.join(fact.values)}" for fact in facts)


def _all(details: Row) -> Iterator[tuple[str, Iterator[str]]]:
    yield _("Payments"), (_payment(details, row) for row in details.get("payments", []))
    yield _("The company buys"), _one(BuyerUse, details.get("buyer_use"))
    yield _("Marketplace"), _marketplace(details)
    yield _("Carrier"), _named(details, PartnerKind.CARRIER, details.get("carrier"))
    yield _("Who hires the carrier"), _one(FreightBy, details.get("freight_by"))
    yield _("Packages"), (_package(row) for row in details.get("packages", []))
    yield (
        _("Instalments owed to the shop"),
        (
            f"{day_text(dt.date.fromisoformat(row['due']))}: {money_text(Decimal(row['amount']))}"
            for row in details.get("bills", [])
        ),
    )
    yield _("Registered address of the company"), _address(details.get("billing_address"))


def _one(members: Any, value: str | None) -> Iterator[str]:
    if value:
        yield str(members(value).label)


def _name(details: Row, kind: PartnerKind, code: str | None) -> str:
    return partner_facts(details, kind, code).get("name", code or "")


def _named(details: Row, kind: PartnerKind, code: str | None) -> Iterator[str]:
    if code:
        yield _name(details, kind, code)


def _marketplace(details: Row) -> Iterator[str]:
    named = details.get("marketplace")
    if named:
        name = _name(details, PartnerKind.MARKETPLACE, named["code"])
        yield " · ".join(filter(None, (name, named.get("order"))))


def _payment(details: Row, row: Row) -> str:
    brand, pix, count = row.get("brand"), row.get("pix"), row.get("installments")
    parts = (
        f"{PaymentMethod(row['method']).label} {money_text(Decimal(row['amount']))}",
        f"{count}×" if count else "",
        brand_name(brand) if brand else "",
        str(PixKind(pix).label) if pix else "",
        _name(details, PartnerKind.ACQUIRER, row.get("acquirer")),
        row.get("authorization", ""),
        day_text(dt.date.fromisoformat(row["date"])) if "date" in row else "",
    )
    return " · ".join(filter(None, parts))


def _package(row: Row) -> str:
    net, gross = row.get("net_weight_g"), row.get("gross_weight_g")
    parts = (
        ngettext("%(num)s parcel", "%(num)s parcels", row["quantity"]),
        row.get("kind", ""),
        _("net %(weight)s", weight=weight_text(net)) if net is not None else "",
        _("gross %(weight)s", weight=weight_text(gross)) if gross is not None else "",
    )
    return " · ".join(filter(None, parts))


def _address(parts: Row | None) -> Iterator[str]:
    if parts:
        street = ", ".join(
            filter(None, (parts["street"], parts["number"], parts.get("complement")))
        )
        place = f"{parts['neighborhood']}, {parts['city']}/{parts['state']}"
        yield f"{street} · {place} · {parts['zip_code']}"
