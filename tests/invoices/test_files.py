"""The files of an NF-e: XML, DANFE, and a month of them."""

import io
import subprocess
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from lxml import etree

from tests.factories import api, make_token, sign_in
from tests.support.invoices import authorized, in_review, worked_off
from tests.support.processed_sales import counted
from webapp.authority.sandbox import Sandbox
from webapp.http.formatting import shop_day
from webapp.invoices import archive
from webapp.invoices.models import InvoiceStatus

SCHEMAS = Path(next(iter(find_spec("nfelib").submodule_search_locations))) / "nfe/schemas/v4_0"


@pytest.mark.parametrize("where", ["/invoices", "/api/v1/invoices"])
def test_the_xml_is_given_out_as_stored_under_its_key(db, client, where):
    invoice = authorized()
    stored = invoice.proc_xml
    answer = (
        api(client, make_token("accountant")).get(f"/invoices/{invoice.id}/xml")
        if "api" in where
        else [sign_in(client, "accountant"), client.get(f"/invoices/{invoice.id}/xml")][1]
    )
    assert answer.data == stored
    assert answer.mimetype == "application/xml"
    assert (
        answer.headers["Content-Disposition"] == f'attachment; filename="{invoice.access_key}.xml"'
    )


def test_the_given_file_is_valid_and_its_signature_verifies(db, client, tmp_path, xmlsec1):
    invoice = authorized()
    sign_in(client, "clerk")
    file = tmp_path / "nfe.xml"
    file.write_bytes(client.get(f"/invoices/{invoice.id}/xml").data)

    etree.XMLSchema(etree.parse(str(SCHEMAS / "procNFe_v4.00.xsd"))).assertValid(
        etree.parse(str(file))
    )
    command = [xmlsec1, "--verify", "--insecure", "--id-attr:Id", "infNFe", str(file)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stderr


def test_before_authorization_the_xml_is_a_draft_that_says_so(db, client):
    invoice = in_review(reference="Pedido é/1")
    sign_in(client, "clerk")
    answer = client.get(f"/invoices/{invoice.id}/xml")
    draft = etree.fromstring(answer.data)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="draft-Pedido-1.xml"'
    assert "DRAFT WITHOUT FISCAL VALUE" in draft.getprevious().text
    names = {etree.QName(element).localname for element in draft.iter("*")}
    assert not names & {"Signature", "nNF", "cNF", "protNFe"}
    assert draft[0].get("Id") is None


def test_while_the_answer_is_awaited_the_xml_is_a_draft_still(db, client, monkeypatch):
    def lost(_self, _signed):
        raise ConnectionError("no answer")

    monkeypatch.setattr(Sandbox, "authorize", lost)
    invoice = authorized()
    sign_in(client, "accountant")
    answer = client.get(f"/invoices/{invoice.id}/xml")
    assert (invoice.status, invoice.number) == (InvoiceStatus.SENDING, 1)
    assert b"Signature" in invoice.signed_xml
    assert b"Signature" not in answer.data
    assert "It is sent with number 1 of series 1." in client.get(f"/invoices/{invoice.id}").text
    assert f'id="invoice-{invoice.id}"' in client.get("/invoices?status=sending").text


def test_the_danfe_comes_once_it_is_authorized(db, client):
    invoice = authorized()
    sign_in(client, "accountant")
    answer = client.get(f"/invoices/{invoice.id}/danfe.pdf")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")


def test_a_draft_has_no_danfe_and_the_answer_says_why(db, client):
    invoice = in_review()
    answer = api(client, make_token("accountant")).get(f"/invoices/{invoice.id}/danfe.pdf")
    assert (answer.status_code, "Under review" in answer.json["detail"]) == (409, True)


@pytest.mark.both_databases
def test_a_months_files_come_as_one_zip(db, client, monkeypatch):
    monkeypatch.setattr(archive, "ROWS_AT_ONCE", 2)
    issued = [authorized(), worked_off(), worked_off()]
    # Two of one moment, across the place where the reading begins anew.
    issued[2].issued_at = issued[1].issued_at
    db.session.commit()
    sign_in(client, "accountant")
    with counted() as said:
        answer = client.get(f"/invoices/archive?month={shop_day(issued[0].issued_at):%Y-%m}")
        files = zipfile.ZipFile(io.BytesIO(answer.data))
    asked = [each for each in said if "proc_xml" in each.partition("FROM")[0]]
    assert len(asked) == 4, "is there any, two, one, no more"
    assert {name: files.read(name) for name in files.namelist()} == {
        f"{one.access_key}.xml": one.proc_xml for one in issued
    }
    assert answer.content_length is None, "a stream, not a file held in memory"


@pytest.mark.parametrize(
    ("month", "status"), [("2025-01", 404), ("2026-13", 422), ("", 422), ("2026", 422)]
)
def test_a_month_without_files_or_that_is_none(db, client, month, status):
    authorized()
    answer = api(client, make_token("accountant")).get(f"/invoices/archive?month={month}")
    assert answer.status_code == status
