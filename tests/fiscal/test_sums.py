"""What an NF-e adds to its month's account, read from its file."""

from dataclasses import replace
from decimal import Decimal

from lxml import etree

from tests.support.fiscal_notes import BUYER, CURITIBA, NUMBERING, a_note, an_item
from webapp.fiscal.document import build
from webapp.fiscal.sums import note_sums
from webapp.fiscal.tax_book import EXAMPLE_BOOK

RIO = replace(CURITIBA, city="Rio de Janeiro", ibge="3304557", state="RJ", zip_code="20040-002")


def sums_of(note):
    return note_sums(etree.tostring(build(note, EXAMPLE_BOOK, NUMBERING)))


def test_difal_and_fund_go_to_the_state_of_the_goods():
    mug = an_item(quantity=1, unit_price=Decimal("100.00"))
    found = sums_of(a_note(crt="3", items=(mug,), recipient=replace(BUYER, address=RIO)))
    assert (found.month, found.state) == ("2026-11", "RJ")
    (row,) = found.sums
    assert (row.cfop, row.cst, row.rate) == ("6108", "00", Decimal("12.00"))
    assert (row.total, row.base, row.icms) == (100, 100, 12)
    assert (row.difal, row.fcp_there, row.fcp) == (8, 2, 0)


def test_the_totals_of_kinds_of_items_are_that_of_the_note():
    """Mugs 136.50; books 179.80 less 10.00 and with 12.34 of freight."""
    found = sums_of(a_note())
    assert sum(row.total for row in found.sums) == Decimal("318.64")
    assert [(row.cfop, row.cst) for row in found.sums] == [("5102", "102"), ("5102", "300")]
    assert [row.total for row in found.sums] == [Decimal("136.50"), Decimal("182.14")]


def test_what_no_item_tells_of_stands_with_the_first():
    written = etree.tostring(build(a_note(), EXAMPLE_BOOK, NUMBERING))
    found = note_sums(written.replace(b"<vNF>318.64<", b"<vNF>320.00<"))
    assert [row.total for row in found.sums] == [Decimal("137.86"), Decimal("182.14")]
