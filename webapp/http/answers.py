"""The shapes of JSON answers: declared for the API's document and checked by the tests, never run
while a call is answered.

Each feature's stand in its `shapes.py`. A field without a default is always there, and no field is
there that is not declared.
"""

from types import GenericAlias
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model


class OutShape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# Decimal text with two digits after the point; the signed one is below zero where something is
# taken back.
MoneyText = Annotated[str, Field(pattern=r"^\d+\.\d{2}$", examples=["129.90"])]
SignedMoneyText = Annotated[str, Field(pattern=r"^-?\d+\.\d{2}$", examples=["-12.50"])]
PercentText = Annotated[str, Field(pattern=r"^\d+\.\d{2}$", examples=["7.50"])]
Moment = Annotated[AwareDatetime, Field(examples=["2026-11-20T14:30:00+00:00"])]


def list_of(row: type[OutShape]) -> type[OutShape]:
    """One page of a list: a list of SaleOut is called SaleList in the document. `next_cursor` is
    null on the last one."""
    items: Any = GenericAlias(list, row)
    return create_model(
        row.__name__.removesuffix("Out") + "List",
        __base__=OutShape,
        items=(items, ...),
        next_cursor=(str | None, ...),
    )
