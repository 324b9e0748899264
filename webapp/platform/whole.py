"""Whole numbers as others write them: in addresses, forms, files and answers.

Python's own `int` takes signs, blanks, underscores and digits of every alphabet, and breaks off at
too many of them.
"""

import re

# The largest that an integer column holds on PostgreSQL.
MAX_ID = 2**31 - 1
_WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)


def whole_number(written: str | None, least: int = 0, most: int = MAX_ID) -> int | None:
    """The number that `written` says in plain digits; None for anything else or outside."""
    if not written or not _WHOLE.fullmatch(written):
        return None
    number = int(written)
    return number if least <= number <= most else None
