"""A row by its id, as an address names it."""

from typing import TypeVar

from flask_babel.speaklater import LazyString

from webapp.platform.database import Model, db
from webapp.platform.errors import NotFound

Row = TypeVar("Row", bound=Model)


def row_by_id(model: type[Row], row_id: int, missing: LazyString, lock: bool = False) -> Row:
    """As the database has it by now, where it is locked. Raises NotFound, which says `missing`."""
    found = db.session.get(model, row_id, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise NotFound(missing)
    return found
