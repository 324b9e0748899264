"""What stands in an NF-e's way, and what a reviewer should look at, in the reader's words."""

from dataclasses import dataclass

from flask import g
from flask_babel import gettext as _

from webapp.addresses.questions import Question, message
from webapp.fiscal.rejections import words_for
from webapp.fiscal.words import ERROR, WARNING, Finding
from webapp.http.localization import locale
from webapp.invoices.composition import findings_of, shown
from webapp.invoices.forms import RETURN_LABELS
from webapp.invoices.models import Invoice, InvoiceStatus, RejectedBy
from webapp.platform.cep import normalize_cep
from webapp.rules.queries import rule_set_in_force
from webapp.store.models import Shop

ZIP_CODE_DIFFERS = "zip_code_differs"
POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Concern:
    """`field` is the place to mend (`address.street`), `mend` the words for doing so, `sku` the
    product it is about; `same_number` is False when the number itself is what cannot be used."""

    code: str
    level: str
    text: str
    field: str | None = None
    mend: str = ""
    who: str = "clerk"
    sku: str = ""
    same_number: bool = True


def reasons_of(invoice: Invoice) -> list[Concern]:
    """Why it was rejected, or why it waits for a reviewer; nothing while it goes its way."""
    if invoice.status is InvoiceStatus.REVIEW:
        return [*holds_of(invoice), *warnings_of(invoice)]
    if invoice.status is not InvoiceStatus.REJECTED:
        return []
    if invoice.rejected_by is RejectedBy.REVIEWER:
        return [_returned(invoice)]
    if invoice.rejected_by is RejectedBy.AUTHORITY:
        return [_concern(_refusal(invoice))]
    # Two codes may be one fault (611 and 612, the bar code): told once.
    errors = {
        finding.text: _concern(finding)
        for finding in reversed(shown(invoice.findings))
        if finding.level == ERROR
    }
    return list(reversed(errors.values())) or [_step_failed()]


def holds_of(invoice: Invoice) -> list[Concern]:
    """Why a person must decide: the rules that hold it, or the shop's policy."""
    return [_hold(hold["rule"], hold["reason"]) for hold in invoice.held_by]


def warnings_of(invoice: Invoice) -> list[Concern]:
    """What does not stop the NF-e but asks for a second confirmation. Reads the sale and its
    customer."""
    found = [_concern(finding) for finding in shown(invoice.warnings)]
    for warning in invoice.sale.address_warnings:
        question = Question(warning["code"], warning["field"], warning["params"])
        found.append(
            Concern(
                question.code, WARNING, str(message(question)), question.field, _("Fix the address")
            )
        )
    if zip_code_differs(invoice):
        found.append(
            Concern(
                ZIP_CODE_DIFFERS,
                WARNING,
                _("The order's postal code is not the one in the customer's record"),
                "address.zip_code",
            )
        )
    return found


def zip_code_differs(invoice: Invoice) -> bool:
    """The goods go somewhere else than the customer's record says."""
    sale, record = invoice.sale, invoice.sale.customer
    here, there = normalize_cep(sale.zip_code), normalize_cep(record.zip_code)
    both_known = here and there and sale.country == record.country == "BR"
    return bool(both_known and here != there)


def is_about_address(concern: Concern) -> bool:
    """It is mended by writing another address; two postal codes to choose from have a form of their
    own."""
    return concern.code != ZIP_CODE_DIFFERS and (concern.field or "").startswith("address.")


def passed(invoice: Invoice, shop: Shop) -> list[str]:
    """The names of the checks that find nothing in the draft as it stands; none for an NF-e that
    was sent."""
    return (
        []
        if invoice.is_sent
        else [finding.text for finding in findings_of(invoice.sale, shop) if finding.ok]
    )


def _concern(finding: Finding) -> Concern:
    return Concern(
        finding.code,
        finding.level,
        finding.text,
        finding.field,
        finding.mend and _(finding.mend),
        finding.who,
        finding.params.get("sku", ""),
        finding.same_number,
    )


def _hold(rule: str, reason: str) -> Concern:
    if reason == POLICY and not rule:
        return Concern(POLICY, WARNING, _("The shop has every NF-e reviewed"))
    if "rules_by_code" not in g:  # once for a list, not once for each row that is held
        g.rules_by_code = rule_set_in_force().by_code
    known = g.rules_by_code.get(rule)
    name = known.name_in(locale()) if known else rule
    text = _("Held by the rule “%(rule)s”", rule=name)
    return Concern(rule, WARNING, f"{text}: {reason}" if reason else text)


def _returned(invoice: Invoice) -> Concern:
    text = invoice.comment or str(RETURN_LABELS[invoice.rejection_code])
    return Concern(invoice.rejection_code, ERROR, text, invoice.sale.reason_field)


def _refusal(invoice: Invoice) -> Finding:
    """The authority's, as the sale keeps it; it knows the item. Without that, from the code
    alone."""
    kept = invoice.sale.reason_params
    if kept.get("code") == invoice.rejection_code and "message" in kept:
        return Finding(**kept)
    params = {
        "code": invoice.rejection_code,
        "reason": invoice.comment,
        "number": invoice.number,
        "series": invoice.series,
    }
    return words_for(invoice.rejection_code).finding(params)


def _step_failed() -> Concern:
    return Concern(
        "step_failed",
        ERROR,
        _("This step failed several times. Try again; if it fails once more, tell support."),
    )
