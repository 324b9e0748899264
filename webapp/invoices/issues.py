"""What stands in the way of a sale and its NF-e, and what a reviewer should look at.

The one place that reads the columns in which these are stored: a sale's reason and address
warnings, an invoice's findings, holds and rejection.
"""

from collections.abc import Callable
from decimal import Decimal

from flask_babel import gettext

from webapp.addresses.questions import TEXTS, address_issue, warnings_of
from webapp.fiscal.paper_words import refusal_words
from webapp.fiscal.rejections import words_for
from webapp.http.formatting import money_text, percent_text
from webapp.http.localization import locale
from webapp.invoices.composition import check_report
from webapp.invoices.forms import RETURN_LABELS
from webapp.invoices.models import (
    CANNOT_SIGN,
    EventStatus,
    Invoice,
    InvoiceEvent,
    InvoiceStatus,
    RejectedBy,
    Voiding,
    VoidingStatus,
)
from webapp.invoices.reasons import OTHER, REASON_LABELS
from webapp.platform.cep import normalize_cep
from webapp.platform.issues import ERROR, N_, WARNING, Issue, issue_from_json
from webapp.platform.money import ZERO
from webapp.platform.owed import ENDS_PROCESS, GIVEN_UP
from webapp.rules.queries import rules_by_code
from webapp.sales.models import HELD, OVER_LIMIT, Below, Sale
from webapp.store.models import Shop

ZIP_CODE_DIFFERS = "zip_code_differs"
POLICY = "policy"
STEP_FAILED = N_("This step failed several times. Try again; if it fails once more, tell support.")
BEING_CANCELLED = N_(
    "The cancellation of NF-e %(number)s (series %(series)s) is at SEFAZ. Nothing leaves until "
    "SEFAZ has answered."
)
CANCELLED_NOTE = N_(
    "NF-e %(number)s (series %(series)s) was cancelled at SEFAZ. Correct the order and let another "
    "NF-e be issued with the next number, or cancel the order."
)
BELOW_CATALOG = N_(
    "It is %(percent)s below the catalog's prices, discount and lowered prices together; up to "
    "%(limit)s needs no manager."
)
UNCONFIRMED = N_("It has a price of the catalog that no manager had confirmed: %(prices)s.")
BELOW_AND_UNCONFIRMED = N_(
    "It is %(percent)s below the catalog's prices, discount and lowered prices together; up to "
    "%(limit)s needs no manager. Nor had a manager confirmed the catalog's price of %(prices)s."
)
HELD_BY_RULE = N_("Nothing leaves the shop until a reviewer releases it.")
ENDED_PROCESS = N_(
    "The program ended each time it worked on this order alone; other orders are not affected. "
    "Tell support before you try again."
)
STEP_ENDINGS = {
    ENDS_PROCESS: ENDED_PROCESS,
    GIVEN_UP: N_("Somebody gave this step up; the audit says why. “Try again” does it once more."),
}


# -- a sale ---------------------------------------------------------------------------------------


def issue_of(sale: Sale) -> Issue | None:
    """Why the sale waits for a person or for the outside world; None when it does not."""
    code = sale.reason_code
    if code is None:
        return None
    if code in TEXTS:
        return address_issue(code, sale.reason_field or "", sale.reason_params)
    return _SALE_ISSUES[code](sale)


def _from_checks(sale: Sale) -> Issue:
    return issue_from_json(sale.reason_params)


def _returned_sale(sale: Sale) -> Issue:
    code = sale.reason_params["code"]
    return Issue(
        "returned",
        sale.reason_field or "",
        {
            "label": str(RETURN_LABELS.get(code, code)),
            "comment": sale.reason_params["comment"],
        },
        message=N_("Returned by the reviewer (%(label)s): %(comment)s"),
    )


def _failed_step(sale: Sale) -> Issue:
    error = sale.reason_params.get("error") or ""
    return Issue("step_failed", "", message=STEP_ENDINGS.get(error, STEP_FAILED))


def _being_cancelled(sale: Sale) -> Issue:
    return Issue("note_being_cancelled", "", sale.reason_params, WARNING, BEING_CANCELLED)


def _cancelled_note(sale: Sale) -> Issue:
    return Issue("note_cancelled", "", sale.reason_params, message=CANCELLED_NOTE)


def _held(_sale: Sale) -> Issue:
    return Issue(HELD, "", level=WARNING, message=HELD_BY_RULE, who="reviewer")


def _over_limit(sale: Sale) -> Issue:
    told = sale.reason_params
    prices = {sku: Decimal(price) for sku, price in told.get("unconfirmed", {}).items()}
    return over_limit(Below(ZERO, Decimal(told["percent"]), prices), Decimal(told["limit"]))


def over_limit(below: Below, limit: Decimal) -> Issue:
    """Of a sale that is so far below the catalog, entered by somebody who may go to `limit`."""
    prices = [f"{sku} ({money_text(price)})" for sku, price in below.unconfirmed.items()]
    values = {
        "percent": percent_text(below.percent),
        "limit": percent_text(limit),
        "prices": ", ".join(prices),
    }
    if below.percent > limit:
        message, field = BELOW_AND_UNCONFIRMED if prices else BELOW_CATALOG, "discount"
    else:
        message, field = UNCONFIRMED, "lines"
    return Issue(OVER_LIMIT, field, values, WARNING, message, who="manager")


