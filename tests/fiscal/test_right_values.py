"""Right values of taxes, by hand, for each regime on both sides of New Year's Day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from brazilfiscalreport.danfe import Danfe
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from nfelib.nfe.bindings.v4_0.nfe_v4_00 import Nfe
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig

from tests.support.books_of_2027 import CHOICE, FULL, PACKAGE, TYPED, book, profiled
from tests.support.fiscal_notes import (
    BOOKSHOP,
    BUYER,
    CURITIBA,
    GIFT,
    ISSUER,
    LISBON,
    a_note,
    an_item,
)
from webapp.fiscal.calendar import NON_CUMULATIVE, P_CBS, P_CBS_SIMPLES, P_IBS_SIMPLES
from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import Numbering, build
from webapp.fiscal.note import PENDING, PENDING_ABOVE, REGULAR, Address
from webapp.fiscal.sandbox import SandboxAuthority
from webapp.fiscal.sandbox_ledger import MemoryLedger
from webapp.fiscal.tax_book import RateException
from webapp.fiscal.xml import NAMESPACE
from webapp.platform.issues import ERROR

OF_SP = timezone(timedelta(hours=-3))
DAYS = {
    "13 December": datetime(2026, 12, 13, 12, 0, tzinfo=OF_SP),
    "14 December": datetime(2026, 12, 14, 12, 0, tzinfo=OF_SP),
    "the last minute": datetime(2026, 12, 31, 23, 59, tzinfo=OF_SP),
    "the first minute": datetime(2027, 1, 1, 0, 0, tzinfo=OF_SP),
}
LAST, FIRST = DAYS["the last minute"], DAYS["the first minute"]
RIO = Address("Rua da Carioca", "10", "", "Centro", "Rio de Janeiro", "3304557", "RJ", "20050008")
HUNDRED = an_item(quantity=1, unit_price=Decimal("100.00"))
RESELLER = replace(
    BOOKSHOP, address=CURITIBA, document="99.777.666/0001-18", state_registration="9012345663"
)
RESELLER_SP = BOOKSHOP


def written(note, day, taxes=FULL) -> dict[str, str]:
    """Tag to text of the first item and of the totals (these as "total/…")."""
    document = build(note, taxes, Numbering(1, 101, day, "48151623"))
    det = next(document.iter(f"{{{NAMESPACE}}}det"))
    total = next(document.iter(f"{{{NAMESPACE}}}total"))
    found = {}
    for tag, element in (("det", det), ("total", total)):
        for leaf in element.iter("*"):
            trail = [etree.QName(node).localname for node in (leaf, *leaf.iterancestors())]
            path = list(reversed(trail[: trail.index(tag)]))
            if len(leaf) == 0:
                start = "total/" if tag == "total" else ""
                found[start + "/".join(path[-2:])] = leaf.text
                found.setdefault(start + path[-1], leaf.text)
    return found


def of_hundred(crt="3", **changes):
    changes.setdefault("items", (HUNDRED,))
    return a_note(crt=crt, **changes)


def codes(note, day, taxes=FULL) -> list[str]:
    document = build(note, taxes, Numbering(1, 101, day, "48151623"))
    return [
        issue.code
        for issue in run_checks(note, document, taxes, day).issues
        if issue.level == ERROR
    ]


def agree(found: dict[str, str], expected: dict[str, str | None]) -> None:
    assert {tag: found.get(tag) for tag in expected} == expected


NO_SHARE = {"pIBSSN": None, "pCBSSN": None, "cAtivSN": None, "total/vIBSSN": None}
SIMPLES_2026 = {"CSOSN": "102", "IBSCBS/CST": None, "vItem": None, "total/vNFTot": None, **NO_SHARE}
OF_2026 = {
    "pIBSUF": "0.1000",
    "vIBSUF": "0.08",
    "pIBSMun": "0.0000",
    "vIBSMun": "0.00",
    "pCBS": "0.9000",
    "vCBS": "0.71",
    "gIBSCBS/vBC": "79.01",
    "PISAliq/vPIS": "0.53",
    "COFINSAliq/vCOFINS": "2.46",
    "ICMS00/vICMS": "18.00",
    "total/vCBS": "0.71",
    **NO_SHARE,
}
# 100.00 of which 18.00 are ICMS; 82.00 contain 0.10 + 8.80 percent: 82.00 / 1.089 = 75.30.
OF_2027 = {
    "pIBSUF": "0.0500",
    "vIBSUF": "0.04",
    "pIBSMun": "0.0500",
    "vIBSMun": "0.04",
    "pCBS": "8.8000",
    "vCBS": "6.63",
    "gIBSCBS/vBC": "75.30",
    "PISNT/CST": "08",
    "COFINSNT/CST": "08",
    "total/vPIS": "0.00",
    "total/vIBS": "0.08",
    **NO_SHARE,
}
BY_REGIME = {
    "1": (
        SIMPLES_2026,
        {
            "CSOSN": "102",
            "IBSCBS/CST": "000",
            "IBSCBS/cClassTrib": "000001",
            "gIBSCBS/vBC": None,
            "gIBSSN/pIBSSN": "0.5000",
            "gIBSSN/vIBSSN": "0.50",
            "gCBSSN/pCBSSN": "1.2000",
            "gCBSSN/vCBSSN": "1.20",
            "cAtivSN": "01",
            "total/vIBSSN": "0.50",
            "total/vCBSSN": "1.20",
            "total/vBCIBSCBS": "0.00",
            "total/vNFTot": "100.00",
        },
    ),
    "2": (
        {"ICMS00/vICMS": "18.00", "PISOutr/CST": "49", "IBSCBS/CST": None, **NO_SHARE},
        {
            "ICMS00/vICMS": "18.00",
            "PISOutr/CST": "49",
            "gIBSCBS/vBC": "82.00",
            "pIBSUF": "0.0000",
            "pIBSMun": "0.0000",
            "pCBS": "0.0000",
            "total/vCBS": "0.00",
            "gIBSSN/pIBSSN": None,
            "gCBSSN/pCBSSN": "1.2000",
            "total/vCBSSN": "1.20",
            "cAtivSN": "01",
        },
    ),
    "3": (OF_2026, OF_2027),
    "4": (
        SIMPLES_2026,
        {"CSOSN": "102", "IBSCBS/cClassTrib": "000001", "gIBSCBS/vBC": None, **NO_SHARE},
    ),
}


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
@pytest.mark.parametrize("crt", BY_REGIME)
def test_a_mug_of_a_hundred_in_each_regime_on_each_day(crt, day):
    note = of_hundred(crt)
    agree(written(note, day), BY_REGIME[crt][day is FIRST])
    assert codes(note, day) == []


def test_the_day_is_that_of_the_issuers_state():
    """23:30 of 31 December in Acre, when it is already 2027 in São Paulo."""
    acre = replace(ISSUER.address, state="AC", ibge="1200401")
    note = of_hundred("3", issuer=replace(ISSUER, crt="3", address=acre))
    moment = datetime(2027, 1, 1, 4, 30, tzinfo=UTC)
    assert written(note, moment)["pCBS"] == "0.9000"
    assert written(note, moment + timedelta(minutes=30))["pCBS"] == "8.8000"


# A share of 100.00 at 0.50 and 1.20 percent.
BOTH_SHARES = {"gIBSSN/vIBSSN": "0.50", "gCBSSN/vCBSSN": "1.20", "cAtivSN": "01"}
CHOICES = {
    # All of 100.00 contains 0.10 + 8.80 percent: 100.00 / 1.089 = 91.83.
    ("1", REGULAR): {
        "CSOSN": "102",
        "PISOutr/CST": "49",
        "gIBSCBS/vBC": "91.83",
        "pIBSUF": "0.0500",
        "vIBSUF": "0.05",
        "vIBSMun": "0.05",
        "pCBS": "8.8000",
        "vCBS": "8.08",
        "vProdLiq": "91.82",
        "total/vCBS": "8.08",
        "pIBSSN": None,
        "pCBSSN": None,
        "total/vIBSSN": None,
        "cAtivSN": "01",
    },
    ("2", REGULAR): {"pCBS": "8.8000", "vCBS": "6.63", "pCBSSN": None, "vProdLiq": "93.29"},
    ("3", PENDING): {**OF_2027, **BOTH_SHARES, "pIBSSN": "0.5000", "pCBSSN": "1.2000"}
    | {"total/vIBSSN": "0.50", "total/vCBSSN": "1.20"},
    ("3", PENDING_ABOVE): {**OF_2027, "pCBSSN": "1.2000", "cAtivSN": "01", "pIBSSN": None}
    | {"total/vIBSSN": "0.00", "total/vCBSSN": "1.20"},
}
REGIME_CODES = {REGULAR: "1", PENDING: "2", PENDING_ABOVE: "3"}


def chosen(crt, choice, since=date(2027, 1, 1)):
    return of_hundred(issuer=replace(ISSUER, crt=crt, ibs_cbs=((since, choice),)))


def regime_told(note, day, taxes=FULL):
    document = build(note, taxes, Numbering(1, 101, day, "48151623"))
    return document.findtext(f".//{{{NAMESPACE}}}tpRegimeIBSCBS")


@pytest.mark.parametrize(("crt", "choice"), CHOICES)
def test_a_choice_for_ibs_and_cbs_beside_the_regime(crt, choice):
    note = chosen(crt, choice)
    agree(written(note, FIRST), CHOICES[crt, choice])
    assert regime_told(note, FIRST) == REGIME_CODES[choice] and codes(note, FIRST) == []


@pytest.mark.parametrize(("crt", "choice"), CHOICES)
def test_before_its_first_day_and_before_2027_a_choice_changes_nothing(crt, choice):
    later = chosen(crt, choice, date(2027, 7, 1))
    for note, day in ((later, FIRST), (chosen(crt, choice, date(2026, 1, 1)), LAST)):
        agree(written(note, day), BY_REGIME[crt][day is FIRST])
        assert regime_told(note, day) is None and codes(note, day) == []


@pytest.mark.parametrize(("crt", "choice"), CHOICES)
def test_a_choice_that_the_schema_of_the_day_does_not_know_holds_the_note(crt, choice):
    note, without = chosen(crt, choice), book(*TYPED, package=False)
    assert "held_package" in codes(note, FIRST, without)
    assert regime_told(note, FIRST, without) is None
    # Which of two codes is the regular regime's nobody can tell.
    layout, one = PACKAGE.files["leiauteNFe_v4.00.xsd"].decode(), CHOICE[: CHOICE.index("</xs:r")]
    more = layout.replace(one, f'{one}<xs:enumeration value="4"/>').encode()
    files = {**PACKAGE.files, "leiauteNFe_v4.00.xsd": more}
    taxes = replace(FULL, packages=(replace(PACKAGE, files=files),))
    assert ("held_package" in codes(note, FIRST, taxes)) is (choice == REGULAR)


def test_a_choice_that_fits_no_regime_counts_as_none():
    agree(written(chosen("3", REGULAR), FIRST), OF_2027)
    agree(written(chosen("4", PENDING), FIRST), BY_REGIME["4"][1])


def test_who_reckons_by_the_law_waits_for_its_rates_and_who_tells_a_share_for_that():
    unknown = book((P_CBS_SIMPLES, "1.20"), (P_IBS_SIMPLES, "0.50"))
    assert "held_rate" in codes(chosen("1", REGULAR), FIRST, unknown)
    assert "held_rate" in codes(chosen("3", PENDING), FIRST, book((P_CBS, "8.80")))


def test_the_net_value_of_the_goods_is_without_what_their_price_contains():
    """3 × 33.33 + 10.00 − 5.00 = 104.99, of which 18.90 ICMS; 86.09 / 1.089 = 79.05 bear 0.04, 0.04
    and 6.96. Of these 7.04 the goods bear 7.04 × 99.99 / 104.99 = 6.70."""
    item = an_item(quantity=3, unit_price=Decimal("33.33"))
    item = replace(item, freight=Decimal("10.00"), discount=Decimal("5.00"))
    note = of_hundred("3", items=(item,))
    agree(
        written(note, FIRST),
        {
            "gIBSCBS/vBC": "79.05",
            "vCBS": "6.96",
            "vProdLiq": "93.29",
            "vUnComLiq": "31.0966666667",
            "total/vProdLiqTot": "93.29",
        },
    )
    assert codes(note, FIRST) == []
    for other, day, taxes in (
        (note, LAST, FULL),
        (note, FIRST, book(*TYPED, package=False)),
        (of_hundred("1"), FIRST, FULL),
    ):
        agree(written(other, day, taxes), {"vProdLiq": None, "total/vProdLiqTot": None})


def test_a_consumer_of_rio_pays_the_difference_and_the_fund():
    found = written(of_hundred(address=RIO), LAST)
    agree(
        found,
        {
            "CFOP": "6108",
            "vICMS": "12.00",
            "vBCUFDest": "100.00",
            "vBCFCPUFDest": "100.00",
            "pFCPUFDest": "2.0000",
            "pICMSUFDest": "20.0000",
            "pICMSInter": "12.00",
            "pICMSInterPart": "100.0000",
            "vFCPUFDest": "2.00",
            "vICMSUFDest": "8.00",
            "vICMSUFRemet": "0.00",
            "gIBSCBS/vBC": "74.79",
            "total/vFCPUFDest": "2.00",
            "total/vICMSUFDest": "8.00",
            "total/vICMSUFRemet": "0.00",
            "total/vNF": "100.00",
        },
    )
    assert codes(of_hundred(address=RIO), LAST) == []


def test_a_state_without_a_fund_gets_no_part_of_one():
    found = written(of_hundred(address=CURITIBA), LAST)
    agree(found, {"vICMSUFDest": "7.50", "vFCPUFDest": None, "total/vFCPUFDest": "0.00"})


@pytest.mark.parametrize(
    "crt, changes",
    [("1", {}), ("4", {}), ("3", {"recipient": RESELLER}), ("3", {"address": LISBON})],
    ids=["Simples", "MEI", "a reseller", "abroad"],
)
def test_who_owes_no_difference_writes_none(crt, changes):
    note = of_hundred(crt, **({"address": RIO} | changes if crt in "14" else changes))
    assert "vICMSUFDest" not in written(note, LAST)


def test_the_fund_inside_the_state():
    shop = replace(ISSUER, crt="3", address=RIO, state_registration="")
    found = written(of_hundred(issuer=shop, address=RIO), LAST)
    agree(
        found,
        {
            "pICMS": "20.0000",
            "vICMS": "20.00",
            "pFCP": "2.0000",
            "vFCP": "2.00",
            "vBCFCP": None,
            "PISAliq/vBC": "80.00",
            "gIBSCBS/vBC": "75.08",  # 100 - 20.00 - 2.00 - 0.52 - 2.40
            "total/vFCP": "2.00",
        },
    )


def test_an_exception_counts_before_the_states_rate():
    rare = RateException("SP", date(2026, 1, 1), Decimal("25.00"), Decimal("2.00"), ncm="7323")
    taxes = replace(FULL, exceptions=(rare,))
    agree(written(of_hundred(), LAST, taxes), {"vICMS": "25.00", "vFCP": "2.00"})


@pytest.mark.parametrize(
    "way, pis, cofins, base",
    [("cumulative", "0.53", "2.46", "79.01"), (NON_CUMULATIVE, "1.35", "6.23", "74.42")],
)
def test_pis_and_cofins_of_both_ways(way, pis, cofins, base):
    """ICMS leaves their base: 82.00 at 0.65 and 3.00, or at 1.65 and 7.60."""
    note = of_hundred(issuer=replace(ISSUER, crt="3", pis_cofins=way))
    expected = {"PISAliq/vPIS": pis, "COFINSAliq/vCOFINS": cofins, "gIBSCBS/vBC": base}
    agree(written(note, LAST), {"PISAliq/vBC": "82.00", **expected})
    assert codes(note, LAST) == []


@pytest.mark.parametrize(
    "crt, changes, cfop",
    [
        ("1", {}, "5405"),
        ("1", {"recipient": RESELLER}, "6404"),
        ("1", {"address": CURITIBA}, "6108"),
        ("3", {}, "5405"),
        ("3", {"recipient": RESELLER}, "6404"),
        ("3", {"address": CURITIBA}, "6108"),
    ],
)
def test_st_paid_before(crt, changes, cfop):
    icms = "500" if crt == "1" else "60"
    taxes = profiled(icms=icms, nature="st_paid", cest="2806200")
    note = of_hundred(crt, **changes)
    agree(
        written(note, LAST, taxes),
        {
            "CFOP": cfop,
            "CEST": "2806200",
            "CSOSN" if crt == "1" else "ICMS60/CST": icms,
            "vICMS": None,
            "vICMSUFDest": None,
            "total/vICMS": "0.00",
        },
    )
    assert codes(note, LAST, taxes) == []


def test_a_reseller_gets_the_credit_of_simples_and_nobody_else():
    taxes = profiled(icms="101", credit_rate=Decimal("1.25"))
    sold = of_hundred("1", recipient=RESELLER_SP)
    expected = {"CSOSN": "101", "pCredSN": "1.2500", "vCredICMSSN": "1.25"}
    agree(written(sold, LAST, taxes), expected)
    assert codes(sold, LAST, taxes) == []
    agree(written(of_hundred("1"), LAST, taxes), {"CSOSN": "102", "pCredSN": None})


def test_what_the_law_wants_in_words():
    """The credit of Simples, and the part of the destination's state."""
    taxes = profiled(icms="101", credit_rate=Decimal("1.25"))
    sold = build(of_hundred("1", recipient=RESELLER_SP), taxes, Numbering(1, 101, LAST, "48151623"))
    assert (
        "DE ICMS NO VALOR DE R$ 1,25, CORRESPONDENTE A ALIQUOTA DE 1,25%, NOS TERMOS DO ART. 23 DA "
        "LC 123/2006" in etree.tostring(sold, encoding="unicode")
    )
    abroad = build(of_hundred(address=RIO), FULL, Numbering(1, 101, LAST, "48151623"))
    assert "ICMS da UF de destino R$ 8,00, FCP R$ 2,00" in etree.tostring(
        abroad, encoding="unicode"
    )


