"""The checks made before a note is sent: one table, in the authority's own codes.

Sources: MOC 7.0 annex I, NT 2020.006 (marketplaces), NT 2023.004 (payments), NT 2025.002 (IBS and
CBS). A code that is not a number is the shop's own.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from lxml import etree

from webapp.fiscal import commerce_predicates as c
from webapp.fiscal import predicates as p
from webapp.fiscal.calendar import (
    NT_2016_002,
    NT_2017_001,
    NT_2018_005,
    NT_2020_006,
    NT_2025_001,
    Calendar,
)
from webapp.fiscal.check import Check
from webapp.fiscal.code_checks import CODE_CHECKS, DAY_AND_SIGNATURE_CHECKS, PLACE_CHECKS
from webapp.fiscal.families import FAMILIES
from webapp.fiscal.fields import field_of
from webapp.fiscal.fixes import (
    CHANNEL,
    CHECK_PROFILE,
    CHECK_TAXES,
    DOCUMENT,
    FIX_ADDRESS,
    FIX_BILLS,
    FIX_GTIN,
    FIX_IE,
    FIX_ISSUER,
    FIX_PARTNER,
    FIX_PAYMENTS,
    REWORK,
)
from webapp.fiscal.note import Note
from webapp.fiscal.reading import Reading
from webapp.fiscal.schema import SchemaProblem
from webapp.fiscal.tax_book import TaxBook
from webapp.fiscal.tax_rules import TAX_RULES
from webapp.fiscal.words import Rejection
from webapp.platform.issues import N_, WARNING, Issue


class CheckReport(NamedTuple):
    """What the checks found, and the names (msgids) of those that found nothing."""

    issues: list[Issue]
    passed: list[str]


_BLANK = N_("The buyer's address has no %(label)s. Ask the buyer and fill it in.")
_SUM = N_(
    "The note's total for %(label)s is %(total)s, but its items add up to %(sum)s. It is our "
    "fault: tell support."
)
_OURS = N_("The access key does not fit the note. It is our fault: tell support.")
ISSUER_CHECKS = (
    Check(
        N_("The shop's CNPJ"),
        Rejection(
            "207",
            "settings.issuer.cnpj",
            N_(
                "The shop's CNPJ is missing, or its check digits do not fit (%(cnpj)s). Compare it "
                "with the CNPJ card."
            ),
            FIX_ISSUER,
            "admin",
        ),
        p.issuer_cnpj,
    ),
    Check(
        N_("The shop's state registration"),
        Rejection(
            "209",
            "settings.issuer.state_registration",
            N_(
                "The shop's state registration (IE), %(number)s, is not one of its state: its "
                "digits do not fit."
            ),
            FIX_ISSUER,
            "admin",
        ),
        p.issuer_registration,
    ),
    Check(
        N_("The shop's state"),
        Rejection(
            "226",
            "settings.issuer.address.state",
            N_("The shop's state, %(state)s, is not the one the note goes to."),
            FIX_ISSUER,
            "admin",
        ),
        p.issuer_state,
    ),
    Check(
        N_("The shop's city"),
        Rejection(
            "273",
            "settings.issuer.address.city",
            N_(
                "The city of the shop's address is not in the state %(state)s. Check postal code, "
                "city and state."
            ),
            FIX_ISSUER,
            "admin",
        ),
        p.city_outside_state("issuer"),
    ),
    Check(
        N_("The technical contact is given"),
        Rejection(
            "972",
            "settings.issuer.technical_contact",
            N_(
                "%(state)s wants every note to name who answers for the program that issues it. "
                "Fill in the technical contact in the settings."
            ),
            FIX_ISSUER,
            "admin",
        ),
        p.technical_contact_missing,
        term=NT_2018_005,
    ),
    Check(
        N_("The technical contact's code"),
        Rejection(
            "975",
            "settings.issuer.technical_contact.csrt",
            N_(
                "%(state)s wants the technical contact's CSRT with its number. Fill both in in the "
                "settings."
            ),
            FIX_ISSUER,
            "admin",
        ),
        p.csrt_missing,
        term=NT_2018_005,
    ),
    Check(
        N_("Who may download the note"),
        Rejection(
            "486",
            "settings.issuer.authorized_parties",
            N_("Bahia wants every note to name who else may download it, such as the accountant."),
            FIX_ISSUER,
            "admin",
        ),
        p.authorized_party_missing,
    ),
)
BUYER_CHECKS = (
    Check(
        N_("The buyer's document is given"),
        Rejection(
            "225",
            "customer.document",
            N_("The buyer's CPF or CNPJ is missing. Ask the buyer and fill it in."),
            DOCUMENT,
        ),
        p.recipient_document_missing,
    ),
    Check(
        N_("The buyer's CPF"),
        Rejection(
            "237",
            "customer.document",
            N_(
                "The buyer's CPF is wrong: its last two digits do not fit. Ask the buyer for it "
                "again."
            ),
            DOCUMENT,
        ),
        p.recipient_document_wrong("CPF", 11),
    ),
    Check(
        N_("The buyer's CNPJ"),
        Rejection(
            "208",
            "customer.document",
            N_(
                "The buyer's CNPJ is wrong: its last two digits do not fit. Compare it with the "
                "buyer's CNPJ card."
            ),
            DOCUMENT,
        ),
        p.recipient_document_wrong("CNPJ", 14),
    ),
    Check(
        N_("The buyer's state registration is given"),
        Rejection(
            "232",
            "customer.state_registration",
            N_(
                "The buyer is a company registered with its state and its state registration (IE) "
                "is missing. Ask the buyer and fill it in."
            ),
            N_("Fill in the IE"),
        ),
        p.recipient_registration_missing,
    ),
    Check(
        N_("The buyer's state registration"),
        Rejection(
            "210",
            "customer.state_registration",
            N_(
                "The buyer's state registration (IE), %(number)s, is not one of its state: its "
                "digits do not fit. A company registered elsewhere than where its goods go has a "
                "registered address: write that in the order's invoice details."
            ),
            FIX_IE,
        ),
        p.recipient_registration,
    ),
    Check(
        N_("The buyer's tax status"),
        Rejection(
            "805",
            "customer.taxpayer",
            N_(
                "The record says the buyer is exempt from state registration, which %(state)s does "
                'not accept. Mark "not a '
                'taxpayer" or give the IE.'
            ),
            N_("Change the buyer's tax status"),
        ),
        p.exempt_refused,
        term=NT_2025_001,
    ),
    Check(
        N_("The city lies in the state"),
        Rejection(
            "275",
            "address.city",
            N_(
                "The city in the address is not in the state chosen. Check postal code, city and "
                "state."
            ),
            FIX_ADDRESS,
        ),
        p.city_outside_state("recipient"),
    ),
    Check(
        N_("The city of the delivery lies in its state"),
        Rejection(
            "279",
            "address.city",
            N_(
                "The city in the address is not in the state chosen. Check postal code, city and "
                "state."
            ),
            FIX_ADDRESS,
        ),
        p.city_outside_state("delivery"),
    ),
    *(
        Check(name, Rejection("225", field, _BLANK, FIX_ADDRESS), p.blank_address(tag, label))
        for tag, field, name, label in (
            ("xLgr", "address.street", N_("The street is given"), N_("street")),
            ("nro", "address.number", N_("The number is given"), N_("number")),
            (
                "xBairro",
                "address.neighborhood",
                N_("The neighborhood is given"),
                N_("neighborhood"),
            ),
            ("cMun", "address.city", N_("The city is known"), N_("IBGE code of the city")),
        )
    ),
    Check(
        N_("The name for tests"),
        Rejection(
            "598",
            "customer.name",
            N_(
                "A note for tests must carry the authority's own phrase instead of the buyer's "
                "name. It is our fault: tell support."
            ),
            REWORK,
            "reviewer",
        ),
        p.homologation_name,
    ),
    Check(
        N_("The buyer's name can be written"),
        Rejection(
            "name",
            "customer.name",
            N_(
                "The buyer's name has signs that the note cannot carry, or is too long. It goes "
                "out as: %(written)s"
            ),
            N_("Fix the name"),
        ),
        p.buyer_name_loses,
        WARNING,
    ),
)
ITEM_CHECKS = (
    Check(
        N_("The note has goods"),
        Rejection("225", "sale.lines", N_("The note has no goods."), N_("Open the sale")),
        p.no_goods,
        typed=True,
    ),
    Check(
        N_("NCM of each product"),
        Rejection(
            "778",
            "lines.*.product.ncm",
            N_(
                "NCM %(ncm)s of product %(sku)s is not in the table in force. Ask the supplier or "
                "the accountant for the right code."
            ),
            N_("Fix the product's NCM"),
        ),
        p.each_item(p.bad_ncm),
        typed=True,
    ),
    Check(
        N_("Each product has an NCM"),
        Rejection(
            "778",
            "lines.*.product.ncm",
            N_("Product %(sku)s has no NCM. Ask the supplier or the accountant for its code."),
            N_("Fix the product's NCM"),
        ),
        p.each_item(p.no_ncm),
        typed=True,
    ),
    *(
        Check(
            name,
            Rejection(
                code,
                "lines.*.product.gtin",
                N_(
                    "The bar code of product %(sku)s is wrong: its last digit does not fit. Type "
                    "it again from the box, or leave it "
                    "empty."
                ),
                FIX_GTIN,
            ),
            p.bad_gtin(tag),
            typed=True,
            term=NT_2017_001,
        )
        for code, tag, name in (
            ("611", "cEAN", N_("Bar code of each product")),
            ("612", "cEANTrib", N_("Bar code of each taxed unit")),
        )
    ),
    *(
        Check(
            name,
            Rejection(
                code,
                "lines.*.unit_price",
                N_(
                    "The value of product %(sku)s is not its price times its quantity. It is our "
                    "fault: tell support."
                ),
                REWORK,
                "reviewer",
            ),
            p.wrong_value(quantity, price),
        )
        for code, quantity, price, name in (
            ("629", "qCom", "vUnCom", N_("Value of each item")),
            ("630", "qTrib", "vUnTrib", N_("Value of each taxed unit")),
        )
    ),
    Check(
        N_("Product names can be written"),
        Rejection(
            "name",
            "lines.*.product.name",
            N_(
                "The name of product %(sku)s has signs that the note cannot carry, or is too long. "
                "It goes out as: %(written)s"
            ),
            N_("Fix the name"),
        ),
        p.product_name_loses,
        WARNING,
        typed=True,
    ),
)
TAX_CHECKS = (
    Check(
        N_("CFOP within the state"),
        Rejection(
            "523",
            "lines.*.cfop",
            N_(
                "Product %(sku)s carries CFOP %(cfop)s, which is not for a delivery in the shop's "
                "own state. Use the in-state one (e.g. 5102 for 6102)."
            ),
            CHECK_PROFILE,
            "accountant",
        ),
        p.each_item(p.cfop_of_state),
    ),
    Check(
        N_("Delivery and kind of operation"),
        Rejection(
            "773",
            "address.state",
            N_("The note says the goods stay in the state, but they go to another one."),
            FIX_ADDRESS,
        ),
        p.states_differ,
    ),
    Check(
        N_("Tax code of the regime (Simples)"),
        Rejection(
            "590",
            "settings.issuer.crt",
            N_("Product %(sku)s carries a tax code (CST) that a shop in Simples does not use."),
            CHECK_TAXES,
            "reviewer",
        ),
        p.each_item(p.cst_of_other_regime),
    ),
    Check(
        N_("Tax code of the regime (normal)"),
        Rejection(
            "591",
            "settings.issuer.crt",
            N_("Product %(sku)s carries a tax code (CSOSN) that only a shop in Simples uses."),
            CHECK_TAXES,
            "reviewer",
        ),
        p.each_item(p.csosn_of_other_regime),
    ),
    Check(
        N_("ICMS of each item"),
        Rejection(
            "528",
            "lines.*.icms",
            N_(
                "The ICMS of product %(sku)s is not its base times its rate. It is our fault: tell "
                "support."
            ),
            REWORK,
            "reviewer",
        ),
        p.each_item(p.wrong_icms),
    ),
)
TOTAL_CHECKS = (
    *(
        Check(
            name,
            Rejection(code, "invoice.total", _SUM, REWORK, "reviewer"),
            p.total_differs(total, group, tag, label),
        )
        for code, total, group, tag, name, label in (
            ("531", "vBC", "ICMS", "vBC", N_("Total of the ICMS base"), N_("the ICMS base")),
            ("532", "vICMS", "ICMS", "vICMS", N_("Total of ICMS"), N_("ICMS")),
            (
                "533",
                "vBCST",
                "ICMS",
                "vBCST",
                N_("Total of the ICMS-ST base"),
                N_("the ICMS-ST base"),
            ),
            ("534", "vST", "ICMS", "vICMSST", N_("Total of ICMS-ST"), N_("ICMS-ST")),
            ("564", "vProd", "", "vProd", N_("Total of goods"), N_("goods")),
            ("535", "vFrete", "", "vFrete", N_("Total of freight"), N_("freight")),
            ("537", "vDesc", "", "vDesc", N_("Total of discounts"), N_("discount")),
            ("602", "vPIS", "PIS", "vPIS", N_("Total of PIS"), N_("PIS")),
            ("603", "vCOFINS", "COFINS", "vCOFINS", N_("Total of COFINS"), N_("COFINS")),
            (
                "685",
                "vTotTrib",
                "vTotTrib",
                "vTotTrib",
                N_("Total of approximate taxes"),
                N_("approximate taxes"),
            ),
        )
    ),
    Check(
        N_("Total of the note"),
        Rejection(
            "610",
            "invoice.total",
            N_(
                "The note's total does not add up from goods, freight and discount. If nobody "
                "typed amounts by hand it is our fault: tell support."
            ),
            REWORK,
            "reviewer",
        ),
        p.wrong_note_total,
    ),
)
# Since when the authority looks at a sale's terms, where that is not always.
TERMS = {"852": NT_2016_002, "440": NT_2020_006} | dict.fromkeys(
    ("392", "437", "443", "797", "853", "904"), NT_2025_001
)
COMMERCE_CHECKS = (
    *(
        Check(
            name,
            Rejection(code, "sale.payments", words, FIX_PAYMENTS, "reviewer"),
            test,
            term=TERMS.get(code, ""),
        )
        for code, name, words, test in (
            (
                "391",
                N_("Card data"),
                N_("The sale was paid by card and the note lacks the card's data."),
                c.each_payment(c.card_missing),
            ),
            (
                "392",
                N_("Acquirer and authorization of integrated payments"),
                N_(
                    "Payment %(payment)s is told as integrated and lacks the acquirer's CNPJ or "
                    "the authorization code."
                ),
                c.each_payment(c.integrated_without_facts),
            ),
            (
                "443",
                N_("Brand of the card"),
                N_("The card brand of payment %(payment)s is not in the authority's table."),
                c.each_payment(c.unknown_brand),
            ),
            (
                "963",
                N_("No card data without need"),
                N_("Payment %(payment)s, of kind %(tpag)s, takes no acquirer's data."),
                c.each_payment(c.card_unasked),
            ),
            (
                "904",
                N_("Nothing paid where nothing is"),
                N_("Payment %(payment)s is none, or comes later, and bears an amount."),
                c.each_payment(c.unpaid_with_amount),
            ),
            (
                "657",
                N_("Day of each payment"),
                N_("Payment %(payment)s is dated %(day)s, after the note's own day."),
                c.paid_ahead,
            ),
            (
                "961",
                N_("CNPJ that took the payment"),
                N_("The check digits of the CNPJ that took payment %(payment)s do not fit."),
                c.each_payment(c.payer_cnpj),
            ),
            (
                "865",
                N_("Payment covers the note"),
                N_("The payments come to %(paid)s, less than the note's total of %(total)s."),
                c.paid_less,
            ),
            (
                "866",
                N_("Payment does not exceed the note"),
                N_(
                    "The payments come to %(paid)s, more than the note's total of %(total)s, and "
                    "no change was given."
                ),
                c.paid_more,
            ),
        )
    ),
    *(
        Check(
            name,
            Rejection(code, "sale.bills", words, FIX_BILLS, "reviewer"),
            test,
            term=TERMS.get(code, ""),
        )
        for code, name, words, test in (
            (
                "850",
                N_("Days of the instalments"),
                N_("An instalment is due before the one ahead of it, or has no day."),
                c.bills_out_of_order,
            ),
            (
                "851",
                N_("Sum of the instalments"),
                N_("The instalments come to %(billed)s, the invoice (fatura) to %(net)s."),
                c.bills_differ,
            ),
            (
                "852",
                N_("Numbers of the instalments"),
                N_("The instalments are not numbered 001, 002 and so on."),
                c.bills_misnumbered,
            ),
            (
                "853",
                N_("Instalments of a sale on credit"),
                N_(
                    "The note tells of instalments, but all of it is paid at once. Take them out, "
                    "or tell how the rest is paid."
                ),
                c.bills_of_paid_at_once,
            ),
            (
                "898",
                N_("Instalments still to come"),
                N_("Instalment %(number)s was due on %(day)s, before the note's day."),
                c.bills_overdue,
            ),
            (
                "797",
                N_("Instalments within ten years"),
                N_("Instalment %(number)s is due on %(day)s, more than ten years ahead."),
                c.bills_far_ahead,
            ),
        )
    ),
    *(
        Check(
            name,
            Rejection(code, "settings.partners", words, FIX_PARTNER, "admin"),
            test,
            term=TERMS.get(code, ""),
        )
        for code, name, words, test in (
            (
                "437",
                N_("CNPJ of the acquirer"),
                N_("The check digits of the CNPJ of payment %(payment)s's acquirer do not fit."),
                c.each_payment(c.acquirer_cnpj),
            ),
            (
                "440",
                N_("CNPJ of the marketplace"),
                N_("The check digits of the marketplace's CNPJ, %(cnpj)s, do not fit."),
                c.marketplace_cnpj,
            ),
            (
                "542",
                N_("CNPJ of the carrier"),
                N_("The check digits of the carrier's CNPJ, %(cnpj)s, do not fit."),
                c.carrier_cnpj,
            ),
            (
                "559",
                N_("State of the carrier"),
                N_("The carrier has a state registration and no state."),
                c.carrier_state_missing,
            ),
        )
    ),
    *(
        Check(name, Rejection(code, "sale.channel", words, CHANNEL, who), test, term=NT_2020_006)
        for code, name, words, test, who in (
            (
                "434",
                N_("Channel of the sale"),
                N_(
                    "The note does not say whether a marketplace stood between. Choose the sale's "
                    "channel; the shop's own site counts "
                    "as one too."
                ),
                c.channel_missing,
                "clerk",
            ),
            (
                "435",
                N_("No marketplace where there is no site"),
                N_("The note says whether a marketplace stood between, where none can."),
                c.channel_unasked,
                "clerk",
            ),
            (
                "438",
                N_("Marketplace is named"),
                N_("The sale came through a marketplace and the note does not name it."),
                c.marketplace_missing,
                "clerk",
            ),
            (
                "439",
                N_("No marketplace without need"),
                N_("The note names a marketplace, but the sale did not come through one."),
                c.marketplace_unasked,
                "clerk",
            ),
        )
    ),
    Check(
        N_("Use of the goods"),
        Rejection(
            "696",
            "sale.buyer_use",
            N_("A buyer who pays no ICMS buys for own use, and the note says otherwise."),
            N_("Fix the invoice details"),
        ),
        c.not_final,
    ),
)
DOCUMENT_CHECKS = (
    Check(
        N_("Version of the layout"),
        Rejection(
            "239",
            "document.*",
            N_(
                "The note is in a version of the layout that the authority does not read. Update "
                "the program."
            ),
            REWORK,
            "admin",
        ),
        p.wrong_version,
        typed=True,
    ),
    Check(
        N_("Form of the document"),
        Rejection(
            "404",
            "document.*",
            N_(
                "The document uses namespace prefixes, which the authority refuses. It is our "
                "fault: tell support."
            ),
            REWORK,
            "reviewer",
        ),
        p.namespace_prefix,
    ),
    *(
        Check(
            name,
            Rejection(code, "invoice.access_key", _OURS, REWORK, "reviewer"),
            test,
            numbered=True,
        )
        for code, name, test in (
            ("236", N_("Digit of the access key"), p.wrong_key_digit),
            ("253", N_("Digit written on the note"), p.wrong_written_digit),
            ("502", N_("Access key and number"), p.wrong_id),
        )
    ),
)
_TABLE = (
    *(replace(check, typed=True) for check in (*ISSUER_CHECKS, *BUYER_CHECKS)),
    *PLACE_CHECKS,
    *ITEM_CHECKS,
    *CODE_CHECKS,
    *TAX_CHECKS,
    *TAX_RULES,
    *TOTAL_CHECKS,
    *COMMERCE_CHECKS,
    *DOCUMENT_CHECKS,
    *DAY_AND_SIGNATURE_CHECKS,
)
CHECKS = tuple(replace(check, only=FAMILIES.get(check.words.code)) for check in _TABLE)
SCHEMA = Rejection(
    "225",
    "document.*",
    N_(
        'Some field has a form the authority cannot read: %(label)s, value "%(value)s". Fix the '
        "field shown."
    ),
    N_("Go to the field"),
    "reviewer",
)
SCHEMA_NAME = N_("Schema of layout 4.00")


def run_checks(
    note: Note | None, document: etree._Element, book: TaxBook, now: datetime | None = None
) -> CheckReport:
    """What the schema refuses and every check of the table finds on `document`, which may be any
    well-formed XML.

    The rules are only for what the schema reads; of the rest the checks of typed texts speak alone.
    What they and the schema both find is told in their words. `document` is a draft or a numbered
    note, signed or not; `note` is what it was built from (None where unknown).
    """
    reading = Reading(document, note, now, book)
    refused = book.package(reading.day).problems(document)
    report = run_table(reading, parsed=not refused)
    if refused:
        _tell_schema(reading, refused, report)
    else:
        report.passed.append(SCHEMA_NAME)
    return report


def run_table(reading: Reading, parsed: bool = True) -> CheckReport:
    """The checks of the table alone that are in force on the document's day; of one that is not
    `parsed`, those of typed texts."""
    families, names = _in_force(reading.book.calendar, reading.day, reading.is_draft, parsed)
    issues: list[Issue] = []
    failing: set[str] = set()
    for only, checks in families:
        if only is not None and not only(reading):
            continue
        for test, check in checks:
            if failures := test(reading):
                failing.add(check.name)
                issues.extend(check.words.issue(params, check.level) for params in failures)
    passed = [name for name in names if name not in failing] if failing else list(names)
    return CheckReport(issues, passed)


Only = Callable[[Reading], bool] | None
Families = tuple[tuple[Only, tuple[tuple[p.Test, Check], ...]], ...]


@lru_cache(maxsize=64)
def _in_force(
    calendar: Calendar, day: date, is_draft: bool, parsed: bool
) -> tuple[Families, tuple[str, ...]]:
    """The checks of that day in their order, neighbours of a family together; and their names."""
    checks = [
        check
        for check in CHECKS
        if (parsed or check.typed)
        and not (check.numbered and is_draft)
        and (not check.term or calendar.in_force(check.term, day))
    ]
    families = tuple(
        (only, tuple((check.test, check) for check in family))
        for only, family in groupby(checks, lambda check: check.only)
    )
    return families, tuple(check.name for check in checks)


def _tell_schema(reading: Reading, refused: list[SchemaProblem], report: CheckReport) -> None:
    """Adds what the schema refuses and no check has found already, once for each place."""
    seen = {(issue.field, issue.params.get("item")) for issue in report.issues}
    for problem in refused:
        place, label = field_of(problem)
        if (place, problem.item) in seen:
            continue
        seen.add((place, problem.item))
        params: dict[str, Any] = {"label": label, "value": problem.value}
        if item := reading.item(problem.item) if problem.item else None:
            params |= {"item": item.number, "sku": item.product.get("cProd", "")}
        report.issues.append(replace(SCHEMA, field=place).issue(params))
