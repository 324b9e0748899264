"""The shapes of what a person or program says of an import."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field

from webapp.http.forms import Flag, LongText, OneOf, Shape, Text, example
from webapp.imports.models import ImportKind
from webapp.imports.tables import MOST_COLUMNS

LONGEST_PASTE = 4 * 2**20
Decimals = Annotated[str, OneOf(("", ",", "."))]


def _kind(written: str) -> str:
    if written not in list(ImportKind):
        raise ValueError(
            _l("What can be imported is: %(kinds)s.", kinds=", ".join(map(str, ImportKind)))
        )
    return written


class ImportIn(Shape):
    """Sent beside the file. `mapping` tells which column of a table is what, as a JSON object of
    its columns' names and our fields, either way round; what it leaves out is guessed. `decimal` is
    the sign before cents where the file itself does not tell it. Files of NF-e have neither."""

    model_config = example(
        {"kind": "products", "mapping": '{"Código": "sku", "Valor": "price"}', "decimal": ","}
    )

    kind: Annotated[str, Text(40, required=True), AfterValidator(_kind)]
    mapping: Annotated[str, LongText(20_000)] = ""
    decimal: Decimals = ""


class SentIn(ImportIn):
    """A page also takes what was copied from a spreadsheet."""

    pasted: Annotated[str, LongText(LONGEST_PASTE)] = ""


class TakeIn(Shape):
    """`skip_refused`: the rest is taken without them; else nothing is where some are refused."""

    model_config = example({"skip_refused": True})

    skip_refused: Flag = False


class ColumnsIn(Shape):
    """The field that each column tells, in their order; "" for none."""

    columns: Annotated[list[Annotated[str, Text(40)]], Field(max_length=MOST_COLUMNS)]
    decimal: Decimals = ""