def test_other_operations_of_simples():
    taxes = profiled(icms="900")
    agree(written(of_hundred("1"), LAST, taxes), {"ICMSSN900/CSOSN": "900", "vCredICMSSN": None})
    assert codes(of_hundred("1"), LAST, taxes) == []


def test_a_reduced_base():
    """33.33 percent off: 66.67 at 18; the state's part of another state stays on the whole."""
    taxes = profiled(icms="20", reduction=Decimal("33.33"))
    agree(
        written(of_hundred(), LAST, taxes),
        {"pRedBC": "33.3300", "ICMS20/vBC": "66.67", "vICMS": "12.00", "vICMSDeson": None},
    )
    agree(
        written(of_hundred(address=RIO), LAST, taxes),
        {"ICMS20/vBC": "66.67", "vICMS": "8.00", "vBCUFDest": "100.00", "vICMSUFDest": "8.00"},
    )
    assert codes(of_hundred(address=RIO), LAST, taxes) == []


@pytest.mark.parametrize("cst", ["40", "41"])
def test_no_icms_at_all(cst):
    taxes = profiled(icms=cst)
    found = written(of_hundred(address=RIO), LAST, taxes)
    agree(
        found, {"ICMS40/CST": cst, "vICMSDeson": None, "vICMSUFDest": None, "total/vICMS": "0.00"}
    )
    assert found["gIBSCBS/vBC"] == "96.35"  # 100 - 0.65 - 3.00
    assert codes(of_hundred(address=RIO), LAST, taxes) == []


