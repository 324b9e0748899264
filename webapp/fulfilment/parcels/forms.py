"""The shape of what a person says about a packing slip or a shipment."""

from typing import Annotated

from pydantic import Field

from webapp.fulfilment.bulk import MOST_AT_ONCE
from webapp.http.forms import LongText, Shape, Text, Whole, example

MAX_VOLUMES = 999


class SlipIn(Shape):
    """What the packer adds to a slip."""

    volumes: Annotated[int, Whole(1, MAX_VOLUMES)]
    notes: Annotated[str, LongText(500)] = ""


class ShipmentIn(Shape):
    model_config = example({"carrier": "Correios", "tracking_code": "AA123456785BR"})

    carrier: Annotated[str, Text(60, required=True)]
    tracking_code: Annotated[str, Text(60)] = ""


class SlipShippedIn(Shape):
    id: Annotated[int, Whole(1, 2**31 - 1)]
    tracking_code: Annotated[str, Text(60)] = ""


class ShipmentsIn(Shape):
    """Many slips handed to one carrier."""

    carrier: Annotated[str, Text(60, required=True)]
    slips: Annotated[list[SlipShippedIn], Field(min_length=1, max_length=MOST_AT_ONCE)]
