"""The labels of many slips as one PDF, in the slips' order: those that were bought, each with the
label of its NF-e, and one with the address alone for a parcel that has neither."""

import json
from collections.abc import Sequence

from flask_babel import gettext as _

from webapp.fiscal.danfe import AddressLabel, Paper, Sheet
from webapp.fulfilment.labels.queries import files_of
from webapp.fulfilment.parcels.models import MAY_LEAVE, PackingSlip, SlipStatus
from webapp.http.formatting import country_text
from webapp.invoices.queries import files_by_ids, invoices_of, issued_among
from webapp.platform.cep import format_cep, normalize_cep
from webapp.sales.models import Sale
from webapp.store.models import Shop
from webapp.store.queries import the_shop


def label_sheets(slips: Sequence[PackingSlip]) -> list[Sheet]:
    """Of those that may leave, in a number of queries that does not grow with them."""
    leaving = [slip for slip in slips if may_leave(slip)]
    bought, notes, shop = files_of([slip.id for slip in leaving]), _notes(leaving), the_shop()
    return [sheet for slip in leaving for sheet in _sheets(slip, bought, notes, shop)]


def may_leave(slip: PackingSlip) -> bool:
    held = (SlipStatus.HELD, SlipStatus.CANCELLED)
    return slip.sale.status in MAY_LEAVE and slip.status not in held


def _notes(slips: Sequence[PackingSlip]) -> dict[int, bytes]:
    """By sale, the NF-e that a parcel leaves with."""
    invoices = {invoice.id: sale for sale, invoice in invoices_of(_sales(slips)).items()}
    good = issued_among(list(invoices), with_cancelled=False)
    return {invoices[row.id]: row.proc_xml for row in files_by_ids(sorted(good))}


def _sales(slips: Sequence[PackingSlip]) -> list[int]:
    return [slip.sale_id for slip in slips]


def _sheets(
    slip: PackingSlip, bought: dict[int, dict[int, bytes]], notes: dict[int, bytes], shop: Shop
) -> list[Sheet]:
    files, note = bought.get(slip.id, {}), notes.get(slip.sale_id)
    of_note = [Sheet(Paper.LABEL, note)] if note else []
    sheets: list[Sheet] = []
    for number in range(1, max([slip.volumes, *files]) + 1):
        own = [Sheet(Paper.FILE, files[number])] if number in files else []
        # The note goes along with the first parcel.
        own += of_note if number == 1 else []
        sheets += own or [_address(slip, number, shop)]
    return sheets


def _address(slip: PackingSlip, number: int, shop: Shop) -> Sheet:
    sale = slip.sale
    label = AddressLabel(
        title=_("Parcel %(number)s of %(of)s", number=number, of=slip.volumes),
        to=[sale.customer_name, *_lines(sale), sale.customer_phone],
        sender=[shop.trade_name, *_lines(shop)],
        code=sale.reference if sale.reference.isascii() and sale.reference.isprintable() else "",
        notes=[_("Order %(reference)s", reference=sale.reference), sale.carrier],
    )
    return Sheet(Paper.ADDRESS, json.dumps(label).encode())


def _lines(place: Sale | Shop) -> list[str]:
    street = ", ".join(part for part in (place.street, place.number, place.complement) if part)
    city = "/".join(part for part in (place.city, place.state) if part)
    country = getattr(place, "country", "BR")
    bare = normalize_cep(place.zip_code) if country == "BR" else None
    code = format_cep(bare) if bare else place.zip_code
    abroad = [] if country == "BR" else [country_text(country)]
    return [
        line for line in (street, place.neighborhood, f"{code} {city}".strip(), *abroad) if line
    ]
