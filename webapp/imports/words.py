"""Why a file is no table that can be taken, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

FILES = {
    "empty": _l("There is nothing in the file."),
    "no_rows": _l("The file has names of columns, but no row under them."),
    "no_table": _l(
        "This is not a table. Save the list in your spreadsheet as XLSX or CSV, and send that."
    ),
    "archive": _l("This is a zip of files. Unpack it, and send the spreadsheet in it."),
    "page": _l(
        "This is a web page that is only called a spreadsheet. Open it in your spreadsheet program "
        "and save it as XLSX."
    ),
    "broken": _l("The spreadsheet is broken or cut short. Open it, save it again, and send that."),
    "broken_ofx": _l(
        "The OFX file is cut short, or no bank wrote it like that. Download the statement again."
    ),
    "locked": _l("The spreadsheet has a password. Save it without one, and send it again."),
    "bomb": _l("Unpacked, the spreadsheet is far too large for what it is packed in."),
    "too_big": _l(
        "The spreadsheet takes too much memory or time to read: something stands far out in it, or "
        "it is too large. Copy the list into a new one, or save it as CSV."
    ),
    "columns": _l("Line %(line)s has %(count)s columns; at most %(most)s are read."),
    "rows": _l("The file has more than %(most)s rows. Part it, and send the parts one by one."),
    "cell": _l(
        "A cell that ends in line %(line)s is far too long. Look for quotation marks that are not "
        "closed."
    ),
    "line": _l("The file has a line of more than a million characters; no table has such lines."),
    "encoding": _l(
        "The file's letters cannot be read. Save it as “CSV UTF-8”, or as XLSX, and send that."
    ),
    "nul": _l("Line %(line)s has a sign that no text has (NUL). Save the file as XLSX."),
    "no_column": _l("No column tells “%(field)s”. Say below which one does."),
    "doubled": _l(
        "Two columns are called “%(column)s”. Say below which of them tells “%(field)s”."
    ),
    "unknown_column": _l("The file has no column that is called “%(column)s”."),
}


def file_words(problem: Mapping[str, Any]) -> str:
    """In words what an import's `problem` says."""
    return str(FILES[problem["code"]]) % problem
