"""The checks of taxes: a part of the one table in `checks`, in the authority's own codes.

Sources: MOC 7.0 annex I, NT 2019.001 (benefit code), NT 2025.002 (IBS and CBS), NT 2026.005
(Simples) and NT 2026.008 (net value), the last two second-hand. The codes that begin with `held`
are the shop's own: the note waits until somebody has typed or uploaded what is named.
"""

from webapp.fiscal import tax_predicates as p
from webapp.fiscal.calendar import (
    IBS_CBS_RULED,
    NET_VALUE,
    P_CBS,
    P_IBS_CITY,
    P_IBS_STATE,
)
from webapp.fiscal.check import Check
from webapp.fiscal.fixes import CHECK_PROFILE, REWORK
from webapp.fiscal.predicates import Test, each_item, total_differs
from webapp.fiscal.words import Rejection
from webapp.platform.issues import N_

PROFILE, ICMS, IBS_CBS, TOTAL = (
    "lines.*.tax_profile",
    "lines.*.icms",
    "lines.*.ibs_cbs",
    "invoice.total",
)
_SUM = N_(
    "The note's total for %(label)s is %(total)s, but its items add up to %(sum)s. It is our "
    "fault: tell support."
)


def _of_items(code: str, field: str, name: str, message: str, test: Test, term: str = "") -> Check:
    words = Rejection(code, field, message, CHECK_PROFILE, "accountant")
    return Check(name, words, test, term=term)


def _of_note(code: str, name: str, message: str, test: Test, term: str = "") -> Check:
    return Check(name, Rejection(code, TOTAL, message, REWORK, "reviewer"), test, term=term)


