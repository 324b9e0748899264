"""DANFE and labels, of one NF-e or of many in the list's order: read back as a scanner does."""

import io
import zipfile

from tests.factories import api, make_token, sign_in
from tests.support.invoices import authorized, in_review, worked_off
from tests.support.packing_slips import awaiting, slips
from tests.support.paper import OFFICE, codes, sizes, texts
from webapp.invoices.models import InvoiceStatus
from webapp.invoices.queries import invoice_of
from webapp.store.queries import the_shop


def cancelled(db, invoice):
    invoice.status = InvoiceStatus.CANCELLED
    db.session.commit()
    return invoice


def ids(*invoices) -> str:
    return ",".join(str(invoice.id) for invoice in invoices)


def test_a_label_is_for_a_parcel_and_its_code_is_the_key(db, client):
    invoice = authorized()
    label = api(client, make_token("clerk")).get(f"/invoices/{invoice.id}/label.pdf").data
    assert sizes(label) == [(100, 150)]
    assert codes(label) == [[invoice.access_key]]
    (text,) = texts(label)
    assert "R$ 129,90" in text and invoice.sale.lines[0].name in text
    assert "SEM VALOR FISCAL" in text, "an NF-e of homologation says so"


def test_marked_rows_come_as_one_file_in_their_order(db, client):
    first, second, third = authorized(), worked_off(), cancelled(db, worked_off())
    sign_in(client)
    marked = {"ids": [str(third.id), str(second.id), str(first.id)]}
    sent = client.post("/invoices/printing?what=labels", data=marked)
    assert sent.location == f"/invoices/labels.pdf?ids={second.id},{first.id}"
    labels = client.get(sent.location).data
    assert codes(labels) == [[second.access_key], [first.access_key]]
    assert "1 was passed over" in client.get("/invoices").text

    danfes = client.get(f"/invoices/danfes.pdf?ids={ids(third, first)}").data
    assert codes(danfes, OFFICE) == [[third.access_key], [first.access_key]]
    assert ["CANCELADA" in text for text in texts(danfes)] == [True, False]

    files = zipfile.ZipFile(io.BytesIO(client.get(f"/invoices/files.zip?ids={ids(third)}").data))
    assert files.read(f"{third.access_key}.xml") == third.proc_xml


def test_the_list_as_it_is_filtered_comes_in_its_order(db, client):
    dear, waits = authorized(quantity=2), in_review()
    the_shop().review_policy = "exceptions"
    db.session.commit()
    cheap = worked_off()
    sign_in(client)

    def keys(query: str) -> list[str]:
        answer = client.get(f"/invoices/files.zip?{query}")
        return [name[:44] for name in zipfile.ZipFile(io.BytesIO(answer.data)).namelist()]

    assert keys("sort=total") == [cheap.access_key, dear.access_key]
    assert keys("status=authorized&sort=-total") == [dear.access_key, cheap.access_key]
    assert waits.access_key is None
    assert client.get("/invoices/labels.pdf?status=review").status_code == 409


def test_a_cancelled_one_has_no_label_and_nothing_marked_no_file(db, client):
    invoice = cancelled(db, authorized())
    sign_in(client)
    assert client.get(f"/invoices/{invoice.id}/label.pdf").status_code == 409
    for marked in ({}, {"ids": str(invoice.id)}):
        assert client.post("/invoices/printing?what=labels", data=marked).location == "/invoices"


def test_packing_slips_have_labels_in_their_order(db, client):
    first, second = slips("A-1", "A-2")
    none = awaiting("A-3")
    sign_in(client)
    asked = {"ids": f"{second.id},{none.id},{first.id}"}
    wanted = [[invoice_of(slip.sale_id).access_key] for slip in (second, first)]
    marked = client.post("/packing-slips/labels", data=asked)
    assert marked.location == f"/packing-slips/labels.pdf?ids={second.id},{first.id}"
    assert "1 was passed over" in client.get("/packing-slips").text
    assert codes(client.get(marked.location).data) == wanted
    assert codes(client.get("/packing-slips/labels.pdf?status=to_pack").data) == wanted
