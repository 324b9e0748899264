"""Companies that a sale may name, of invented CNPJ except the acquirer's."""

from webapp.http.forms import parse
from webapp.platform.database import db
from webapp.store.models import Partner
from webapp.store.partners.edits import save_partner
from webapp.store.partners.forms import PartnerIn

PARTNERS = (
    {"kind": "acquirer", "code": "cielo", "name": "Cielo S.A.", "cnpj": "01.027.058/0001-91"},
    {
        "kind": "marketplace",
        "code": "feira",
        "name": "Feira Livre",
        "cnpj": "99.777.666/0001-18",
        "seller_id": "piconevado-oficial",
    },
    {
        "kind": "carrier",
        "code": "andorinha",
        "name": "Transportadora Andorinha",
        "cnpj": "99.777.666/0001-18",
        "state_registration": "110.042.490.114",
        "city": "Osasco",
        "state": "SP",
    },
)


def make_partners() -> None:
    for facts in PARTNERS:
        save_partner(Partner(), parse(PartnerIn, facts))
    db.session.commit()
