"""The customer is told the tracking code once, never before there is one,
anew when it changes."""

import pytest
from flask_babel import force_locale

from tests.factories import sign_in
from tests.support.packing_slips import slips
from tests.support.partners import PARTNERS, make_partners
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.http.forms import parse
from webapp.messages.models import Message, MessageStatus
from webapp.messages.queries import latest_message
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.platform.errors import Invalid
from webapp.processing.shipping import correct_shipment, ship
from webapp.store.models import Partner, PartnerKind
from webapp.store.partners.forms import PartnerIn
from webapp.store.partners.queries import tracking_url

LINK = "https://andorinha.example/r/{code}?lang=pt"


def told(slip: PackingSlip) -> list[tuple[str, bool, str]]:
    """Code, whether it is told as a new one, and the state, of each e-mail."""
    database.session.commit()
    query = database.select(Message).filter_by(sale_id=slip.sale_id, template="shipped")
    return [
        (each.params["tracking_code"], each.params["corrected"], str(each.status))
        for each in database.session.scalars(query.order_by(Message.id))
    ]


def test_a_code_is_told_once_when_it_is_there_and_again_when_it_is_another(db):
    [slip] = slips("WEB-1")
    now = utc_now()
    ship(slip, "Correios", "", now)
    assert told(slip) == []
    ship(slip, "Correios", "AA1", now)
    ship(slip, "Correios", "AA1", now)
    correct_shipment(slip, "Jadlog", "AA1", now)
    assert told(slip) == [("AA1", False, "kept")]
    correct_shipment(slip, "Jadlog", "AA2", now)
    correct_shipment(slip, "Jadlog", "", now)
    correct_shipment(slip, "Jadlog", "AA2", now)
    assert told(slip) == [("AA1", False, "kept"), ("AA2", True, "kept")]
    # What did not go out yet never tells a wrong code.
    message = latest_message(slip.sale_id, "shipped")
    message.status = MessageStatus.PENDING
    correct_shipment(slip, "Jadlog", "AA3", now)
    slip.sale.customer_email = ""
    correct_shipment(slip, "Jadlog", "AA4", now)
    slip.sale.customer_email = "ana@example.com"
    slip.deliver(now)
    correct_shipment(slip, "Jadlog", "AA5", now)
    assert told(slip)[1:] == [("AA2", True, "cancelled"), ("AA3", True, "kept")]


def test_a_parcel_is_followed_where_its_carrier_says(db, client):
    make_partners()
    partner = db.session.scalars(db.select(Partner).filter_by(kind=PartnerKind.CARRIER)).one()
    assert tracking_url("andorinha", "A 1&b") == ""
    partner.tracking_link = LINK
    db.session.commit()
    assert tracking_url(" ANDORINHA", "A 1&b") == "https://andorinha.example/r/A%201%26b?lang=pt"
    assert tracking_url("Correios", "AA123456785BR").endswith("?objetos=AA123456785BR")
    assert tracking_url("Correios", "AA123") == tracking_url("andorinha", "") == ""
    [slip] = slips("WEB-1")
    ship(slip, partner.name, "X1", utc_now())
    db.session.commit()
    sign_in(client)
    link = 'href="https://andorinha.example/r/X1?lang=pt"'
    assert link in client.get(f"/packing-slips/{slip.id}").text
    assert link in client.get(f"/sales/{slip.sale_id}").text


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"tracking_link": "andorinha.example/{code}"}, "tracking_link"),
        ({"tracking_link": "https://andorinha.example/"}, "tracking_link"),
        ({"tracking_link": "javascript:alert({code})"}, "tracking_link"),
        ({"label_provider": "melhor_envio"}, "label_service"),
        ({"label_service": "1"}, "label_provider"),
        ({"label_provider": "melhor_envio", "label_service": "PAC"}, "label_service"),
        ({"kind": "acquirer", "tracking_link": LINK}, "tracking_link"),
    ],
)
def test_a_carrier_that_cannot_be_is_refused_at_its_field(facts, field, app):
    with force_locale("en"), pytest.raises(Invalid) as refused:
        parse(PartnerIn, PARTNERS[2] | facts)
    assert [error.field for error in refused.value.errors] == [field]
