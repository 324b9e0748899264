"""The shape of what a person says about a task, a packing slip or a shipment."""

from typing import Annotated

from pydantic import Field

from webapp.forms import Shape, long_text, text, whole

MOST_AT_ONCE = 200
MAX_VOLUMES = 999


class OutcomeIn(Shape):
    outcome: text(500, required=True)


class SlipIn(Shape):
    """What the packer adds to a slip."""

    volumes: whole(1, MAX_VOLUMES)
    notes: long_text(500) = ""


class ShipmentIn(Shape):
    carrier: text(60, required=True)
    tracking_code: text(60) = ""


class SlipShippedIn(Shape):
    id: whole(1, 2**31 - 1)
    tracking_code: text(60) = ""


class ShipmentsIn(Shape):
    """Many slips handed to one carrier."""

    carrier: text(60, required=True)
    slips: Annotated[list[SlipShippedIn], Field(min_length=1, max_length=MOST_AT_ONCE)]
