"""What a sale tells for its NF-e beside the buyer and the goods, in the NF-e's terms."""

from datetime import date
from decimal import Decimal
from typing import Any

from webapp.fiscal.note import Address, Bill, Carrier, Item, Marketplace, Payment, Volume
from webapp.platform.cep import normalize_cep
from webapp.platform.money import ZERO, cents, split
from webapp.sales.invoice_details import partner_facts
from webapp.sales.models import Sale
from webapp.store.models import PartnerKind

Row = dict[str, Any]


def told_for_note(sale: Sale, items: tuple[Item, ...]) -> dict[str, Any]:
    """Fields of a Note, those told; and as `registered` the buyer's registered address."""
    details = sale.invoice_details or {}
    total = sum((item.total for item in items), ZERO)
    carrier = partner_facts(details, PartnerKind.CARRIER, details.get("carrier"))
    packages = details.get("packages", [])
    return {
        "registered": _registered(details.get("billing_address")),
        "payments": _payments(details, total),
        "bills": _bills(details, total, sale.total),
        "buyer_use": details.get("buyer_use", ""),
        "marketplace": _marketplace(details),
        "carrier": Carrier(**{name: carrier[name] for name in carrier if name != "seller_id"})
        if carrier
        else None,
        "freight_by": details.get("freight_by", ""),
        "packages": tuple(Volume(**package) for package in packages),
    }


def _registered(parts: Row | None) -> Address | None:
    if not parts:
        return None
    given = {name: parts.get(name, "") for name in Address.__dataclass_fields__}
    return Address(**given | {"zip_code": normalize_cep(given["zip_code"]) or ""})


def _payments(details: Row, total: Decimal) -> tuple[Payment, ...]:
    """Each with its share of the goods that the NF-e is of: the rest of the order, or what was
    refunded meanwhile, is paid by all of them alike."""
    rows = details.get("payments", [])
    shares = split(total, [Decimal(row["amount"]) for row in rows])
    return tuple(
        Payment(
            method=row["method"],
            amount=share,
            day=date.fromisoformat(row["date"]) if "date" in row else None,
            acquirer_cnpj=partner_facts(details, PartnerKind.ACQUIRER, row.get("acquirer")).get(
                "cnpj", ""
            ),
            brand=row.get("brand", ""),
            authorization=row.get("authorization", ""),
            pix=row.get("pix", ""),
        )
        for row, share in zip(rows, shares, strict=True)
        if share
    )


def _bills(details: Row, total: Decimal, sold: Decimal) -> tuple[Bill, ...]:
    """As the payments are shared."""
    rows = details.get("bills", [])
    amounts = [Decimal(row["amount"]) for row in rows]
    owed = cents(sum(amounts, ZERO) * total / sold) if sold else ZERO
    return tuple(
        Bill(date.fromisoformat(row["due"]), share)
        for row, share in zip(rows, split(owed, amounts), strict=True)
        if share
    )


def _marketplace(details: Row) -> Marketplace | None:
    named = details.get("marketplace")
    if not named:
        return None
    facts = partner_facts(details, PartnerKind.MARKETPLACE, named["code"])
    return Marketplace(facts["cnpj"], facts["seller_id"], named.get("order", ""))
