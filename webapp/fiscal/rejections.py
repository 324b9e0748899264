"""The authority's refusals in words: its own codes here, those our checks share from their
table."""

import re

from lxml import etree

from webapp.fiscal.checks import CHECKS, SCHEMA
from webapp.fiscal.fixes import CHECK_TAXES, FIX_IE, FIX_ISSUER
from webapp.fiscal.reading import Reading
from webapp.fiscal.words import Rejection
from webapp.platform.issues import N_, Issue

_ITEM = re.compile(r"nItem: *([0-9]{1,3})")
_COMPARE = N_("Fix the CNPJ")
_QUERY = N_("Ask the authority again")
_SHOP_UNKNOWN = N_(
    "The authority does not let the shop issue notes (yet): its registration or accreditation does "
    "not allow it. Ask the accountant."
)
_BUYER_BARRED = N_(
    "The buyer's standing with its state does not allow the sale. Talk to the buyer before "
    "shipping."
)
_OTHER_COMPANY = N_(
    "The certificate is another company's. Install the certificate of the shop's CNPJ."
)
_CERTIFICATE = N_("Install a new certificate")
_WORKING = N_(
    "The authority has the note and is still at work on it. Balcão asks for the answer by itself."
)
_NOT_SERVING = N_(
    "The service that stands in for the state's own takes no notes any more, or not yet. Balcão "
    "sends the note again by itself."
)
_CANCELLED_ELSEWHERE = N_(
    "NF-e %(number)s of series %(series)s was cancelled at the authority, and not by Balcão. Find "
    "out who did it; then cancel the order too, or try again for a new NF-e."
)
_DENIED = N_(
    "The authority does not let this note be used, for the standing of the shop or of the buyer "
    "(%(reason)s). Ask the accountant; once that is settled it goes out with the same number."
)
_OUTSIDE_TIME = N_(
    "It is too late to cancel this note. Where the state takes late cancellations, ask it; "
    "otherwise take the goods back with a return note."
)
_NUMBERS_USED = N_(
    "A note has one of these numbers: they cannot be voided. Look at the numbers of the series."
)

