"""The shape of what a person says of labels."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator

from webapp.fulfilment.labels.provider import Box
from webapp.fulfilment.parcels.forms import MAX_VOLUMES
from webapp.http.forms import Flag, Money, Shape, Text, Whole

# No carrier takes a longer side, or more weight.
LONGEST_CM, HEAVIEST_G = 300, 200_000
Side = Annotated[int, Whole(1, LONGEST_CM)]


def _plain(written: str) -> str:
    if not (written.isascii() and written.isprintable() and " " not in written):
        raise ValueError(_l("A token has neither spaces nor accents; copy it whole."))
    return written


class BoxIn(Shape):
    """Of a parcel that a label is asked for."""

    number: Annotated[int, Whole(1, MAX_VOLUMES)]
    height_cm: Side
    width_cm: Side
    length_cm: Side
    weight_g: Annotated[int, Whole(1, HEAVIEST_G)]

    @property
    def box(self) -> Box:
        return Box(self.height_cm, self.width_cm, self.length_cm, self.weight_g)


class LabelIn(BoxIn):
    """What was chosen of a quote."""

    service: Annotated[str, Text(10, required=True)]
    service_name: Annotated[str, Text(60, required=True)]
    carrier: Annotated[str, Text(60)] = ""
    price: Money


class LabelSettingsIn(Shape):
    token: Annotated[str, Text(4000), AfterValidator(_plain)] = ""
    drop_token: Flag = False
    height_cm: Side
    width_cm: Side
    length_cm: Side