HELD_RULES: tuple[Check, ...] = (
    Check(
        N_("A tax profile for the regime"),
        Rejection(
            "held_profile",
            PROFILE,
            N_(
                "The tax profile %(profile)s of product %(sku)s says nothing for the shop's "
                "regime. Write it, or choose another one; the note waits until then."
            ),
            N_("Open the tax profiles"),
            "accountant",
        ),
        p.profile_unknown,
        typed=True,
    ),
    Check(
        N_("ICMS rate of the state"),
        Rejection(
            "held_state_rate",
            "calendar.states",
            N_(
                "The ICMS rate inside %(state)s is not known on the note's day. Type it in; "
                "the note waits until then."
            ),
            N_("Open the rates of the states"),
            "accountant",
        ),
        p.state_rate_unknown,
        typed=True,
    ),
    Check(
        N_("Rates of the day"),
        Rejection(
            "held_rate",
            "calendar.values",
            N_(
                "A rate of the note's day is not known: %(label)s. Type it in with its source; the "
                "note waits until then."
            ),
            N_("Open the fiscal calendar"),
            "accountant",
        ),
        p.rate_unknown,
        typed=True,
    ),
    Check(
        N_("Schema package of the day"),
        Rejection(
            "held_package",
            "calendar.packages",
            N_(
                "What the note tells of Simples' IBS and CBS, or of the shop's choice for them, "
                "is not in the schema package of its day, %(package)s: a newer one (010h) is "
                "needed. Upload the official one; the note waits until then."
            ),
            N_("Open the schema packages"),
            "admin",
        ),
        p.package_missing,
        typed=True,
    ),
)
ICMS_RULES: tuple[Check, ...] = (
    _of_items(
        "337",
        "lines.*.cfop",
        N_("CFOP of a MEI"),
        N_(
            "Product %(sku)s carries CFOP %(cfop)s, which a MEI does not use with its tax code "
            "(CSOSN): 102 goes with 5102 or 6102."
        ),
        each_item(p.wrong_mei_cfop, p.of_mei),
    ),
    _of_items(
        "782",
        ICMS,
        N_("Tax code of a MEI"),
        N_("Product %(sku)s carries a tax code (CSOSN) that a MEI does not use."),
        each_item(p.wrong_mei_code, p.of_mei),
    ),
    _of_items(
        "508",
        ICMS,
        N_("Tax code for a consumer"),
        N_("Product %(sku)s carries a tax code (CST) that a consumer's note does not have."),
        each_item(p.wrong_consumer_code, p.to_consumer),
    ),
    _of_items(
        "694",
        ICMS,
        N_("ICMS of the destination's state"),
        N_(
            "Product %(sku)s goes to a consumer of another state and the part of that state's ICMS "
            "(DIFAL) is missing."
        ),
        each_item(p.difal_missing, p.to_consumer_elsewhere),
    ),
    _of_items(
        "693",
        ICMS,
        N_("No ICMS of another state without need"),
        N_(
            "Product %(sku)s carries a part of another state's ICMS (DIFAL), which only a taxed "
            "sale to a consumer of another state has."
        ),
        each_item(p.difal_unasked),
    ),
    _of_items(
        "697",
        ICMS,
        N_("ICMS rate between the states"),
        N_(
            "The ICMS rate between the states of product %(sku)s is not the one of its origin and "
            "of the two states."
        ),
        each_item(p.wrong_inter_rate),
    ),
    _of_items(
        "930",
        "lines.*.benefit_code",
        N_("Benefit code"),
        N_(
            "Product %(sku)s does not pay its ICMS in full, and the shop's state wants the code of "
            "the benefit (cBenef), or SEM CBENEF."
        ),
        each_item(p.benefit_code_missing, p.wants_benefit_code),
    ),
)
IBS_CBS_RULES: tuple[Check, ...] = (
    _of_items(
        "1115",
        IBS_CBS,
        N_("IBS and CBS"),
        N_("Product %(sku)s lacks the IBS and CBS group, which is compulsory on this date."),
        each_item(p.ibs_cbs_missing, p.wants_ibs_cbs),
        IBS_CBS_RULED,
    ),
    _of_items(
        "1020",
        IBS_CBS,
        N_("Tax code of IBS and CBS"),
        N_("Product %(sku)s carries a tax code (CST) of IBS and CBS that does not exist."),
        each_item(p.unknown_cst),
        IBS_CBS_RULED,
    ),
    _of_items(
        "1021",
        IBS_CBS,
        N_("No values of IBS and CBS without need"),
        N_("Product %(sku)s carries values of IBS and CBS, which its tax code (CST) forbids."),
        each_item(p.values_unasked),
        IBS_CBS_RULED,
    ),
    _of_items(
        "1022",
        IBS_CBS,
        N_("Values of IBS and CBS"),
        N_("Product %(sku)s lacks the values of IBS and CBS, which its tax code (CST) wants."),
        each_item(p.values_missing, p.wants_values),
        IBS_CBS_RULED,
    ),
    _of_items(
        "1023",
        IBS_CBS,
        N_("Class of IBS and CBS"),
        N_(
            "The class (cClassTrib) of IBS and CBS of product %(sku)s is not one that the program "
            "knows for goods."
        ),
        each_item(p.unknown_class, p.is_our_own),
        IBS_CBS_RULED,
    ),
    _of_items(
        "1024",
        IBS_CBS,
        N_("Class and tax code of IBS and CBS"),
        N_(
            "The class (cClassTrib) of IBS and CBS of product %(sku)s is not one of its tax code "
            "(CST): its first three digits are the tax code."
        ),
        each_item(p.class_of_other_cst),
        IBS_CBS_RULED,
    ),
    *(
        Check(
            name,
            Rejection(
                code,
                IBS_CBS,
                N_("Product %(sku)s carries another rate of IBS or CBS than that of its day."),
                REWORK,
                "reviewer",
            ),
            p.wrong_rate(tag),
            term=IBS_CBS_RULED,
        )
        for code, tag, name in (
            ("1026", P_IBS_STATE, N_("IBS rate of the state")),
            ("1036", P_IBS_CITY, N_("IBS rate of the city")),
            ("1037", P_CBS, N_("CBS rate")),
        )
    ),
    _of_items(
        "1041",
        IBS_CBS,
        N_("IBS of each item"),
        N_(
            "The state's IBS of product %(sku)s is not its base times its rate. It is our fault: "
            "tell support."
        ),
        each_item(p.wrong_state_value),
        IBS_CBS_RULED,
    ),
    _of_items(
        "1277",
        PROFILE,
        N_("Activity in Simples"),
        N_(
            "Product %(sku)s is called no revenue (activity 90), but its class of IBS and CBS is "
            "one of revenue."
        ),
        each_item(p.revenue_called_none, p.tells_activities),
    ),
    _of_items(
        "1279",
        "lines.*.unit_price",
        N_("Net value of each item"),
        N_(
            "The net value of product %(sku)s is not its net price times its quantity. It is our "
            "fault: tell support."
        ),
        each_item(p.wrong_net_value),
        NET_VALUE,
    ),
)
TOTAL_RULES: tuple[Check, ...] = (
    *(
        _of_note(code, name, _SUM, total_differs(tag, "ICMSUFDest", tag, label))
        for code, tag, name, label in (
            (
                "798",
                "vFCPUFDest",
                N_("Total of the destination's poverty fund"),
                N_("the destination's poverty fund (FCP)"),
            ),
            (
                "799",
                "vICMSUFDest",
                N_("Total of the destination's ICMS"),
                N_("the destination's ICMS (DIFAL)"),
            ),
            (
                "800",
                "vICMSUFRemet",
                N_("Total of the origin's part of DIFAL"),
                N_("the origin's part of DIFAL"),
            ),
        )
    ),
    _of_note(
        "1118",
        N_("No total of IBS and CBS without need"),
        N_("The note has a total of IBS and CBS, but no item with them."),
        p.totals_unasked,
        IBS_CBS_RULED,
    ),
    _of_note(
        "1119",
        N_("Total of IBS and CBS is given"),
        N_("The note's items have IBS and CBS, but the note has no total of them."),
        p.totals_missing,
        IBS_CBS_RULED,
    ),
    *(
        _of_note(code, name, _SUM, p.ibs_cbs_total_differs(tag, label), IBS_CBS_RULED)
        for code, tag, name, label in (
            ("1085", "vIBS", N_("Total of IBS"), N_("IBS")),
            ("1091", "vCBS", N_("Total of CBS"), N_("CBS")),
        )
    ),
    _of_note(
        "1094",
        N_("Whole total of the note"),
        N_(
            "The note's whole total is %(total)s, but its items add up to %(sum)s. It is our "
            "fault: tell support."
        ),
        p.wrong_whole_total,
        IBS_CBS_RULED,
    ),
    _of_note(
        "1282",
        N_("Total of net values is given"),
        N_("The note's items have net values, but the note has no total of them."),
        p.net_total_missing,
        NET_VALUE,
    ),
    _of_note(
        "1283",
        N_("Total of net values"),
        N_(
            "The note's total of net values is %(total)s, but its items add up to %(sum)s. It "
            "is our fault: tell support."
        ),
        p.wrong_net_total,
        NET_VALUE,
    ),
)
TAX_RULES = (*HELD_RULES, *ICMS_RULES, *IBS_CBS_RULES, *TOTAL_RULES)
