"""The companies that an NF-e names beside shop and buyer, as JSON."""

from flask_babel import lazy_gettext as _l

from webapp.http.answers import list_of
from webapp.store.models import Partner
from webapp.store.partners.edits import save_partner
from webapp.store.partners.forms import PartnerIn, PartnerOut, PartnerQuery
from webapp.store.partners.queries import partners
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("partners")


def _partner_json(partner: Partner) -> dict[str, str]:
    return {name: getattr(partner, name) for name in PartnerOut.model_fields}


@endpoint(
    bp,
    "GET",
    "/partners",
    "clerk",
    "accountant",
    query=PartnerQuery,
    answer=list_of(PartnerOut),
    summary=_l("Marketplaces, carriers and acquirers that a sale may name, the latest first."),
)
def list_partners(asked: PartnerQuery) -> dict[str, object]:
    return list_answer(asked, partners(asked.kind), (Partner.id,), _partner_json)


@endpoint(
    bp,
    "POST",
    "/partners",
    "admin",
    body=PartnerIn,
    answer=PartnerOut,
    status=201,
    refusals={409: _l("Another one of this kind has the code.")},
    summary=_l("Adds a marketplace, a carrier or an acquirer that a sale may name."),
)
def add_partner(wanted: PartnerIn) -> dict[str, str]:
    return _partner_json(save_partner(Partner(), wanted))
