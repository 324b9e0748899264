"""The shape in which a bulk act is asked for."""

from typing import Annotated

from webapp.http.forms import LongText, Shape, Text


class BulkIn(Shape):
    """`act`: one of webapp.processing.bulk_acts. `ids`: the marked orders, with commas between;
    `filter`: the list's address. The others are what single acts ask."""

    act: Annotated[str, Text(20, required=True)]
    ids: str = ""
    filter: Annotated[str, Text(2000)] = ""
    carrier: Annotated[str, Text(60)] = ""
    codes: Annotated[str, LongText(400_000)] = ""
    label_carrier: Annotated[str, Text(20)] = ""
    tag: Annotated[str, Text(30)] = ""
