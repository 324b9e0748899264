"""What a sale keeps for its NF-e beside the buyer and the goods (`Sale.invoice_details`)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from webapp.fiscal.payments import BRANDS
from webapp.http.formatting import money_text
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.money import ZERO
from webapp.sales.detail_forms import DETAILS, InvoiceDetailsIn
from webapp.store.models import Partner, PartnerKind
from webapp.store.partners.queries import partners_named

Partners = Mapping[tuple[PartnerKind, str], Partner]
Details = dict[str, Any]


def partners_of(wanted: InvoiceDetailsIn) -> Partners:
    """The companies that it names. Raises Invalid, naming the field, for one that the shop does
    not know."""
    named = _named(wanted)
    found = partners_named(key for _field, key in named)
    errors = [
        FieldError(field, _("The shop knows none of the code %(code)s.", code=key[1]))
        for field, key in named
        if key not in found
    ]
    if errors:
        raise Invalid(errors)
    return found


def _named(wanted: InvoiceDetailsIn) -> list[tuple[str, tuple[PartnerKind, str]]]:
    """By the field, the kind and code that stands there."""
    named = [
        (f"payments.{number}.acquirer", (PartnerKind.ACQUIRER, payment.acquirer))
        for number, payment in enumerate(wanted.payments)
        if payment.acquirer
    ]
    if wanted.marketplace:
        named.append(("marketplace.code", (PartnerKind.MARKETPLACE, wanted.marketplace.code)))
    if wanted.carrier:
        named.append(("carrier", (PartnerKind.CARRIER, wanted.carrier)))
    return named


def details_of(wanted: InvoiceDetailsIn, total: Decimal, partners: Partners) -> Details | None:
    """What a sale of this total keeps; None where nothing is told beyond how it is paid. Raises
    Invalid for amounts that do not add up to it."""
    _refuse_wrong_sums(wanted, total)
    details = _told(wanted)
    if partners:
        details["partners"] = {_key(*key): partner.facts for key, partner in partners.items()}
    if wanted.billing_address:
        details["billing_address"]["ibge"] = wanted.billing_address.ibge
    return details or None


def _refuse_wrong_sums(wanted: InvoiceDetailsIn, total: Decimal) -> None:
    errors = []
    paid = sum((payment.amount for payment in wanted.payments), ZERO)
    if wanted.payments and paid != total:
        message = _(
            "The payments come to %(paid)s; the order's total is %(total)s.",
            paid=money_text(paid),
            total=money_text(total),
        )
        errors.append(FieldError("payments", message))
    billed = sum((bill.amount for bill in wanted.bills), ZERO)
    if billed > total:
        message = _(
            "The instalments come to %(billed)s, more than the order's total of %(total)s.",
            billed=money_text(billed),
            total=money_text(total),
        )
        errors.append(FieldError("bills", message))
    if errors:
        raise Invalid(errors)


def _told(wanted: InvoiceDetailsIn) -> Details:
    """As JSON, without what was left out; one payment of which only the method is told is none."""
    written = wanted.model_dump(mode="json", include=set(DETAILS))
    details = {name: _without_blanks(value) for name, value in written.items()}
    if [sorted(payment) for payment in details.get("payments", [])] == [["amount", "method"]]:
        del details["payments"]
    return details


def _without_blanks(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_blanks(each) for each in value]
    if isinstance(value, dict):
        return {name: each for name, each in value.items() if each not in (None, "")}
    return value


def partner_facts(details: Details, kind: PartnerKind, code: str | None) -> dict[str, str]:
    """The sale's copy of a company that it names; nothing where it names none."""
    return details.get("partners", {}).get(_key(kind, code), {}) if code else {}


def _key(kind: PartnerKind, code: str) -> str:
    return f"{kind}/{code}"


def with_partners_anew(details: Details) -> Details:
    """With the companies' facts as they are now that somebody may have mended them; those that the
    shop knows no more stay as they were."""
    kept = details.get("partners", {})
    names = [key.split("/", 1) for key in kept]
    found = partners_named((PartnerKind(kind), code) for kind, code in names)
    if not found:
        return details
    return details | {"partners": kept | {_key(*key): row.facts for key, row in found.items()}}


def as_told(details: Details | None) -> Details:
    """As `InvoiceDetailsIn` reads it and a form shows it: amounts are Decimal."""
    told = {name: value for name, value in (details or {}).items() if name in DETAILS}
    for name in {"payments", "bills"} & told.keys():
        told[name] = [row | {"amount": Decimal(row["amount"])} for row in told[name]]
    if "billing_address" in told:
        parts = told["billing_address"]
        told["billing_address"] = {part: parts[part] for part in parts if part != "ibge"}
    return told


def brand_name(brand: str) -> str:
    _code, name = BRANDS[brand]
    return name or _("Other")
