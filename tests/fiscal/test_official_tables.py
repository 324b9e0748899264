"""What uploaded tables do to a note: which NCM there are, and what a consumer is told of taxes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.support.fiscal_notes import BOOKSHOP, BUYER, ISSUER, NOW, NUMBERING, a_note, an_item
from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import build
from webapp.fiscal.official_tables import IbptRates, IbptTable, NcmTable
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE

TODAY = NOW.date()
MUG = an_item()


def ibpt(ends=TODAY, state="SP"):
    rates = IbptRates(*map(Decimal, ("13.45", "15.20", "18.00", "0.00")))
    return IbptTable(state, date(2026, 1, 1), ends, "IBPT 26.2.A", {MUG.ncm: rates})


def with_taxes(note, *tables):
    book = replace(EXAMPLE_BOOK, ibpt=tables)
    document = build(note, book, NUMBERING)
    return document, run_checks(note, document, book, NOW).issues


def texts(document, tag):
    return [found.text for found in document.iter(f"{{{NAMESPACE}}}{tag}")]


def test_a_consumer_is_told_the_taxes_of_each_item_their_total_and_the_source():
    # Two mugs: 100.00 + 7.00 freight - 3.50 discount = 103.50 and 20.00.
    dear = an_item(
        quantity=1, unit_price=Decimal("100.00"), freight=Decimal("7.00"), discount=Decimal("3.50")
    )
    cheap = an_item(
        sku="B",
        quantity=1,
        unit_price=Decimal("20.00"),
        freight=Decimal(0),
        discount=Decimal(0),
        origin="1",
    )
    unknown = an_item(sku="C", ncm="85234990", freight=Decimal(0), discount=Decimal(0))
    document, issues = with_taxes(a_note(items=(dear, cheap, unknown)), ibpt())

    # 13.92 + 18.63; imported: 3.04 + 3.60; of the third nothing is known.
    assert texts(document, "vTotTrib") == ["32.55", "6.64", "39.19"]
    (remark,) = texts(document, "infCpl")
    assert remark.endswith(
        "Tributos aproximados: R$ 16,96 federais, R$ 22,23 estaduais, R$ 0,00 municipais. "
        "Fonte: IBPT 26.2.A"
    )
    assert issues == []


@pytest.mark.parametrize(
    ("note", "tables"),
    [
        (a_note(), ()),
        (a_note(), (ibpt(ends=date(2026, 1, 31)),)),
        (a_note(), (ibpt(state="RJ"),)),
        (a_note(recipient=BOOKSHOP), (ibpt(),)),
    ],
    ids=["no table", "one that has ended", "another state's", "a buyer who resells"],
)
def test_otherwise_nothing_is_told(note, tables):
    document, _ = with_taxes(note, *tables)
    assert texts(document, "vTotTrib") == [] and "IBPT" not in texts(document, "infCpl")[0]


def test_a_total_that_is_not_the_items_is_refused():
    note, book = a_note(), replace(EXAMPLE_BOOK, ibpt=(ibpt(),))
    document = build(note, book, NUMBERING)
    list(document.iter(f"{{{NAMESPACE}}}vTotTrib"))[-1].text = "1.00"
    assert [one.code for one in run_checks(note, document, book, NOW).issues] == ["685"]


def ncm_codes(periods, published=date(2026, 1, 1)):
    book = replace(EXAMPLE_BOOK, ncm=NcmTable(published, periods))
    note = a_note(items=(MUG,), recipient=BUYER, issuer=ISSUER)
    issues = run_checks(note, build(note, book, NUMBERING), book, NOW).issues
    return [issue.code for issue in issues]


def test_an_ncm_is_one_of_the_table_that_holds_on_the_day():
    assert ncm_codes({MUG.ncm: ((date(2022, 4, 1), None),)}) == []
    assert ncm_codes({MUG.ncm: ((TODAY, TODAY),)}) == []
    assert ncm_codes({"49019900": ((date(2022, 4, 1), None),)}) == ["778"]
    assert ncm_codes({MUG.ncm: ((date(2022, 4, 1), date(2026, 1, 31)),)}) == ["778"]
    assert ncm_codes({MUG.ncm: ((date(2027, 1, 1), None),)}) == ["778"]


def test_of_days_before_it_was_published_a_table_says_nothing():
    assert ncm_codes({}, published=date(2030, 1, 1)) == []
