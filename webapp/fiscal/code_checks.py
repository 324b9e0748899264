"""The checks of codes, numbers, days and the signature: a part of the table in `checks`."""

from webapp.fiscal import code_predicates as p
from webapp.fiscal.calendar import (
    NT_2017_001,
    NT_2019_001,
    NT_2020_006,
    NT_2025_002_ITEMS,
    NT_2026_009,
)
from webapp.fiscal.check import Check
from webapp.fiscal.fixes import (
    CHECK_PROFILE,
    FIX_ADDRESS,
    FIX_GTIN,
    FIX_ISSUER,
    FIX_PAYMENTS,
    REWORK,
    SEND_AGAIN,
)
from webapp.fiscal.predicates import each_item
from webapp.fiscal.words import Rejection
from webapp.platform.issues import N_, WARNING

_NO_SUCH_CITY = N_(
    "The city %(city)s has the IBGE code %(ibge)s, which no city has. Choose the city again."
)

PLACE_CHECKS = (
    *(
        Check(
            name,
            Rejection(code, field, _NO_SUCH_CITY, fix, who),
            p.unknown_city(section),
            typed=True,
        )
        for code, section, field, fix, who, name in (
            (
                "272",
                "issuer",
                "settings.issuer.address.city",
                FIX_ISSUER,
                "admin",
                N_("The shop's city exists"),
            ),
            (
                "274",
                "recipient",
                "address.city",
                FIX_ADDRESS,
                "clerk",
                N_("The buyer's city exists"),
            ),
            (
                "278",
                "delivery",
                "address.city",
                FIX_ADDRESS,
                "clerk",
                N_("The city of delivery exists"),
            ),
        )
    ),
    Check(
        N_("The buyer's country"),
        Rejection(
            "377",
            "address.country",
            N_("The country of the address is not in the table of countries."),
            FIX_ADDRESS,
        ),
        p.unknown_country,
        typed=True,
    ),
    Check(
        N_("The country of a note abroad"),
        Rejection(
            "510",
            "address.country",
            N_("The note goes abroad, and the buyer's country is Brazil."),
            FIX_ADDRESS,
        ),
        p.home_abroad,
    ),
    Check(
        N_("The country of a note at home"),
        Rejection(
            "511",
            "address.country",
            N_("The note stays in Brazil, and the buyer's country is another one."),
            FIX_ADDRESS,
        ),
        p.abroad_at_home,
    ),
    Check(
        N_("Delivery to another state"),
        Rejection(
            "772",
            "address.state",
            N_("The note says the goods go to another state, but they stay in the shop's own."),
            FIX_ADDRESS,
        ),
        p.reach_of_state,
    ),
)
CODE_CHECKS = (
    Check(
        N_("Items are numbered without a gap"),
        Rejection(
            "927",
            "sale.lines",
            N_(
                "The note's items are not numbered 1, 2, 3 and so on. It is our fault: tell "
                "support."
            ),
            REWORK,
            "reviewer",
        ),
        p.numbers_with_gaps,
        term=NT_2019_001,
    ),
    Check(
        N_("CFOP of each product"),
        Rejection(
            "770",
            "lines.*.cfop",
            N_(
                "Product %(sku)s carries CFOP %(cfop)s, which is not in the table of NF-e. Ask the "
                "accountant for the right one."
            ),
            CHECK_PROFILE,
            "accountant",
        ),
        each_item(p.unknown_cfop),
    ),
    *(
        Check(name, Rejection(code, "lines.*.cfop", message, CHECK_PROFILE, "accountant"), test)
        for code, name, test, message in (
            (
                "518",
                N_("CFOP of a note that goes out"),
                p.cfop_of_other_direction("1"),
                N_(
                    "Product %(sku)s carries CFOP %(cfop)s, which is for goods that come in, and "
                    "the note is for goods that go out."
                ),
            ),
            (
                "519",
                N_("CFOP of a note that comes in"),
                p.cfop_of_other_direction("0"),
                N_(
                    "Product %(sku)s carries CFOP %(cfop)s, which is for goods that go out, and "
                    "the note is for goods that come in."
                ),
            ),
            (
                "731",
                N_("CFOP of other countries"),
                p.cfop_of_reach("3"),
                N_(
                    "Product %(sku)s carries CFOP %(cfop)s, which is for other countries, and the "
                    "note stays in Brazil."
                ),
            ),
            (
                "732",
                N_("CFOP of other states"),
                p.cfop_of_reach("2"),
                N_(
                    "Product %(sku)s carries CFOP %(cfop)s, which is for other states, and the "
                    "note does not go to one."
                ),
            ),
            (
                "733",
                N_("CFOP out of the state"),
                p.cfop_of_reach("1"),
                N_(
                    "Product %(sku)s carries an in-state CFOP but goes to another state. Use the "
                    "out-of-state one (e.g. 6108 for 5102)."
                ),
            ),
        )
    ),
    *(
        Check(
            name,
            Rejection(
                code,
                "lines.*.product.gtin",
                N_(
                    "The bar code of product %(sku)s begins as none that GS1 gives to makers: it "
                    "is a shop's own. Leave it out of the note."
                ),
                FIX_GTIN,
            ),
            p.gtin_of_nobody(tag),
            term=NT_2017_001,
        )
        for code, tag, name in (
            ("882", "cEAN", N_("Bar codes are of makers")),
            ("884", "cEANTrib", N_("Bar codes of taxed units are of makers")),
        )
    ),
    *(
        Check(
            name,
            Rejection(
                code,
                "lines.*.product.gtin",
                N_(
                    "Product %(sku)s has a bar code for one unit, as sold or as taxed, and none "
                    "for the other. It is our fault: tell support."
                ),
                REWORK,
                "reviewer",
            ),
            p.gtin_alone(tag, other),
            term=NT_2017_001,
        )
        for code, tag, other, name in (
            ("885", "cEAN", "cEANTrib", N_("Bar code of the unit sold")),
            ("886", "cEANTrib", "cEAN", N_("Bar code of the unit taxed")),
        )
    ),
    Check(
        N_("Quantity of each taxed unit"),
        Rejection(
            "units",
            "lines.*.quantity",
            N_(
                "Product %(sku)s is sold and taxed by the same unit, in two quantities. It is our "
                "fault: tell support."
            ),
            REWORK,
            "reviewer",
        ),
        each_item(p.units_differ),
    ),
    Check(
        N_("Discount of each item"),
        Rejection(
            "483",
            "lines.*.discount",
            N_("The discount of product %(sku)s is higher than its value. Lower it."),
            N_("Fix the discount"),
        ),
        each_item(p.discount_above_value),
        typed=True,
    ),
    Check(
        N_("Means of payment"),
        Rejection(
            "436",
            "sale.payments",
            N_("The note's means of payment, %(method)s, is not in the table."),
            FIX_PAYMENTS,
            "reviewer",
        ),
        p.unknown_payment_method,
        term=NT_2020_006,
    ),
    *(
        Check(
            name,
            Rejection(
                "327",
                "lines.*.cfop",
                N_(
                    "Product %(sku)s is given back and carries CFOP %(cfop)s, which gives nothing "
                    "back. Ask the accountant for the right one."
                ),
                CHECK_PROFILE,
                "accountant",
            ),
            each_item(p.returned_by_other_cfop, concerns),
            term=term,
        )
        for name, concerns, term in (
            (N_("CFOP of a return"), p.is_return, ""),
            (N_("CFOP of goods refused at the door"), p.credits_refused_goods, NT_2026_009),
        )
    ),
    Check(
        N_("CFOP that gives back"),
        Rejection(
            "328",
            "lines.*.cfop",
            N_(
                "Product %(sku)s carries CFOP %(cfop)s, which gives goods back, and the note is no "
                "return. Ask the accountant for the right one."
            ),
            CHECK_PROFILE,
            "accountant",
        ),
        each_item(p.returning_cfop, p.gives_nothing_back),
    ),
    Check(
        N_("A return names its note"),
        Rejection(
            "321",
            "document.*",
            N_("The note gives goods back and does not name the note that they were sold with."),
            REWORK,
            "reviewer",
        ),
        p.return_of_nothing,
    ),
    Check(
        N_("Each item of a return names its note"),
        Rejection(
            "321",
            "document.*",
            N_(
                "Product %(sku)s is given back, and its item does not name the note that it was "
                "sold with."
            ),
            REWORK,
            "reviewer",
        ),
        each_item(p.return_of_no_item),
        term=NT_2025_002_ITEMS,
    ),
)
DAY_AND_SIGNATURE_CHECKS = (
    Check(
        N_("Random code of the note"),
        Rejection(
            "897",
            "invoice.access_key",
            N_(
                "The note's random code is one that the authority refuses as easy to guess. Work "
                "the note out again."
            ),
            REWORK,
            "reviewer",
        ),
        p.guessable_code,
        numbered=True,
        term=NT_2019_001,
    ),
    Check(
        N_("Date of issue is recent"),
        Rejection(
            "228",
            "settings.clock",
            N_(
                "The note's date is more than 30 days old. Send it again: it gets the date of "
                "sending."
            ),
            SEND_AGAIN,
            "reviewer",
        ),
        p.issued_too_long_ago,
        numbered=True,
    ),
    Check(
        N_("Date of issue is of this week"),
        Rejection(
            "150",
            "settings.clock",
            N_("The note's date is more than 7 days old: the authority takes it as late."),
            SEND_AGAIN,
            "reviewer",
        ),
        p.issued_a_week_ago,
        WARNING,
        numbered=True,
    ),
    Check(
        N_("Date of issue is not ahead"),
        Rejection(
            "703",
            "settings.clock",
            N_(
                "The note's time is ahead of the authority's: the server's clock is fast. Set the "
                "clock and send again."
            ),
            SEND_AGAIN,
            "admin",
        ),
        p.issued_ahead,
        numbered=True,
    ),
    Check(
        N_("Digital signature"),
        Rejection(
            "297",
            "document.*",
            N_(
                "The digital signature does not fit the note: it was changed after signing. Work "
                "it out again."
            ),
            REWORK,
            "reviewer",
        ),
        p.wrong_signature,
        numbered=True,
    ),
    Check(
        N_("The file is as it was signed"),
        Rejection(
            "reformatted",
            "document.*",
            N_(
                "Another program wrote the file anew after it was signed: its data are shown, its "
                "signature cannot be verified. Ask the issuer for the file as SEFAZ has it."
            ),
            N_("Open the note"),
            "reviewer",
        ),
        p.reformatted,
        WARNING,
        numbered=True,
    ),
)