@pytest.mark.parametrize("address, cfop", [(BUYER.address, "5102"), (CURITIBA, "6102")])
def test_a_mei_sells_by_its_own_cfops(address, cfop):
    note = of_hundred("4", address=address)
    agree(written(note, LAST), {"CFOP": cfop, "CSOSN": "102"})
    assert codes(note, LAST) == []


@pytest.mark.parametrize(
    "nature, crt, address, cfop",
    [
        ("own_make", "1", BUYER.address, "5101"),
        ("own_make", "1", CURITIBA, "6107"),
        ("own_make", "4", CURITIBA, "6101"),
        ("exchange", "1", BUYER.address, "5949"),
        ("exchange", "1", CURITIBA, "6949"),
    ],
)
def test_cfop_of_other_natures(nature, crt, address, cfop):
    taxes = profiled(icms="102", nature=nature)
    assert written(of_hundred(crt, address=address), LAST, taxes)["CFOP"] == cfop


def test_a_class_with_lower_rates():
    """Food of annex VII: 60 percent off each rate."""
    taxes = profiled(icms="00", ibs_cbs="200", ibs_cbs_class="200034")
    agree(
        written(of_hundred(), LAST, taxes),
        {
            "pIBSUF": "0.1000",
            "gRed/pRedAliq": "60.0000",
            "gRed/pAliqEfet": "0.3600",  # that of CBS, the last
            "vIBSUF": "0.03",
            "vCBS": "0.28",
        },
    )
    assert codes(of_hundred(), LAST, taxes) == []