REJECTIONS = {
    one.code: one
    for one in (
        Rejection(
            "978",
            "settings.issuer.technical_contact.csrt",
            N_(
                "The authority says that the technical contact's CSRT, or its number, is wrong. "
                "Compare both with what the state gave to the program's maker and type them again."
            ),
            FIX_ISSUER,
            "admin",
        ),
        Rejection(
            "204",
            "invoice.access_key",
            N_(
                "This very note is already authorised: only the answer got lost. Do not send "
                "again; Balcão fetches the authorisation and goes on by itself."
            ),
            N_("Fetch the authorisation"),
            "system",
        ),
        Rejection(
            "539",
            "settings.series.next_number",
            N_(
                "Number %(number)s of series %(series)s was already used by another note, nearly "
                "always by another system. Balcão "
                "looks that note up; if it is not this one, it goes on with the next free number."
            ),
            N_("Check the numbering"),
            "admin",
            same_number=False,
        ),
        Rejection(
            "206",
            "settings.series.next_number",
            N_("Number %(number)s of series %(series)s was voided and cannot be used any more."),
            N_("Check the numbering"),
            "admin",
            same_number=False,
        ),
        Rejection(
            "108",
            "settings.authority",
            N_(
                "The authority's service stands still for a short time. Balcão sends the note "
                "again by itself."
            ),
            _QUERY,
            "system",
        ),
        Rejection(
            "109",
            "settings.authority",
            N_(
                "The authority's service stands still and nobody knows for how long. Balcão sends "
                "the note again by itself."
            ),
            _QUERY,
            "system",
        ),
        *(
            Rejection(code, "settings.authority", _WORKING, _QUERY, "system")
            for code in ("103", "105")
        ),
        *(
            Rejection(code, "settings.authority", _NOT_SERVING, _QUERY, "system")
            for code in ("113", "114")
        ),
        Rejection(
            "999",
            "settings.authority",
            N_(
                "The authority met an error of its own. Balcão asks for the note, and sends it "
                "again by itself."
            ),
            _QUERY,
            "system",
        ),
        *(
            Rejection(code, "invoice.access_key", _CANCELLED_ELSEWHERE, N_("Open the order"))
            for code in ("101", "151", "155", "218")
        ),
        Rejection(
            "573",
            "invoice.events",
            N_(
                "The authority has this event already: only its answer got lost. Balcão fetches it."
            ),
            _QUERY,
            "system",
        ),
        *(
            Rejection(code, "invoice.events", _OUTSIDE_TIME, N_("Open the note"), "manager")
            for code in ("220", "501")
        ),
        Rejection(
            "222",
            "invoice.events",
            N_(
                "The protocol in the event is not the note's. Ask the authority for the note, and "
                "try again."
            ),
            N_("Open the note"),
            "manager",
        ),
        Rejection(
            "201",
            "settings.series.numbers",
            N_("The authority voids fewer numbers at a time. Void them in smaller ranges."),
            N_("Open the numbers"),
            "manager",
        ),
        Rejection(
            "241", "settings.series.numbers", _NUMBERS_USED, N_("Open the numbers"), "manager"
        ),
        Rejection(
            "256",
            "settings.series.numbers",
            N_("These numbers are voided already: there is nothing to do."),
            N_("Open the numbers"),
            "manager",
        ),
        Rejection(
            "656",
            "settings.authority",
            N_(
                "The authority was asked too often and makes the shop wait for an hour. Do not "
                "send again by hand."
            ),
            _QUERY,
            "system",
        ),
        Rejection(
            "217",
            "invoice.access_key",
            N_(
                "The authority does not know this note: it never arrived. It can be sent again "
                "with the same number."
            ),
            N_("Send again"),
            "system",
        ),
        Rejection(
            "178",
            "settings.issuer.cnpj",
            N_(
                "The shop's CNPJ was not found at the federal revenue (Receita). Compare it with "
                "the CNPJ card."
            ),
            FIX_ISSUER,
            "admin",
        ),
        Rejection(
            "179",
            "settings.issuer.cnpj",
            N_(
                "The shop's CNPJ is not active at the federal revenue (Receita). Ask the "
                "accountant."
            ),
            FIX_ISSUER,
            "admin",
        ),
        Rejection(
            "180",
            "settings.issuer.crt",
            N_(
                "The tax regime in the settings is not the shop's regime at the federal revenue "
                "(Receita). Ask the accountant."
            ),
            FIX_ISSUER,
            "admin",
        ),
        Rejection(
            "181",
            "customer.document",
            N_(
                "The buyer's CNPJ was not found at the federal revenue (Receita). Compare it "
                "letter by letter with the buyer's CNPJ "
                "card."
            ),
            _COMPARE,
        ),
        Rejection(
            "182",
            "customer.document",
            N_(
                "The buyer's CNPJ is not active at the federal revenue (Receita). Talk to the "
                "buyer."
            ),
            _COMPARE,
        ),
        *(
            Rejection(code, "customer.document", message, _COMPARE)
            for code, message in (
                (
                    "183",
                    N_(
                        "The CNPJ of the place where the goods are fetched was not found at the "
                        "federal revenue (Receita). Compare it with that company's CNPJ card."
                    ),
                ),
                (
                    "184",
                    N_(
                        "The CNPJ of the place where the goods are fetched is not active at the "
                        "federal revenue (Receita). Talk to that company."
                    ),
                ),
                (
                    "185",
                    N_(
                        "The CNPJ of the place of delivery was not found at the federal revenue "
                        "(Receita). Compare it with that company's CNPJ card."
                    ),
                ),
                (
                    "186",
                    N_(
                        "The CNPJ of the place of delivery is not active at the federal revenue "
                        "(Receita). Talk to that company."
                    ),
                ),
            )
        ),
        Rejection("203", "settings.issuer.cnpj", _SHOP_UNKNOWN, FIX_ISSUER, "admin"),
        Rejection(
            "230",
            "settings.issuer.state_registration",
            N_(
                "The state does not know the shop's state registration (IE). Compare it with the "
                "registration card."
            ),
            FIX_ISSUER,
            "admin",
        ),
        Rejection(
            "231",
            "settings.issuer.state_registration",
            N_(
                "The shop's state registration (IE) belongs to another CNPJ. Each branch has its "
                "own."
            ),
            FIX_ISSUER,
            "admin",
        ),
        Rejection(
            "233",
            "customer.state_registration",
            N_(
                "The buyer's state does not know its state registration (IE). Ask the buyer for it "
                "again."
            ),
            FIX_IE,
        ),
        Rejection(
            "234",
            "customer.state_registration",
            N_(
                "The state registration given belongs to another CNPJ. Check both numbers with the "
                "buyer; each branch has its own."
            ),
            FIX_IE,
        ),
        *(
            Rejection(
                code, "settings.issuer.state_registration", _SHOP_UNKNOWN, FIX_ISSUER, "admin"
            )
            for code in ("110", "301")
        ),
        *(
            Rejection(code, "customer.state_registration", _BUYER_BARRED, FIX_IE)
            for code in ("302", "303")
        ),
        *(
            Rejection(code, "customer.state_registration", _DENIED, FIX_IE)
            for code in ("300", "307")
        ),
        Rejection("213", "settings.certificate", _OTHER_COMPANY, _CERTIFICATE, "admin"),
        *(
            Rejection(
                code,
                "settings.certificate",
                N_(
                    "The shop's digital certificate has expired or is not valid yet. No note goes "
                    "out until the new A1 certificate is "
                    "installed."
                ),
                _CERTIFICATE,
                "admin",
            )
            for code in ("281", "291")
        ),
        *(
            Rejection(
                code,
                "settings.certificate",
                N_(
                    "The authority does not accept the shop's digital certificate. Install an A1 "
                    "certificate of ICP-Brasil."
                ),
                _CERTIFICATE,
                "admin",
            )
            for code in ("280", "290", "292", "293", "296")
        ),
        Rejection(
            "817",
            "lines.*.product.unit",
            N_(
                "Goods that go abroad are told by the unit that the table of foreign trade has for "
                "their NCM, and product %(sku)s (NCM %(ncm)s) by another. Ask the accountant."
            ),
            CHECK_TAXES,
            "accountant",
        ),
        Rejection(
            "252",
            "settings.environment",
            N_(
                "The note is for tests and went to the real authority, or the reverse. Check the "
                "environment in the settings."
            ),
            FIX_ISSUER,
            "admin",
        ),
        Rejection(
            "215",
            SCHEMA.field,
            N_(
                "The authority could not read the note (%(reason)s). It is our fault: tell support."
            ),
            SCHEMA.fix,
            "reviewer",
        ),
    )
}
OTHER = N_("The authority refused the note with code %(code)s: %(reason)s")


def words_for(code: str) -> Rejection:
    """The words for an official code, known or not."""
    shared = (check.words for check in CHECKS if check.words.code == code)
    return (
        REJECTIONS.get(code)
        or (SCHEMA if code == SCHEMA.code else next(shared, None))
        or Rejection(code, "document.*", OTHER, N_("Open the note"), "reviewer")
    )


def explain(code: str, reason: str, document: etree._Element) -> Issue:
    """A refusal of `document` told as a check's failure is, naming the item if the authority's
    `reason` does."""
    reading = Reading(document, None, None)
    params = {
        "code": code,
        "reason": reason,
        "number": reading.identification.get("nNF", ""),
        "series": reading.identification.get("serie", ""),
        "state": reading.recipient.get("UF", ""),
    }
    named = _ITEM.search(reason)
    item = reading.item(int(named[1])) if named else None
    if item:
        params |= item.params
    return words_for(code).issue(params)
