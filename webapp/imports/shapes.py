"""The shapes of imports in answers."""

from webapp.http.answers import OutShape


class ImportBegunOut(OutShape):
    id: int


class ImportProblemOut(OutShape):
    """`row` is the line of a table, as a spreadsheet counts, the file of an archive, from 1, or 0
    for the file as a whole; `column` is the one to mend: of notes, the file's name."""

    row: int
    column: str
    message: str


class ImportColumnOut(OutShape):
    """`field` is empty where the column tells nothing that is taken."""

    name: str
    field: str


class ImportOut(OutShape):
    """Of all `rows`, `accepted` are fit to be taken, `known` of them are here already; `problems`
    are those of the refused, the first two hundred rows."""

    id: int
    kind: str
    status: str
    rows: int
    accepted: int
    known: int
    refused: int
    columns: list[ImportColumnOut]
    problems: list[ImportProblemOut]