def test_the_benefit_code_is_asked_for_where_the_state_wants_it():
    shop = replace(ISSUER, crt="3", address=RIO, state_registration="")
    note = of_hundred(issuer=shop, address=RIO)
    assert codes(note, LAST, profiled(icms="41")) == ["930"]
    taxes = profiled(icms="41", benefit_code="RJ801234")
    assert (written(note, LAST, taxes)["cBenef"], codes(note, LAST, taxes)) == ("RJ801234", [])


# -- what holds a note -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "crt, taxes, held",
    [
        ("3", book(), ["held_rate"]),
        ("1", book(package=False), ["held_rate", "held_rate", "held_package"]),
        ("1", book(), ["held_rate", "held_rate"]),
        ("1", book(*TYPED, package=False), ["held_package"]),
        ("2", book((P_CBS_SIMPLES, "1.20")), []),
        ("2", book(), ["held_rate"]),
        ("4", book(package=False), []),
    ],
)
def test_a_note_of_2027_waits_for_what_is_not_known(crt, taxes, held):
    assert codes(of_hundred(crt), FIRST, taxes) == held
    assert codes(of_hundred(crt), LAST, taxes) == []
    found = written(of_hundred(crt), FIRST, taxes)
    unknown = "pCBS" if crt == "3" else "pCBSSN"
    assert not held or unknown not in found


