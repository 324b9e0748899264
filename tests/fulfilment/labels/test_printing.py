"""The labels of many slips are one PDF in the slips' order: bought ones, those of NF-e, and the
address alone for a parcel that has neither."""

from decimal import Decimal

from tests.factories import sign_in
from tests.support.packing_slips import awaiting, slips
from tests.support.paper import codes, sizes, texts
from webapp.fulfilment.labels.models import Label, LabelStatus
from webapp.platform.clock import utc_now
from webapp.store.models import MELHOR_ENVIO

# As small as a PDF of one page can be: 5 by 5 millimetres.
BOUGHT = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 142 142]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""


def test_labels_of_many_are_one_file_in_their_order(client, db):
    first, second = slips("WEB-1", "WEB-2")
    waiting = awaiting("WEB-3")
    first.volumes = 2
    first.sale.customer_name = "Łukasz D’Ávila"
    facts = {"service": "1", "service_name": "PAC", "carrier": "Correios", "price": Decimal(10)}
    box = {"height_cm": 1, "width_cm": 1, "length_cm": 1, "weight_g": 1, "asked_by": "ana"}
    label = Label(slip=second, number=1, provider=MELHOR_ENVIO, **facts, **box)
    label.bought_at, label.status = utc_now(), LabelStatus.READY
    label.file = BOUGHT
    db.session.add(label)
    db.session.commit()
    sign_in(client)
    marked = {"ids": f"{second.id},{waiting.id},{first.id}"}
    answer = client.post("/packing-slips/labels", data=marked)
    address = answer.headers["Location"]
    assert address.endswith(f"ids={second.id},{first.id}") or "%2C" in address
    pdf = client.get(address).data
    # The bought one with its NF-e's, then the first order's two volumes.
    assert sizes(pdf) == [(50, 50), (100, 150), (100, 150), (100, 150)]
    words = texts(pdf)
    assert "DANFE" in words[1] and "DANFE" in words[2]
    assert "Volume 2 de 2" in words[3] or "Parcel 2 of 2" in words[3]
    assert "Lukasz D'Ávila" in words[3] and "01001-000 São Paulo/SP" in words[3]
    assert codes(pdf)[3] == ["WEB-1"]


def test_what_may_not_leave_has_no_label(client, db):
    sign_in(client)
    slip_id = awaiting("WEB-3").id
    for answer in (
        client.get(f"/packing-slips/labels.pdf?ids={slip_id}"),
        client.post("/packing-slips/labels", data={"ids": str(slip_id)}),
    ):
        assert answer.status_code == 303 and answer.headers["Location"].startswith("/packing-slips")
