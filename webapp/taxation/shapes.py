"""The shapes of tax profiles and of the fiscal calendar in answers."""

import datetime as dt
from typing import Annotated, Any

from pydantic import Field, create_model

from webapp.http.answers import OutShape, PercentText

FinePercentText = Annotated[str, Field(pattern=r"^\d+\.\d{4}$", examples=["0.0500"])]


class TaxProfileOut(OutShape):
    """One version. `regime` is `simples` (by CSOSN) or `normal` (by CST). One that `waits` follows
    a signed one, and holds once it is signed off itself."""

    code: str
    version: int
    name: str
    valid_from: dt.date
    regime: str
    nature: str
    icms: str
    reduction: PercentText
    credit_rate: PercentText
    origin: str
    cest: str
    benefit_code: str
    pis_cofins: str
    ibs_cbs: str
    ibs_cbs_class: str
    activity: str
    signed_off: bool
    waits: bool


class TaxProfileVersionsOut(TaxProfileOut):
    """The version in force today in the shop's own regime, else the one written last; and all, the
    newest first."""

    versions: list[TaxProfileOut]


_term: dict[str, Any] = {
    "code": (str, ...),
    "what": (str, ...),
    "from": (dt.date, ...),
    "to": (dt.date | None, ...),
    "source": (str, ...),
    "value": (FinePercentText | None, ...),
    "asked": (bool, ...),
}
# By name: `from` is Python's own word.
CalendarTermOut = create_model("CalendarTermOut", __base__=OutShape, **_term)


class CalendarOut(OutShape):
    """`asked`: a value that somebody types in, and that nobody did yet."""

    items: list[CalendarTermOut]
