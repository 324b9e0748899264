"""What an NF-e says otherwise after a mend, and its XML with the place of a finding lit up."""

import re

import pytest
from lxml import etree

from tests.factories import make_product, sign_in, work_off
from tests.support.invoices import decide, in_review, invoice_of_sale, with_wrong_bar_code
from webapp.fiscal.xml import NAMESPACE
from webapp.invoice_pages.note_changes import changes_between
from webapp.invoice_pages.note_xml import xml_lines
from webapp.invoices.models import InvoiceStatus
from webapp.platform.issues import Issue

NOTE = (
    f'<NFe xmlns="{NAMESPACE}"><infNFe Id="NFe1" versao="4.00">'
    "<ide><nNF>7</nNF><dhEmi>x</dhEmi></ide><dest><CPF>11144477735</CPF>"
    "<enderDest><xLgr>Rua A &amp; B</xLgr><nro>1</nro></enderDest></dest>"
    '<det nItem="1"><prod><cProd>A</cProd><NCM>1</NCM></prod></det>'
    '<det nItem="2"><prod><cProd>B</cProd><NCM>2</NCM></prod></det>'
    "<pag><detPag><tPag>01</tPag></detPag><detPag><tPag>17</tPag></detPag></pag></infNFe></NFe>"
)


def english(app):
    return app.test_request_context(headers={"Accept-Language": "en"})


def note(*changes):
    written = NOTE
    for was, now in changes:
        assert was in written
        written = written.replace(was, now)
    return etree.fromstring(written)


def told(*changes):
    return [tuple(change) for change in changes_between(note(), note(*changes))]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("<nro>1", "<nro>2"), ("Number", "", "dest/enderDest/nro", "1", "2")),
        (("<NCM>2", "<NCM>3"), ("NCM", "B", "det/prod/NCM", "2", "3")),
        (("<nro>1</nro>", ""), ("Number", "", "dest/enderDest/nro", "1", "")),
        (("<tPag>17", "<tPag>20"), ("Means of payment", "", "pag/detPag/tPag", "17", "20")),
    ],
)
def test_a_field_that_changed_is_told_by_its_name(app, change, words):
    with english(app):
        assert told(change) == [words]


def test_what_each_version_has_of_its_own_is_no_change(app):
    with english(app):
        assert (
            told(("<nNF>7", "<nNF>8"), ("<dhEmi>x", "<dhEmi>y"), ('Id="NFe1"', 'Id="NFe2"')) == []
        )


def test_an_item_is_known_by_its_sku_wherever_it_stands(app):
    item = '<det nItem="1"><prod><cProd>A</cProd><NCM>1</NCM></prod></det>'
    with english(app):
        gone = told((item, ""), ('nItem="2"', 'nItem="1"'))
    assert {(each[1], each[3], each[4]) for each in gone} == {("A", "A", ""), ("A", "1", "")}


def lit(issue):
    lines = xml_lines(note(), [Issue("x", "nothing"), issue])
    firsts = [line.text.strip() for line in lines if line.is_first]
    return firsts, [line.text.strip() for line in lines if line.lit == 2]


@pytest.mark.parametrize(
    ("issue", "line"),
    [
        (Issue("778", "lines.*.product.ncm", {"item": 2}), "<NCM>2</NCM>"),
        (Issue("225", "address.number"), "<nro>1</nro>"),
        (Issue("225", "address.street"), "<xLgr>Rua A &amp; B</xLgr>"),
        (Issue("237", "customer.document"), "<CPF>11144477735</CPF>"),
        (Issue("225", "document.*", {"label": "ide/nNF"}), "<nNF>7</nNF>"),
    ],
)
def test_the_line_that_a_finding_is_about_is_lit(issue, line):
    assert lit(issue) == ([line], [line])


def test_where_it_is_missing_what_it_would_stand_in_is_lit():
    _first, lines = lit(Issue("225", "address.neighborhood"))
    assert lines[0] == "<enderDest>" and lines[-1] == "</enderDest>" and len(lines) == 4
    assert lit(Issue("108", "settings.authority")) == ([], [])


def test_the_page_lights_up_a_wrong_bar_code_and_tells_the_change_after_the_mend(client, db):
    invoice = with_wrong_bar_code()
    sign_in(client, "manager")
    page = client.get(f"/invoices/{invoice.id}").text
    marks = re.findall(r'<mark id="xml-1">\s*(.*?)</mark>', page)
    assert re.search(r"\n +&lt;NCM&gt;[0-9]{8}&lt;/NCM&gt;\n", page), "line by line"
    assert marks == ["&lt;cEAN&gt;7891000100104&lt;/cEAN&gt;"] and 'href="#xml-1"' in page
    assert 'id="changes"' not in page, "nothing was mended yet"

    for line in invoice.sale.lines:
        line.product = line.product | {"gtin": ""}
    product = db.session.get(type(make_product()), invoice.sale.lines[0].product_id)
    product.gtin = ""
    db.session.commit()
    client.post(f"/invoices/{invoice.id}/resubmission")
    work_off()
    assert invoice_of_sale(invoice.sale).status is InvoiceStatus.AUTHORIZED
    page = " ".join(client.get(f"/invoices/{invoice.id}").text.split())
    assert "<del>7891000100104</del></td> <td><ins>SEM GTIN</ins>" in page
    assert "<mark" not in page


def test_the_reviewer_sees_what_was_changed_since_it_was_returned(app, client, db):
    invoice = in_review()
    sign_in(client, "reviewer")
    decide(client, invoice.id, "rejection", code="address", comment="number")
    decide(client, invoice.id, "address", zip_code="05010-000", number="200", country="BR")
    work_off()
    page = " ".join(client.get(f"/invoices/{invoice.id}").text.split())
    assert "Changed since it was last returned or rejected" in page
    assert page.count("<del>") == 1 and "<del>100</del></td> <td><ins>200</ins>" in page