def test_what_is_missing_is_named():
    note = of_hundred("3")
    document = build(note, book(), Numbering(1, 101, FIRST, "48151623"))
    (issue,) = run_checks(note, document, book(), FIRST).issues
    assert (issue.params["value"], issue.params["day"]) == (P_CBS, "2027-01-01")
    assert issue.field == "calendar.values" and issue.who == "accountant"


def test_a_profile_of_another_regime_holds():
    taxes = replace(FULL, defaults={**FULL.defaults, "goods": "drinks"})
    assert codes(of_hundred("1"), LAST, taxes)[0] == "held_profile"


def test_gifts_and_exports_of_simples_need_no_percentage():
    gift = a_note(crt="1", items=(GIFT,))
    abroad = of_hundred("1", address=LISBON)
    for note in (gift, abroad):
        assert codes(note, FIRST, book()) == []
        assert "pCBSSN" not in written(note, FIRST)


# -- sums ------------------------------------------------------------------------------------------

CENTS = st.integers(0, 9999)
SPLITS = st.lists(
    st.tuples(st.integers(1, 7), st.integers(1, 99999), CENTS, CENTS), min_size=1, max_size=6
)


@given(SPLITS, st.sampled_from("1234"), st.sampled_from([BUYER.address, RIO]), st.booleans())
def test_sums_are_right_for_every_split_of_discount_and_freight(lines, crt, address, in_2027):
    items = tuple(
        an_item(
            sku=f"S{n}",
            quantity=quantity,
            unit_price=Decimal(price).scaleb(-2),
            discount=min(Decimal(discount).scaleb(-2), quantity * Decimal(price).scaleb(-2)),
            freight=Decimal(freight).scaleb(-2),
        )
        for n, (quantity, price, discount, freight) in enumerate(lines)
    )
    note, day = a_note(crt=crt, items=items, address=address), FIRST if in_2027 else LAST
    assert codes(note, day) == []
    document = build(note, FULL, Numbering(1, 101, day, "48151623"))
    values = [Decimal(found.text) for found in document.iter(f"{{{NAMESPACE}}}vItem")]
    total = sum(item.quantity * item.unit_price + item.freight - item.discount for item in items)
    assert sum(values) in (total, 0) and note.total == total


# -- others read it --------------------------------------------------------------------------------


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
@pytest.mark.parametrize("crt", BY_REGIME)
def test_others_accept_what_is_written(crt, day, signer, verified_elsewhere):
    """xmlsec1 the signature, nfelib's binding the form, brazilfiscalreport the print. The binding
    is of package 010f: what 2027 adds it does not know and passes over."""
    note = a_note(crt=crt, items=(HUNDRED, GIFT), address=RIO)
    signed = signer.sign(build(note, FULL, Numbering(1, 101, day, "48151623")))
    assert FULL.package(day.date()).problems(etree.fromstring(signed)) == []
    assert verified_elsewhere(signed)
    passing = ParserConfig(fail_on_unknown_properties=not (crt in "123" and day is FIRST))
    read = XmlParser(config=passing).from_bytes(signed, Nfe)
    assert read.infNFe.total.ICMSTot.vNF == "100.00"
    sandbox = SandboxAuthority(MemoryLedger(), lambda: day + timedelta(minutes=1), FULL)
    assert [answer.code for answer in sandbox.authorize([signed])] == ["100"]
    assert bytes(Danfe(xml=signed.decode()).output()).startswith(b"%PDF")
