"""The shape of what a person says about a packing slip or a shipment."""

from typing import Annotated

from pydantic import Field

from webapp.fulfilment.bulk import MOST_AT_ONCE
from webapp.http.forms import BlankIsNone, Flag, LongText, Shape, Text, Whole, example

MAX_VOLUMES = 999
RowId = Annotated[int, Whole(1, 2**31 - 1)]


class SlipIn(Shape):
    """What the packer adds to a slip."""

    volumes: Annotated[int, Whole(1, MAX_VOLUMES)]
    notes: Annotated[str, LongText(500)] = ""


class ScanIn(Shape):
    """A SKU, GTIN or ISBN. With a `key` of its own a scan that is sent twice counts once."""

    model_config = example({"code": "9786599999901"})

    code: Annotated[str, Text(200, required=True)]
    key: Annotated[str, Text(40)] = ""


class StationScanIn(ScanIn):
    """At a station also the bar code of a slip. `parcel`: what it packs now; `takes_out`: the goods
    come out of it; `over`: the parcel that it takes from another station."""

    parcel: Annotated[RowId | None, BlankIsNone] = None
    takes_out: Flag = False
    over: Annotated[RowId | None, BlankIsNone] = None


class NextParcelIn(Shape):
    parcel: RowId


class ShipmentIn(Shape):
    model_config = example({"carrier": "Correios", "tracking_code": "AA123456785BR"})

    carrier: Annotated[str, Text(60, required=True)]
    tracking_code: Annotated[str, Text(60)] = ""


class SlipShippedIn(Shape):
    id: RowId
    tracking_code: Annotated[str, Text(60)] = ""


class ShipmentsIn(Shape):
    """Many slips handed to one carrier."""

    carrier: Annotated[str, Text(60, required=True)]
    slips: Annotated[list[SlipShippedIn], Field(min_length=1, max_length=MOST_AT_ONCE)]