# By `Sale.reason_code`; all other codes are those of an address.
_SALE_ISSUES: dict[str, Callable[[Sale], Issue]] = {
    "nfe_check": _from_checks,
    "returned": _returned_sale,
    "step_failed": _failed_step,
    "note_being_cancelled": _being_cancelled,
    "note_cancelled": _cancelled_note,
    OVER_LIMIT: _over_limit,
    HELD: _held,
    CANNOT_SIGN: _from_checks,
}


# -- an invoice -----------------------------------------------------------------------------------


def issues_of(invoice: Invoice) -> list[Issue]:
    """Why it was rejected, or why it waits for a reviewer; nothing while it goes its way."""
    if invoice.status is InvoiceStatus.REVIEW:
        return [*holds_of(invoice), *warnings_on(invoice)]
    if invoice.status is InvoiceStatus.APPROVED:
        return _hindering(invoice)
    if invoice.status is not InvoiceStatus.REJECTED:
        return []
    if invoice.rejected_by is RejectedBy.REVIEWER:
        return [_returned_note(invoice)]
    if invoice.rejected_by is RejectedBy.AUTHORITY:
        return [_refusal(invoice)]
    return _errors(invoice) or [_failed_step(invoice.sale)]


def _hindering(invoice: Invoice) -> list[Issue]:
    """Why it is released and cannot be signed: as the sale keeps it, or a return that rests
    itself."""
    if invoice.is_return:
        return [] if invoice.due_at else _findings(invoice)
    return [_from_checks(invoice.sale)] if invoice.sale.reason_code == CANNOT_SIGN else []


def refusal_of(paper: InvoiceEvent | Voiding) -> str:
    """Why the authority refused an event or a voiding, in words; "" where it did not."""
    if paper.status not in (EventStatus.REFUSED, VoidingStatus.REFUSED):
        return ""
    return refusal_text(paper.code or "", paper.reason)


def refusal_text(code: str, reason: str) -> str:
    return gettext(refusal_words(code)) % {"code": code, "reason": reason}


def holds_of(invoice: Invoice) -> list[Issue]:
    """Why a person must decide: the rules that hold it, or the shop's policy."""
    return [_hold(hold["rule"], hold["reason"]) for hold in invoice.held_by]


def warnings_on(invoice: Invoice) -> list[Issue]:
    """What does not stop the NF-e but asks for a second confirmation. Reads the sale and its
    customer."""
    found = [issue for issue in _findings(invoice) if issue.level == WARNING]
    if invoice.is_return:
        return found
    found += warnings_of(invoice.sale)
    if zip_code_differs(invoice):
        found.append(
            Issue(
                ZIP_CODE_DIFFERS,
                "address.zip_code",
                level=WARNING,
                message=N_("The order's postal code is not the one in the customer's record"),
            )
        )
    return found


def zip_code_differs(invoice: Invoice) -> bool:
    """The goods go somewhere else than the customer's record says."""
    sale, record = invoice.sale, invoice.sale.customer
    here, there = normalize_cep(sale.zip_code), normalize_cep(record.zip_code)
    both_known = here and there and sale.country == record.country == "BR"
    return bool(both_known and here != there)


def is_about_address(issue: Issue) -> bool:
    """It is fixed by writing another address; two postal codes to choose from have a form of their
    own."""
    return issue.code != ZIP_CODE_DIFFERS and issue.area == "address"


def passed_checks(invoice: Invoice, shop: Shop) -> list[str]:
    """The names of the checks that find nothing in the draft as it stands; none for an NF-e that
    was sent."""
    if invoice.is_sent:
        return []
    return [gettext(name) for name in check_report(invoice, shop).passed]


def _findings(invoice: Invoice) -> list[Issue]:
    return [issue_from_json(finding) for finding in invoice.findings]


def _errors(invoice: Invoice) -> list[Issue]:
    """Two codes may be one fault (611 and 612, the bar code): the first of them stands for both."""
    by_text: dict[str, Issue] = {}
    for issue in _findings(invoice):
        if issue.level == ERROR:
            by_text.setdefault(issue.text, issue)
    return list(by_text.values())


def _hold(rule: str, reason: str) -> Issue:
    if reason == POLICY and not rule:
        return Issue(POLICY, "", level=WARNING, message=N_("The shop has every NF-e reviewed"))
    message = N_("Held by the rule “%(rule)s”: %(reason)s")
    if not reason:
        message = N_("Held by the rule “%(rule)s”")
    return Issue(rule, "", {"rule": _rule_name(rule), "reason": reason}, WARNING, message)


def reason_label(reason: str) -> str:
    """What NF-e of a queue wait for, in words."""
    if reason == POLICY:
        return gettext("The shop has every NF-e reviewed")
    label = REASON_LABELS.get(reason or OTHER)
    return str(label) if label else _rule_name(reason)


def _rule_name(code: str) -> str:
    rule = rules_by_code().get(code)
    return rule.name_in(locale()) if rule else code


def _returned_note(invoice: Invoice) -> Issue:
    code = invoice.rejection_code or ""
    comment = invoice.comment or str(RETURN_LABELS[code])
    field = "" if invoice.is_return else invoice.sale.reason_field or ""
    return Issue(code, field, {"comment": comment}, message="%(comment)s")


def _refusal(invoice: Invoice) -> Issue:
    """The authority's, as the sale keeps it, or a return itself; it knows the item. Without that,
    from the code alone."""
    stored = invoice.sale.reason_params
    if invoice.is_return:
        stored = next(iter(invoice.findings), {})
    if stored.get("code") == invoice.rejection_code and "message" in stored:
        return issue_from_json(stored)
    code = invoice.rejection_code or ""
    number = {"number": invoice.number, "series": invoice.printed_series}
    return words_for(code).issue({"code": code, "reason": invoice.comment, **number})
