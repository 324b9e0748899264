"""Each column that may hold something of a person stands in docs/privacy.md with what becomes of
it."""

import re
from pathlib import Path

from sqlalchemy import MetaData

from webapp.platform.database import Model

METADATA: MetaData = Model.metadata
PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"
KINDS = ("String", "Text", "JSON", "LargeBinary", "TextOrNothing")
PERSONAL = re.compile(
    r"customer_|recipient|^name$|_name$|email|phone|document|street|complement|neighborhood|zip_code"
    r"|search_text|^params$|facts|content|_xml$|^before$|^after$|notes|text|outcome$|^label$|details"
    r"|comment|^reason$|body"
)


def test_every_table_that_may_tell_of_a_person_is_decided_about():
    decided = set(re.findall(r"`([a-z_]+)`", PAGE.read_text(encoding="utf-8")))
    personal = {
        table.name
        for table in METADATA.sorted_tables
        for column in table.columns
        if type(column.type).__name__ in KINDS and PERSONAL.search(column.name)
    }
    assert "customers" in personal
    assert personal - decided == set()
