"""The shapes of what a person or program says of an import."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator

from webapp.http.forms import Flag, LongText, Shape, Text, example
from webapp.incoming.models import ImportKind


def _kind(written: str) -> str:
    if written not in list(ImportKind):
        raise ValueError(_l("What can be imported is: notes (NF-e and their events)."))
    return written


class ImportIn(Shape):
    """Sent beside the file. `mapping` tells which column of a table is what; files of NF-e have
    none."""

    model_config = example({"kind": "notes"})

    kind: Annotated[str, Text(40, required=True), AfterValidator(_kind)]
    mapping: Annotated[str, LongText(10_000)] = ""


class TakeIn(Shape):
    """`skip_refused`: the rest is taken without them; else nothing is where some are refused."""

    model_config = example({"skip_refused": True})

    skip_refused: Flag = False
