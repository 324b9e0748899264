"""What an address's query asks for: ids, versions, numbers."""

from flask import request

MOST_ROWS = 200


def row_ids() -> list[int]:
    """The ids in ?ids=1,2; what is no id is passed over."""
    written = request.args.get("ids", "").split(",")[:MOST_ROWS]
    return [int(part) for part in written if part.isascii() and part.isdigit() and len(part) < 10]


def version_of(written: str | None) -> int | None:
    return int(written) if written and written.isascii() and written.isdigit() else None
