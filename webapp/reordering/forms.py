"""The shapes of how stock is reordered, and who is told."""

from typing import Annotated

from webapp.http.filters import ListQuery
from webapp.http.forms import Flag, Shape, Text, Whole


class ReorderQuery(ListQuery):
    supplier: Annotated[str, Text(80)] = ""


class ReorderSettingsIn(Shape):
    """For how many days an order is to last."""

    reorder_days: Annotated[int, Whole(1, 365)]


class LettersIn(Shape):
    wanted: Flag
