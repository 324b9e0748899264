"""The codes by which the volumes of an order are followed, as its pages show them."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from webapp.fulfilment.parcels.models import PackingSlip
from webapp.store.models import Partner
from webapp.store.partners.queries import carriers, tracking_url


def code_facts(slip: PackingSlip, known: Sequence[Partner] | None = None) -> list[dict[str, Any]]:
    """For `detail.facts`; a blank one where there is none. `known`: the carriers, if at hand."""
    codes = slip.codes()
    if not codes:
        return [{"term": _("Tracking code"), "value": ""}]
    among = carriers() if known is None else known
    return [
        {
            "term": _("Code of parcel %(number)s", number=each.number)
            if len(codes) > 1
            else _("Tracking code"),
            "value": each.code,
            "href": tracking_url(each.carrier, each.code, among),
            "note": each.carrier if each.carrier != slip.sale.carrier else "",
        }
        for each in codes
    ]
